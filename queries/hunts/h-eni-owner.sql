-- ---
-- id: h-eni-owner
-- version: 1.0.0
-- title: Who owned this private address at that time?
-- status: stable
-- description: >-
--   Finds the interfaces that had an address, from calls that made and deleted them, collected answers, and flows, with
--   what their description says of their owner and how long they lived. Misses addresses that a subnet gave without a
--   call in the trail.
-- requires:
--   cloudtrail_event: helpful
--   api_snapshot: helpful
--   vpc_flow: helpful
-- parameters:
--   ip: {type: text, default: null, description: private address}
--   at: {type: timestamptz, default: null, description: the moment}
-- references: []
-- changelog:
--   1.0.0: first version
-- ---
with made as (
    select
        response_elements ->> '$.networkInterface.networkInterfaceId' as interface_id,
        response_elements ->> '$.networkInterface.privateIpAddress' as address,
        request_parameters ->> '$.description' as description,
        principal as maker,
        event_time as known_from,
        'CreateNetworkInterface' as source,
        artifact_id,
        record_no
    from cloudtrail_event
    where event_source = 'ec2.amazonaws.com'
        and event_name = 'CreateNetworkInterface'
        and error_code is null
    union all
    select
        item ->> '$.NetworkInterfaceId',
        item ->> '$.PrivateIpAddress',
        item ->> '$.Description',
        item ->> '$.RequesterId',
        coalesce(instant_of(item ->> '$.Attachment.AttachTime'), collected_at),
        'describe-network-interfaces',
        artifact_id,
        record_no
    from (
        select
            unnest(json_items(json -> '$.NetworkInterfaces')) as item,
            collected_at,
            artifact_id,
            record_no
        from api_snapshot
        where operation = 'describe-network-interfaces'
            and error_code is null
    )
),
gone as (
    select
        request_parameters ->> '$.networkInterfaceId' as interface_id,
        min(event_time) as deleted
    from cloudtrail_event
    where event_source = 'ec2.amazonaws.com'
        and event_name = 'DeleteNetworkInterface'
        and error_code is null
    group by interface_id
),
talked as (
    select
        interface_id,
        srcaddr as address,
        min(start_time) as first_seen,
        max(end_time) as last_seen,
        count(*) as event_count
    from vpc_flow
    where is_private_address(srcaddr)
        and not is_forwarded_flow(srcaddr, pkt_srcaddr)
        and ($ip::varchar is null or srcaddr = $ip::varchar)
    group by
        interface_id,
        srcaddr
)
select
    coalesce(made.interface_id, talked.interface_id) as interface_id,
    coalesce(made.address, talked.address) as address,
    made.description,
    made.maker,
    coalesce(made.source, 'flows') as source,
    made.known_from,
    gone.deleted,
    talked.first_seen,
    talked.last_seen,
    coalesce(talked.event_count, 0) as event_count,
    made.artifact_id,
    made.record_no
from made
full join talked
    on talked.interface_id = made.interface_id
    and talked.address = made.address
left join gone
    on gone.interface_id = coalesce(made.interface_id, talked.interface_id)
where ($ip::varchar is null or coalesce(made.address, talked.address) = $ip::varchar)
    and ($at::timestamptz is null
        or least(made.known_from, talked.first_seen) <= $at::timestamptz
        and coalesce(gone.deleted >= $at::timestamptz, true))
order by
    address,
    coalesce(made.known_from, talked.first_seen),
    interface_id,
    source
