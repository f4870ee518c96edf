-- ---
-- id: h-api-flow-match
-- version: 1.0.0
-- title: Which flows fit this call?
-- status: stable
-- description: >-
--   Finds the flows around a call by the class of its address: those of the own interface, those that a gateway passed
--   on in the same minutes, or those of the outside address with our interfaces. Misses calls by services of AWS, which
--   have no flow.
-- requires:
--   cloudtrail_event: needed
--   vpc_flow: needed
--   ref_cidr: helpful
-- parameters:
--   event_id: {type: text, required: true, description: eventID of the call}
-- references: []
-- changelog:
--   1.0.0: first version
-- ---
with call as (
    select
        event_time,
        source_ip_address as source_ip,
        vpc_endpoint_id,
        short_source(event_source) || ':' || event_name as action,
        ip_class(source_ip_address) as class,
        case
            when ip_class(source_ip_address) in ('service', 'aws_service', 'unknown') then 'service'
            when ip_class(source_ip_address) = 'own_eip' then 'own gateway'
            when ip_class(source_ip_address) in ('own_vpc', 'internal') or is_private_address(source_ip_address)
            then 'own interface'
            else 'outside'
        end as address_class
    from cloudtrail_event
    where event_id = $event_id::varchar
),
flow as (
    select
        *,
        is_forwarded_flow(srcaddr, pkt_srcaddr) as is_forwarded
    from vpc_flow
    where end_time >= (select min(event_time) from call) - interval 2 minutes
        and start_time <= (select max(event_time) from call) + interval 2 minutes
        and srcaddr is not null
)
select
    call.event_time,
    call.action,
    call.source_ip,
    call.class,
    call.address_class,
    call.vpc_endpoint_id,
    flow.start_time,
    flow.end_time,
    flow.interface_id,
    coalesce(flow.pkt_srcaddr, flow.srcaddr) as srcaddr,
    flow.srcport,
    coalesce(flow.pkt_dstaddr, flow.dstaddr) as dstaddr,
    flow.dstport,
    ip_class(coalesce(flow.pkt_dstaddr, flow.dstaddr)) as peer_class,
    flow.bytes,
    flow.packets,
    flow.dstport = 443 and call.event_time between flow.start_time - interval 1 minute
        and flow.end_time + interval 1 minute as is_likely,
    flow.artifact_id,
    flow.record_no
from call
join flow
    on call.address_class = 'own gateway' and flow.is_forwarded
    or call.address_class <> 'service'
    and call.source_ip in (flow.srcaddr, flow.dstaddr, flow.pkt_srcaddr, flow.pkt_dstaddr)
order by
    flow.start_time,
    flow.interface_id,
    flow.artifact_id,
    flow.record_no
