-- ---
-- id: h-flow-talkers
-- version: 1.0.0
-- title: Which hosts talked most to the outside?
-- status: stable
-- description: >-
--   Finds for each interface the outside peers with bytes out and in, flows, ports and first and last time; what a
--   gateway only passed on is not counted again. Misses traffic of interfaces without flow logs.
-- requires:
--   vpc_flow: needed
--   ref_cidr: helpful
-- parameters:
--   host: {type: text, default: null, description: interface id or private address}
--   outside_only: {type: boolean, default: true, description: only peers that are neither ours nor services of AWS}
--   case_from: {type: timestamptz, default: null, description: only from here}
--   case_to: {type: timestamptz, default: null, description: only before}
-- references: []
-- changelog:
--   1.0.0: first version
-- ---
with flow as (
    select
        interface_id,
        coalesce(pkt_srcaddr, srcaddr) as sender,
        coalesce(pkt_dstaddr, dstaddr) as receiver,
        is_private_address(coalesce(pkt_srcaddr, srcaddr)) as is_out,
        dstport,
        srcport,
        action,
        bytes,
        packets,
        start_time,
        end_time,
        artifact_id,
        record_no
    from vpc_flow
    where srcaddr is not null
        and not is_forwarded_flow(srcaddr, pkt_srcaddr)
        and not is_forwarded_flow(dstaddr, pkt_dstaddr)
        and ($host::varchar is null
            or interface_id = $host::varchar
            or srcaddr = $host::varchar
            or dstaddr = $host::varchar)
        and in_period(start_time, $case_from::timestamptz, $case_to::timestamptz)
),
talk as (
    select
        interface_id,
        case when is_out then sender else receiver end as host,
        case when is_out then receiver else sender end as peer,
        min(start_time) as first_seen,
        max(end_time) as last_seen,
        count(*) as event_count,
        coalesce(sum(bytes) filter (is_out), 0)::bigint as bytes_out,
        coalesce(sum(bytes) filter (not is_out), 0)::bigint as bytes_in,
        sum(packets)::bigint as packets,
        distinct_values(case when is_out then dstport else srcport end) as peer_ports,
        distinct_values(action) as actions,
        first_records('vpc_flow', start_time, artifact_id, record_no) as records
    from flow
    group by
        interface_id,
        host,
        peer
)
select
    interface_id,
    host,
    peer,
    ip_class(peer) as peer_class,
    peer_ports,
    first_seen,
    last_seen,
    event_count,
    bytes_out,
    bytes_in,
    packets,
    actions,
    records
from talk
where not $outside_only::boolean
    or not coalesce(is_own_class(ip_class(peer)), false)
order by
    bytes_out desc,
    bytes_in desc,
    first_seen,
    interface_id,
    peer
