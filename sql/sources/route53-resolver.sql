-- ---
-- id: route53_resolver
-- version: 1.0.0
-- title: Amazon Route 53 Resolver query logs
-- recognises:
--   json:
--     - in: ['']
--       keys: [query_name, query_timestamp, vpc_id]
--     - in: ['']
--       keys: [query_name, query_type, rcode, srcids]
--   path: _vpcdnsquerylogs_
-- fields:
--   version: VARCHAR
--   account_id: VARCHAR
--   region: VARCHAR
--   vpc_id: VARCHAR
--   query_timestamp: VARCHAR
--   query_name: VARCHAR
--   query_type: VARCHAR
--   query_class: VARCHAR
--   rcode: VARCHAR
--   answers: JSON
--   srcaddr: VARCHAR
--   srcport: VARCHAR
--   transport: VARCHAR
--   srcids: JSON
--   firewall_rule_action: VARCHAR
--   firewall_rule_group_id: VARCHAR
--   firewall_domain_list_id: VARCHAR
-- emits: [dns_query]
-- caveats:
--   - Answers from the resolver's cache are not logged, so that a name counts fewer queries than were made.
-- references:
--   - https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/resolver-query-logs-format.html
-- ---
select
    artifact_id,
    record_no,
    instant_of(query_timestamp) as event_time,
    account_id,
    region,
    vpc_id,
    lower(regexp_replace(query_name, '\.$', '')) as query_name,
    query_type,
    query_class,
    rcode,
    answers,
    list_transform(
        from_json(answers, '[{"Rdata": "VARCHAR"}]'),
        lambda answer : answer.Rdata
    ) as answer_values,
    srcaddr,
    try_cast(srcport as integer) as srcport,
    transport,
    srcids ->> '$.instance' as instance_id,
    srcids ->> '$.resolver_endpoint' as resolver_endpoint,
    srcids ->> '$.resolver_network_interface' as resolver_network_interface,
    firewall_rule_action,
    firewall_rule_group_id,
    firewall_domain_list_id,
    version,
    unknown,
    case
        when instant_of(query_timestamp) is null then list_append(coalesce(flags, []), 'no_event_time')
        else flags
    end as flags,
    null::varchar as skip_because,
    case when query_name is null then 'not a query: query_name is missing' end as reject_because,
from framed;
