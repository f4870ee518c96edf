-- ---
-- id: dst-exfil-volume-flow
-- version: 1.0.2
-- title: Outbound volume to one external address
-- status: stable
-- severity: high
-- element: data-store-changes
-- attack: [T1048, T1041]
-- atlas: [AML.T0025]
-- description: >-
--   Finds interfaces that send more bytes to one external address inside a sliding window than a floor and than a
--   multiple of the 99th percentile of their baseline windows. Addresses of ours, of partners and of AWS services do not
--   count; addresses of EC2 do, because anybody can rent one. Each packet counts once: the interface of the host goes
--   before the one of a NAT gateway, whose packets are told apart by pkt-srcaddr. A destination that the interface never
--   used before raises the score. Misses slow transfers, and hosts without flow logs.
-- requires:
--   vpc_flow: needed
--   ref_cidr: helpful
-- parameters:
--   min_bytes: {type: integer, default: 500000000, description: bytes in a window that are never an anomaly}
--   factor: {type: double, default: 6, description: multiple of the 99th percentile of the baseline windows of the interface}
--   window: {type: interval, default: 60 minutes, description: length of the sliding window}
--   case_from: {type: timestamptz, default: case, description: start of the period of interest}
--   base_from: {type: timestamptz, default: case, description: start of the baseline}
--   base_to: {type: timestamptz, default: case, description: end of the baseline; the start of the case when empty}
-- false_positives:
--   - Uploads to partners, backups to another cloud, video calls; list their addresses in reference/cidr.csv.
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
        bytes,
        packets,
        is_forwarded_flow(srcaddr, pkt_srcaddr) as is_forwarded,
        start_time < coalesce($base_to::timestamptz, $case_from::timestamptz)
        and ($base_from::timestamptz is null or start_time >= $base_from::timestamptz) as is_before,
        region,
        account_id,
        instance_id,
        artifact_id,
        record_no
    from vpc_flow
    where action = 'ACCEPT'
        and coalesce(flow_direction, 'egress') = 'egress'
        and not is_aws_service_flow(pkt_dst_aws_service)
        and bytes is not null
        and start_time is not null
),
-- Whoever sends too little over all of the evidence sends too little in every window.
loud as (
    select
        interface_id,
        host,
        destination
    from flow
    group by
        interface_id,
        host,
        destination
    having sum(bytes) >= $min_bytes::bigint
),
-- All traffic of the interfaces that have something loud, because their habits decide what is too much.
watched as (
    select flow.*
    from flow
    where interface_id in (select interface_id from loud)
),
place as (
    select
        address,
        ip_class(address) as class
    from (
        select destination as address
        from watched
        union
        select host as address
        from watched
    )
),
outbound as (
    select watched.*
    from watched
    join place
        on place.address = watched.destination
        and not is_own_class(place.class)
        and place.class not in ('partner', 'unknown')
    join place as origin
        on origin.address = watched.host
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
summed as (
    select
        *,
        sum(bytes) over (
            partition by interface_id, host, destination
            order by start_time
            range between $window::interval preceding and current row
        ) as window_bytes
    from counted_once
),
habit as (
    select
        interface_id,
        quantile_disc(window_bytes, 0.99) as p99
    from summed
    where is_before
    group by interface_id
),
hot as (
    select
        summed.interface_id,
        summed.host,
        summed.destination,
        summed.start_time,
        summed.window_bytes,
        greatest($min_bytes::bigint, $factor::double * coalesce(habit.p99, 0)) as threshold
    from summed
    left join habit
        on habit.interface_id = summed.interface_id
    where summed.window_bytes
        >= greatest($min_bytes::bigint, $factor::double * coalesce(habit.p99, 0))
),
started as (
    select
        *,
        start_time > lag(start_time) over same_pair + $window::interval as starts_burst
    from hot
    window same_pair as (partition by interface_id, host, destination order by start_time)
),
numbered as (
    select
        *,
        count(case when starts_burst then 1 end) over (
            partition by interface_id, host, destination
            order by start_time
        ) as burst
    from started
),
burst as (
    select
        interface_id,
        host,
        destination,
        burst,
        min(start_time) as reached,
        max(start_time) as last_start,
        max(window_bytes)::bigint as peak_bytes,
        min(threshold) as threshold
    from numbered
    group by
        interface_id,
        host,
        destination,
        burst
),
known as (
    select distinct
        interface_id,
        destination
    from summed
    where is_before
),
finding as (
    select
        burst.interface_id,
        burst.host,
        burst.destination,
        burst.reached,
        burst.peak_bytes,
        burst.threshold,
        min(flow.start_time) as first_seen,
        max(flow.end_time) as last_seen,
        count(*) as flows,
        sum(flow.bytes)::bigint as bytes,
        sum(flow.packets)::bigint as packets,
        distinct_values(flow.dstport) as port,
        bool_and(flow.is_forwarded) as is_forwarded,
        min(flow.region) as region,
        min(flow.account_id) as account_id,
        min(flow.instance_id) as instance_id,
        arg_min(
            {
                'table': 'vpc_flow',
                'artifact_id': flow.artifact_id,
                'record_no': flow.record_no
            },
            row(flow.start_time, flow.artifact_id, flow.record_no),
            200
        ) as records
    from burst
    join counted_once as flow
        on flow.interface_id = burst.interface_id
        and flow.host = burst.host
        and flow.destination = burst.destination
        and flow.start_time between burst.reached - $window::interval and burst.last_start
    group by
        burst.interface_id,
        burst.host,
        burst.destination,
        burst.burst,
        burst.reached,
        burst.peak_bytes,
        burst.threshold
)
select
    'interface' as entity_type,
    finding.interface_id || ' ' || finding.destination
    || case when len(port) = 1 then ':' || port[1] else '' end as entity,
    'high' as severity,
    first_seen,
    last_seen,
    flows as event_count,
    finding.host || ' (' || finding.interface_id || ') sent ' || format('{:,}', bytes)
    || ' bytes to ' || finding.destination
    || case when len(port) = 1 then ':' || port[1] else '' end
    || ' in ' || counted(flows, 'flow') || ' from ' || moment(first_seen) || ' to '
    || moment(last_seen) || '; the threshold was reached at ' || moment(reached)
    || case when known.destination is null then '; the destination is new' else '' end as summary,
    records,
    finding.host as source_ip,
    region,
    account_id,
    finding.interface_id as resource,
    {
        'host': finding.host,
        'destination': finding.destination,
        'ports': list_slice(port, 1, 20),
        'bytes': bytes,
        'packets': packets,
        'flows': flows,
        'minutes': round(date_diff('second', first_seen, last_seen) / 60.0, 1),
        'reached': reached,
        'peak_window_bytes': peak_bytes,
        'threshold': round(threshold)::bigint,
        'new_destination': known.destination is null,
        'seen_at_nat_only': is_forwarded,
        'instance_id': instance_id
    } as metrics,
    case when known.destination is null then 80 else 75 end::bigint as score,
    flows as record_total
from finding
left join known
    on known.interface_id = finding.interface_id
    and known.destination = finding.destination
order by
    first_seen,
    entity
