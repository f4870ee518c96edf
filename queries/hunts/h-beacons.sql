-- ---
-- id: h-beacons
-- version: 1.0.0
-- title: Which flows come back like a clock?
-- status: stable
-- description: >-
--   Finds pairs of host and outside peer with many flows whose pauses hardly differ (coefficient of variation), with the
--   pause, bytes and spread. Misses beacons that jitter more than the limit, and flows of less than the aggregation
--   interval apart.
-- requires:
--   vpc_flow: needed
--   ref_cidr: helpful
-- parameters:
--   min_count: {type: integer, default: 12, description: flows at least}
--   max_cv: {type: double, default: 0.3, description: coefficient of variation of the pauses at most}
--   case_from: {type: timestamptz, default: null, description: only from here}
--   case_to: {type: timestamptz, default: null, description: only before}
-- references: []
-- changelog:
--   1.0.0: first version
-- ---
with flow as (
    select
        interface_id,
        coalesce(pkt_srcaddr, srcaddr) as host,
        coalesce(pkt_dstaddr, dstaddr) as peer,
        dstport,
        start_time,
        end_time,
        bytes,
        epoch(start_time) - epoch(lag(start_time) over (
            partition by interface_id, coalesce(pkt_srcaddr, srcaddr), coalesce(pkt_dstaddr, dstaddr), dstport
            order by start_time
        )) as pause,
        artifact_id,
        record_no
    from vpc_flow
    where srcaddr is not null
        and not is_forwarded_flow(srcaddr, pkt_srcaddr)
        and is_private_address(coalesce(pkt_srcaddr, srcaddr))
        and in_period(start_time, $case_from::timestamptz, $case_to::timestamptz)
),
pair as (
    select
        interface_id,
        host,
        peer,
        dstport,
        min(start_time) as first_seen,
        max(end_time) as last_seen,
        count(*) as event_count,
        avg(pause) as mean_pause,
        stddev_samp(pause) / nullif(avg(pause), 0) as variation,
        sum(bytes)::bigint as bytes,
        avg(bytes) as mean_bytes,
        stddev_samp(bytes) / nullif(avg(bytes), 0) as bytes_variation,
        first_records('vpc_flow', start_time, artifact_id, record_no) as records
    from flow
    group by
        interface_id,
        host,
        peer,
        dstport
    having count(*) >= $min_count::bigint
)
select
    interface_id,
    host,
    peer,
    ip_class(peer) as peer_class,
    dstport,
    first_seen,
    last_seen,
    event_count,
    round(mean_pause, 1) as mean_pause_seconds,
    round(variation, 4) as variation,
    bytes,
    round(mean_bytes, 1) as mean_bytes,
    round(bytes_variation, 4) as bytes_variation,
    records
from pair
where variation <= $max_cv::double
    and not coalesce(is_own_class(ip_class(peer)), false)
order by
    variation,
    event_count desc,
    interface_id,
    peer,
    dstport
