-- Calls that CloudTrail delivered to more than one account (J12): the side of the caller knows the identity, the side of
-- the resource what was touched.

create or replace view v_shared_event as
select
    shared_event_id,
    min(event_time) as first_seen,
    max(event_time) as last_seen,
    count(*) as event_count,
    min(event_source) as event_source,
    min(event_name) as event_name,
    distinct_values(recipient_account_id) as account_ids,
    distinct_values(principal) as principals,
    arg_min(
        {'table': 'cloudtrail_event', 'artifact_id': artifact_id, 'record_no': record_no},
        row(event_time, artifact_id, record_no),
        200
    ) as records
from cloudtrail_event
where shared_event_id is not null
group by shared_event_id
having count(distinct recipient_account_id) > 1;
comment on view v_shared_event is 'Calls that stand in the trails of several accounts.';
