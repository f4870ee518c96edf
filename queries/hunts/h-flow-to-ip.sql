-- ---
-- id: h-flow-to-ip
-- version: 1.0.0
-- title: Which flows went to or came from this address?
-- status: stable
-- description: >-
--   Finds the flows of an address or block by interface, direction, host and port with bytes and first and last time,
--   and who owns the interface by collected answers; hosts behind a gateway are shown by their own address. Misses flows
--   before the packet fields of the log format were asked for.
-- requires:
--   vpc_flow: needed
--   api_snapshot: optional
-- parameters:
--   ip: {type: text, required: true, description: address or CIDR block}
--   case_from: {type: timestamptz, default: null, description: only from here}
--   case_to: {type: timestamptz, default: null, description: only before}
-- references: []
-- changelog:
--   1.0.0: first version
-- ---
with asked as (
    select $ip::varchar as block
),
address as (
    select seen.address
    from (
        select srcaddr as address from vpc_flow
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
owner as (
    select
        item ->> '$.NetworkInterfaceId' as interface_id,
        min(item ->> '$.Description') as description
    from (
        select unnest(json_items(json -> '$.NetworkInterfaces')) as item
        from api_snapshot
        where operation = 'describe-network-interfaces'
    )
    group by interface_id
),
flow as (
    select
        interface_id,
        coalesce(pkt_srcaddr, srcaddr) as sender,
        coalesce(pkt_dstaddr, dstaddr) as receiver,
        srcport,
        dstport,
        protocol,
        action,
        bytes,
        packets,
        start_time,
        end_time,
        is_forwarded_flow(srcaddr, pkt_srcaddr) or is_forwarded_flow(dstaddr, pkt_dstaddr) as is_forwarded,
        artifact_id,
        record_no
    from vpc_flow
    where (
            srcaddr in (select address from address)
            or dstaddr in (select address from address)
            or pkt_srcaddr in (select address from address)
            or pkt_dstaddr in (select address from address)
        )
        and in_period(start_time, $case_from::timestamptz, $case_to::timestamptz)
)
select
    flow.interface_id,
    owner.description as interface_owner,
    flow.is_forwarded,
    flow.sender,
    flow.receiver,
    flow.dstport,
    flow.protocol,
    flow.action,
    min(flow.start_time) as first_seen,
    max(flow.end_time) as last_seen,
    count(*) as event_count,
    sum(flow.bytes)::bigint as bytes,
    sum(flow.packets)::bigint as packets,
    first_records('vpc_flow', flow.start_time, flow.artifact_id, flow.record_no) as records
from flow
left join owner
    on owner.interface_id = flow.interface_id
group by
    flow.interface_id,
    owner.description,
    flow.is_forwarded,
    flow.sender,
    flow.receiver,
    flow.dstport,
    flow.protocol,
    flow.action
order by
    first_seen,
    flow.is_forwarded,
    flow.interface_id,
    flow.sender,
    flow.receiver,
    flow.dstport,
    flow.protocol,
    flow.action
