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
--   v_flow_source: needed
--   cloudtrail_event: needed
-- parameters:
--   event_id: {type: text, required: true, description: eventID of the call}
-- references: []
-- changelog:
--   1.0.0: first version
-- ---
with call as (
    select
        event_time,
        date_trunc('minute', event_time) as call_minute,
        source_ip_address,
        credential,
        short_source(event_source) || ':' || event_name as action
    from cloudtrail_event
    where event_id = $event_id::varchar
)
select
    call.event_time,
    call.action,
    flow.source_ip,
    flow.class,
    flow.address_class,
    flow.vpc_endpoint_id,
    flow.start_time,
    flow.end_time,
    flow.interface_id,
    flow.srcaddr,
    flow.srcport,
    flow.dstaddr,
    flow.dstport,
    ip_class(flow.dstaddr) as peer_class,
    flow.bytes,
    flow.packets,
    flow.dstport = 443 and call.event_time between flow.start_time - interval 1 minute
        and flow.end_time + interval 1 minute as is_likely,
    flow.flow_artifact_id,
    flow.flow_record_no,
    flow.artifact_id,
    flow.record_no
from call
join v_flow_source as flow
    on flow.call_minute = call.call_minute
    and flow.source_ip = call.source_ip_address
    and flow.credential is not distinct from call.credential
order by
    flow.start_time,
    flow.interface_id,
    flow.flow_artifact_id,
    flow.flow_record_no
