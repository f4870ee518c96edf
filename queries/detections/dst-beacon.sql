-- ---
-- id: dst-beacon
-- version: 1.0.2
-- title: Small outbound flows at a steady pace
-- status: stable
-- severity: high
-- element: data-store-changes
-- attack: [T1071.001, T1571]
-- atlas: [AML.T0072]
-- description: >-
--   Finds interfaces that open small flows to one port of one external address at a steady pace: enough starts inside a
--   window, gaps and sizes that hardly vary, few bytes. Gaps count in whole intervals of aggregation, so a beacon faster
--   than one interval looks like one per interval. Each packet counts once: the interface of the host goes before the
--   one of a NAT gateway. The longer it lasts the higher the score. Misses beacons with strong jitter or large answers.
-- requires:
--   vpc_flow: needed
--   ref_cidr: helpful
-- parameters:
--   min_starts: {type: integer, default: 20, description: starts of flows in a window}
--   window: {type: interval, default: 3 hours, description: length of the sliding window}
--   pause: {type: interval, default: 30 minutes, description: longest gap inside one run of flows}
--   max_gap_cv: {type: double, default: 0.15, description: coefficient of variation of the gaps}
--   max_bytes_cv: {type: double, default: 0.3, description: coefficient of variation of the bytes}
--   max_median_bytes: {type: integer, default: 10000, description: median bytes of a flow}
-- false_positives:
--   - Telemetry, health checks, licence servers; time and name services are left out.
-- references:
--   - https://docs.aws.amazon.com/vpc/latest/userguide/flow-log-records.html
-- changelog:
--   1.0.2: the same rows, faster
--   1.0.1: the same rows, in time that grows with the events and no faster
--   1.0.0: first version
-- ---
with flow as (
    select
        start_time,
        end_time,
        interface_id,
        coalesce(pkt_srcaddr, srcaddr) as host,
        coalesce(pkt_dstaddr, dstaddr) as destination,
        dstport,
        protocol,
        bytes,
        is_forwarded_flow(srcaddr, pkt_srcaddr) as is_forwarded,
        region,
        account_id,
        artifact_id,
        record_no
    from vpc_flow
    where action = 'ACCEPT'
        and coalesce(flow_direction, 'egress') = 'egress'
        and not is_aws_service_flow(pkt_dst_aws_service)
        and coalesce(dstport, 0) not in (53, 123)
        and bytes is not null
        and start_time is not null
),
candidate as (
    select
        interface_id,
        host,
        destination,
        dstport
    from flow
    group by
        interface_id,
        host,
        destination,
        dstport
    having count(*) >= $min_starts::bigint
        and min(bytes) <= $max_median_bytes::bigint
),
place as (
    select
        address,
        ip_class(address) as class
    from (
        select destination as address
        from candidate
        union
        select host as address
        from candidate
    )
),
outbound as (
    select flow.*
    from flow
    join candidate
        on candidate.interface_id = flow.interface_id
        and candidate.host = flow.host
        and candidate.destination = flow.destination
        and candidate.dstport is not distinct from flow.dstport
    join place
        on place.address = flow.destination
        and not is_own_class(place.class)
        and place.class not in ('partner', 'unknown')
    join place as origin
        on origin.address = flow.host
        and is_own_class(origin.class)
),
reported_by_host as (
    select distinct
        host,
        destination,
        day_of(start_time) as day
    from outbound
    where not is_forwarded
),
counted_once as (
    select *
    from outbound
    where not is_forwarded
    union all
    select outbound.*
    from outbound
    anti join reported_by_host
        on reported_by_host.host = outbound.host
        and reported_by_host.destination = outbound.destination
        and reported_by_host.day = day_of(outbound.start_time)
    where outbound.is_forwarded
),
-- Flow logs aggregate over one minute or over ten.
resolution as (
    select
        interface_id,
        case when max(epoch(end_time) - epoch(start_time)) > 60 then 600 else 60 end as seconds
    from counted_once
    group by interface_id
),
gapped as (
    select
        counted_once.*,
        resolution.seconds,
        epoch(start_time) - lag(epoch(start_time)) over same_stream as gap,
        round(gap / resolution.seconds) as gap_units
    from counted_once
    join resolution
        on resolution.interface_id = counted_once.interface_id
    window same_stream as (
        partition by counted_once.interface_id, host, destination, dstport
        order by start_time, artifact_id, record_no
    )
),
numbered as (
    select
        *,
        count(case when gap > epoch($pause::interval) then 1 end) over (
            partition by interface_id, host, destination, dstport
            order by start_time, artifact_id, record_no
        ) as run,
        -- Flows of one interval are one start.
        coalesce(gap_units >= 1, true) as is_start,
        gap <= epoch($pause::interval) and gap_units >= 1 as is_gap
    from gapped
),
counted as (
    select
        *,
        count(case when is_start then 1 end) over (
            partition by interface_id, host, destination, dstport, run
            order by start_time
            range between $window::interval preceding and current row
        ) as recent
    from numbered
),
run as (
    select
        interface_id,
        host,
        destination,
        dstport,
        run,
        min(start_time) as first_seen,
        max(coalesce(end_time, start_time)) as last_seen,
        count(*) as flows,
        max(recent) as peak_starts,
        min(start_time) filter (recent >= $min_starts::bigint) as reached,
        median(gap) filter (is_gap) as median_gap,
        coalesce(stddev_samp(gap_units) filter (is_gap), 0) / avg(gap_units) filter (is_gap) as gap_cv,
        median(bytes) as median_bytes,
        coalesce(stddev_samp(bytes), 0) / nullif(avg(bytes), 0) as bytes_cv,
        sum(bytes)::bigint as bytes,
        min(seconds) as seconds,
        min(protocol) as protocol,
        bool_and(is_forwarded) as is_forwarded,
        min(region) as region,
        min(account_id) as account_id,
        arg_min(
            {'table': 'vpc_flow', 'artifact_id': artifact_id, 'record_no': record_no},
            row(start_time, artifact_id, record_no),
            200
        ) as records
    from counted
    group by
        interface_id,
        host,
        destination,
        dstport,
        run
    having peak_starts >= $min_starts::bigint
        and gap_cv <= $max_gap_cv::double
        and bytes_cv <= $max_bytes_cv::double
        and median_bytes <= $max_median_bytes::bigint
)
select
    'interface' as entity_type,
    interface_id || ' ' || destination || coalesce(':' || dstport, '') as entity,
    'high' as severity,
    first_seen,
    last_seen,
    flows as event_count,
    host || ' (' || interface_id || ') sent about ' || format('{:,}', round(median_bytes)::bigint)
    || ' bytes every ' || round(median_gap)::bigint || ' seconds to ' || destination
    || coalesce(':' || dstport, '') || ' in ' || counted(flows, 'flow') || ' from '
    || moment(first_seen) || ' to ' || moment(last_seen) as summary,
    records,
    host as source_ip,
    region,
    account_id,
    interface_id as resource,
    {
        'host': host,
        'destination': destination,
        'port': dstport,
        'protocol': protocol,
        'flows': flows,
        'peak_starts': peak_starts,
        'reached': reached,
        'median_gap_seconds': round(median_gap, 1),
        'gap_cv': round(gap_cv, 4),
        'median_bytes': round(median_bytes, 1),
        'bytes_cv': round(bytes_cv, 4),
        'bytes': bytes,
        'hours': round(epoch(last_seen - first_seen) / 3600, 2),
        'resolution_seconds': seconds,
        'seen_at_nat_only': is_forwarded
    } as metrics,
    75 + least(15, 5 * floor(epoch(last_seen - first_seen) / 3600))::bigint as score,
    flows as record_total
from run
order by
    first_seen,
    entity
