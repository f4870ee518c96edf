-- ---
-- id: h-around
-- version: 1.0.0
-- title: What happened around this event?
-- status: stable
-- description: >-
--   Finds the calls within some minutes of an event that share its credential, identity, address, session or resource,
--   with what they share and how rare the kind of call is for the identity. Misses what other sources saw; see t-all for
--   all of them.
-- requires:
--   cloudtrail_event: needed
-- parameters:
--   event_id: {type: text, required: true, description: eventID of the event}
--   window: {type: interval, default: 15 minutes, description: time before and after}
-- references: []
-- changelog:
--   1.0.0: first version
-- ---
with centre as (
    select
        event_time,
        principal,
        credential,
        session_name,
        source_ip_address,
        event_resource(request_parameters, resources) as resource
    from cloudtrail_event
    where event_id = $event_id::varchar
),
near as (
    select
        event.*,
        event_resource(event.request_parameters, event.resources) as resource,
        centre.event_time as centre_time,
        list_filter(
            [
                case when event.credential = centre.credential then 'credential' end,
                case when event.principal = centre.principal then 'identity' end,
                case when event.source_ip_address = centre.source_ip_address then 'address' end,
                case when event.session_name = centre.session_name then 'session' end,
                case
                    when event_resource(event.request_parameters, event.resources) = centre.resource then 'resource'
                end
            ],
            lambda label : label is not null
        ) as shares
    from cloudtrail_event as event
    cross join centre
    where event.event_time between (select min(event_time) from centre) - $window::interval
        and (select max(event_time) from centre) + $window::interval
),
frequency as (
    select
        principal,
        event_name,
        count(*) as times
    from cloudtrail_event
    where principal in (select principal from near where len(shares) > 0)
    group by
        principal,
        event_name
)
select
    near.event_time,
    epoch(near.event_time - near.centre_time)::bigint as seconds_from_event,
    near.shares,
    near.principal,
    near.credential,
    near.session_name,
    near.source_ip_address as source_ip,
    near.user_agent,
    near.aws_region as region,
    short_source(near.event_source) || ':' || near.event_name as action,
    near.resource,
    coalesce(near.error_code, 'success') as outcome,
    frequency.times as times_in_evidence,
    near.event_id = $event_id::varchar as is_the_event,
    near.artifact_id,
    near.record_no
from near
left join frequency
    on frequency.principal = near.principal
    and frequency.event_name = near.event_name
where len(near.shares) > 0
order by
    near.event_time,
    near.artifact_id,
    near.record_no
