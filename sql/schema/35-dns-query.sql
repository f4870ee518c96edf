-- Queries to the DNS resolver of a VPC.

create table if not exists dns_query (
    artifact_id bigint not null,
    record_no bigint not null,
    event_time timestamptz,
    account_id varchar,
    region varchar,
    vpc_id varchar,
    query_name varchar,
    query_type varchar,
    query_class varchar,
    rcode varchar,
    answers json,
    answer_values varchar[],
    srcaddr varchar,
    srcport integer,
    transport varchar,
    instance_id varchar,
    resolver_endpoint varchar,
    resolver_network_interface varchar,
    firewall_rule_action varchar,
    firewall_rule_group_id varchar,
    firewall_domain_list_id varchar,
    version varchar,
    unknown json,
    flags varchar[],
);
comment on table dns_query is 'One query of a Route 53 Resolver query log. Answers from the cache of the resolver are not logged.';
comment on column dns_query.query_name is 'Name asked for, without the dot at its end, lower case.';
comment on column dns_query.answer_values is 'Addresses and names of the answer, in its order.';
comment on column dns_query.firewall_rule_action is 'ALERT or BLOCK when a rule of DNS Firewall matched.';
