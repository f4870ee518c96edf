-- Flows of the address from which calls came (J3), by class of the address: our own (the interface itself), our NAT or
-- Elastic IP (flows that a gateway passed on, so any of the hosts behind it), outside (only when it talked to one of our
-- interfaces), a service of AWS (never any flow). Calls are counted by address, credential, region and minute; a flow belongs to
-- a minute when its interval, with a minute of slack on both sides, touches it.

create or replace view v_flow_source as
with call as (
    select
        minute_of(event_time) as call_minute,
        source_ip_address as source_ip,
        principal,
        credential,
        vpc_endpoint_id,
        aws_region as region,
        min(event_time) as first_seen,
        max(event_time) as last_seen,
        count(*) as event_count,
        arg_min(artifact_id, row(event_time, artifact_id, record_no)) as artifact_id,
        arg_min(record_no, row(event_time, artifact_id, record_no)) as record_no
    from cloudtrail_event
    where event_time is not null
        and source_ip_address is not null
    group by
        call_minute,
        source_ip_address,
        principal,
        credential,
        vpc_endpoint_id,
        aws_region
),
place as (
    select
        source_ip,
        class,
        case
            when class in ('service', 'aws_service', 'unknown') then 'service'
            when class = 'own_eip' then 'own gateway'
            when class in ('own_vpc', 'internal') or is_private_address(source_ip) then 'own interface'
            else 'outside'
        end as address_class
    from (
        select
            source_ip,
            ip_class(source_ip) as class
        from (select distinct source_ip from call)
    )
),
flow as (
    select
        *,
        is_forwarded_flow(srcaddr, pkt_srcaddr) as is_forwarded
    from vpc_flow
    where start_time is not null
        and srcaddr is not null
),
side as (
    select
        flow.* exclude (artifact_id, record_no),
        flow.artifact_id as flow_artifact_id,
        flow.record_no as flow_record_no,
        unnest(
            list_distinct(
                list_filter(
                    [srcaddr, dstaddr, pkt_srcaddr, pkt_dstaddr, case when is_forwarded then 'gateway' end],
                    lambda address : address is not null
                )
            )
        ) as address
    from flow
),
touched as (
    select
        side.*,
        unnest(
            range(
                minute_of(start_time - interval 1 minute),
                least(coalesce(end_time, start_time), start_time + interval 20 minutes)
                + interval 61 seconds,
                interval 1 minute
            )
        ) as flow_minute
    from side
),
known as (
    select distinct address
    from side
),
off as (
    select
        region,
        blind_from,
        max(blind_to) as blind_to,
        bool_and(from_the_start) as from_the_start,
        named(distinct_values(resource)) as networks
    from v_blind
    where source = 'vpc_flow'
    group by
        region,
        blind_from
)
select
    call.call_minute,
    call.source_ip,
    place.class,
    place.address_class,
    call.principal,
    call.credential,
    call.vpc_endpoint_id,
    call.first_seen,
    call.last_seen,
    call.event_count,
    touched.start_time,
    touched.end_time,
    touched.interface_id,
    coalesce(touched.pkt_srcaddr, touched.srcaddr) as srcaddr,
    touched.srcport,
    coalesce(touched.pkt_dstaddr, touched.dstaddr) as dstaddr,
    touched.dstport,
    touched.bytes,
    touched.packets,
    touched.action,
    call.artifact_id,
    call.record_no,
    touched.flow_artifact_id,
    touched.flow_record_no,
    case
        when touched.flow_artifact_id is not null then null
        when place.address_class = 'service' then 'services of AWS leave no flow here'
        when place.address_class = 'outside' then 'an address outside has flows only when it talks to our interfaces'
        when call.first_seen <= off.blind_to
        then 'flow log of ' || off.networks || case
            when off.from_the_start then ' off from the start'
            else ' off since ' || moment(off.blind_from)
        end
        when known.address is null then 'no flow log of the evidence ever names this address'
        else 'no flow of this address in that minute'
    end as miss_reason
from call
join place
    on place.source_ip = call.source_ip
left join touched
    on touched.address = case
        when place.address_class = 'own gateway' then 'gateway'
        when place.address_class <> 'service' then call.source_ip
    end
    and touched.flow_minute = call.call_minute
left join known
    on known.address = case when place.address_class = 'own gateway' then 'gateway' else call.source_ip end
asof left join off
    on off.region = call.region
    and call.first_seen >= off.blind_from;
comment on view v_flow_source is
'Calls by address, credential, region and minute with the flows of that address; where there is none, miss_reason says why.';
