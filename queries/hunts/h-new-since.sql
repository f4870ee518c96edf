-- ---
-- id: h-new-since
-- version: 1.0.0
-- title: What was there for the first time since a moment?
-- status: stable
-- description: >-
--   Finds identities, credentials, addresses, tools, regions, services, calls, pairs of identity and call, of identity
--   and address, and of identity and region that the evidence knows only from a moment on. Misses what was new to the
--   account and old to the evidence the other way round: before its first day everything is unknown.
-- requires:
--   cloudtrail_event: needed
--   ref_cidr: helpful
-- parameters:
--   dimensions: {type: text, default: null, description: "only these, separated by commas: principal credential address tool region service call principal+call principal+address principal+region"}
--   since: {type: timestamptz, default: null, description: the moment; the start of the period of interest when not given}
--   case_from: {type: timestamptz, default: case, description: start of the period of interest}
--   case_to: {type: timestamptz, default: case, description: end of the period of interest}
--   accounts: {type: text, default: null, description: "only these accounts, separated by commas"}
--   regions: {type: text, default: null, description: "only these regions, separated by commas"}
-- references: []
-- changelog:
--   1.0.0: first version
-- ---
with combination as materialized (
    select
        principal,
        credential,
        source_ip_address as address,
        user_agent,
        aws_region as region,
        event_source,
        event_name,
        min(event_time) as first_seen,
        max(event_time) as last_seen,
        count(*) as event_count,
        arg_min(artifact_id, row(event_time, artifact_id, record_no)) as artifact_id,
        arg_min(record_no, row(event_time, artifact_id, record_no)) as record_no
    from cloudtrail_event
    where is_listed(recipient_account_id, $accounts::varchar)
        and is_listed(aws_region, $regions::varchar)
        and in_period(event_time, null, $case_to::timestamptz)
    group by all
),
term as (
    select
        unnest(
            [
                {'dimension': 'principal', 'value': principal},
                {'dimension': 'credential', 'value': credential},
                {'dimension': 'address', 'value': address},
                {'dimension': 'tool', 'value': tool_of(user_agent)},
                {'dimension': 'region', 'value': region},
                {'dimension': 'service', 'value': short_source(event_source)},
                {'dimension': 'call', 'value': short_source(event_source) || ':' || event_name},
                {
                    'dimension': 'principal+call',
                    'value': short_name(principal) || ' ' || short_source(event_source) || ':' || event_name
                },
                {'dimension': 'principal+address', 'value': short_name(principal) || ' ' || address},
                {'dimension': 'principal+region', 'value': short_name(principal) || ' ' || region}
            ]
        ) as term,
        * exclude (user_agent)
    from combination
),
seen as (
    select
        term.dimension as dimension,
        term.value as value,
        min(first_seen) as first_seen,
        max(last_seen) as last_seen,
        sum(event_count)::bigint as event_count,
        distinct_values(principal) as principals,
        distinct_values(address) as addresses,
        arg_min(artifact_id, row(first_seen, artifact_id, record_no)) as artifact_id,
        arg_min(record_no, row(first_seen, artifact_id, record_no)) as record_no
    from term
    where term.value is not null
        and is_listed(term.dimension, $dimensions::varchar)
    group by
        term.dimension,
        term.value
)
select
    dimension,
    value,
    case when dimension = 'address' then ip_class(value) end as address_class,
    first_seen,
    last_seen,
    event_count,
    named(list_transform(principals, lambda principal : short_name(principal))) as principals,
    named(addresses) as addresses,
    artifact_id,
    record_no
from seen
where first_seen >= coalesce($since::timestamptz, $case_from::timestamptz)
order by
    dimension,
    first_seen,
    value
