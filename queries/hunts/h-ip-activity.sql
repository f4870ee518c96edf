-- ---
-- id: h-ip-activity
-- version: 1.0.0
-- title: What happened from and to this address?
-- status: stable
-- description: >-
--   Finds what an address or a CIDR block did: calls by identity and service, invocations of models through them, S3
--   requests by identity and bucket, flows by interface, peer and port. An address of the organisation itself is said to be
--   shared, because many stand behind it. Misses traffic without flow logs and services that call under their own name.
-- requires:
--   cloudtrail_event: helpful
--   s3_access: helpful
--   vpc_flow: helpful
--   bedrock_invocation: helpful
--   ref_cidr: helpful
-- parameters:
--   ip: {type: text, required: true, description: address or CIDR block of either family}
--   accounts: {type: text, default: null, description: "only these accounts, separated by commas; S3 logs name none"}
--   regions: {type: text, default: null, description: "only these regions, separated by commas; S3 logs name none"}
--   case_from: {type: timestamptz, default: null, description: only from here}
--   case_to: {type: timestamptz, default: null, description: only before}
-- references: []
-- changelog:
--   1.0.0: first version
-- ---
-- Each different address is held against the block once.
with asked as (
    select $ip::varchar as block
),
address as (
    select seen.address
    from (
        select source_ip_address as address from cloudtrail_event
        union
        select remote_ip from s3_access
        union
        select srcaddr from vpc_flow
        union
        select dstaddr from vpc_flow
        union
        select pkt_srcaddr from vpc_flow
        union
        select pkt_dstaddr from vpc_flow
    ) as seen
    cross join asked
    where seen.address = asked.block
        or cidr_contains(asked.block, seen.address)
),
flow as (
    select
        *,
        -- The packet's own addresses, where the log has them; the interface's own ones else.
        coalesce(pkt_srcaddr, srcaddr) as sender,
        coalesce(pkt_dstaddr, dstaddr) as receiver,
        case
            when sender in (select address from address) then sender
            when receiver in (select address from address) then receiver
            when srcaddr in (select address from address) then srcaddr
            else dstaddr
        end as address
    from vpc_flow
    where (
            srcaddr in (select address from address)
            or dstaddr in (select address from address)
            or pkt_srcaddr in (select address from address)
            or pkt_dstaddr in (select address from address)
        )
        and ($accounts::varchar is null
            or list_contains(string_split($accounts::varchar, ','), account_id))
        and ($regions::varchar is null
            or list_contains(string_split($regions::varchar, ','), region))
        and ($case_from::timestamptz is null or end_time >= $case_from::timestamptz)
        and ($case_to::timestamptz is null or start_time < $case_to::timestamptz)
),
directed as (
    select
        *,
        address in (sender, srcaddr) as is_from_it,
        case
            when address in (sender, srcaddr) then receiver || coalesce(':' || dstport, '')
            else sender || coalesce(' to port ' || dstport, '')
        end as peer
    from flow
),
call as (
    select *
    from cloudtrail_event
    where source_ip_address in (select address from address)
        and ($accounts::varchar is null
            or list_contains(string_split($accounts::varchar, ','), recipient_account_id))
        and ($regions::varchar is null
            or list_contains(string_split($regions::varchar, ','), aws_region))
        and ($case_from::timestamptz is null or event_time >= $case_from::timestamptz)
        and ($case_to::timestamptz is null or event_time < $case_to::timestamptz)
),
activity as (
    select
        'cloudtrail_event' as source,
        source_ip_address as address,
        principal,
        credential,
        short_source(event_source) as service,
        null as peer,
        user_agent as tool,
        min(event_time) as first_seen,
        max(event_time) as last_seen,
        count(*) as event_count,
        count(error_code) as error_count,
        sum(event_bytes(additional_event_data))::bigint as bytes,
        distinct_values(event_name) as actions,
        distinct_values(aws_region) as regions,
        arg_min(
            {'table': 'cloudtrail_event', 'artifact_id': artifact_id, 'record_no': record_no},
            row(event_time, artifact_id, record_no),
            200
        ) as records
    from call
    group by
        source_ip_address,
        principal,
        credential,
        event_source,
        user_agent
    union all
    -- The invocation log has no address; CloudTrail has it for the same request.
    select
        'bedrock_invocation',
        call.source_ip_address,
        invocation.principal,
        call.credential,
        'bedrock',
        invocation.base_model,
        null,
        min(invocation.event_time),
        max(invocation.event_time),
        count(*),
        count(invocation.error_code),
        null,
        distinct_values(invocation.operation),
        distinct_values(invocation.region),
        arg_min(
            {
                'table': 'bedrock_invocation',
                'artifact_id': invocation.artifact_id,
                'record_no': invocation.record_no
            },
            row(invocation.event_time, invocation.artifact_id, invocation.record_no),
            200
        )
    from call
    join bedrock_invocation as invocation
        on invocation.request_id = call.request_id
    group by
        call.source_ip_address,
        invocation.principal,
        call.credential,
        invocation.base_model
    union all
    select
        's3_access',
        remote_ip,
        coalesce(principal, requester),
        null,
        's3',
        bucket,
        null,
        min(event_time),
        max(event_time),
        count(*),
        count(error_code),
        sum(bytes_sent)::bigint,
        distinct_values(operation),
        [],
        arg_min(
            {'table': 's3_access', 'artifact_id': artifact_id, 'record_no': record_no},
            row(event_time, artifact_id, record_no),
            200
        )
    from s3_access
    where remote_ip in (select address from address)
        and ($case_from::timestamptz is null or event_time >= $case_from::timestamptz)
        and ($case_to::timestamptz is null or event_time < $case_to::timestamptz)
    group by
        remote_ip,
        coalesce(principal, requester),
        bucket
    union all
    select
        'vpc_flow',
        address,
        interface_id,
        null,
        case when is_from_it then 'flow from it' else 'flow to it' end,
        peer,
        action,
        min(start_time),
        max(end_time),
        count(*),
        null,
        sum(bytes)::bigint,
        [],
        distinct_values(region),
        arg_min(
            {'table': 'vpc_flow', 'artifact_id': artifact_id, 'record_no': record_no},
            row(start_time, artifact_id, record_no),
            200
        )
    from directed
    group by
        address,
        interface_id,
        is_from_it,
        peer,
        action
)
select
    source,
    address,
    ip_class(address) as address_class,
    case
        when ip_class(address) in ('corp', 'own_eip', 'aws_service', 'service')
        then 'shared by many; says nothing about who acted'
    end as note,
    principal,
    credential,
    service,
    peer,
    tool,
    first_seen,
    last_seen,
    event_count,
    error_count,
    bytes,
    actions,
    regions,
    records
from activity
order by
    first_seen,
    source,
    address,
    principal,
    credential,
    service,
    peer,
    tool
