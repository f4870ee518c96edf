-- A download of Event history or Lake, or a translation of Security Lake, says less than the event itself: where both
-- are here, the event counts alone.

create or replace temp table lossy_copy as
select
    copy.artifact_id,
    copy.record_no,
    min({'artifact_id': whole.artifact_id, 'record_no': whole.record_no}) as of,
from cloudtrail_event as copy
join cloudtrail_event as whole
    on whole.event_id = copy.event_id
    and not list_has_any(coalesce(whole.flags, []), ['lossy', 'ocsf'])
where list_has_any(copy.flags, ['lossy', 'ocsf'])
    and copy.event_id is not null
group by all;

insert into duplicate
select
    artifact_id,
    record_no,
    of.artifact_id,
    of.record_no,
from lossy_copy;

delete from cloudtrail_event
using lossy_copy
where cloudtrail_event.artifact_id = lossy_copy.artifact_id
    and cloudtrail_event.record_no = lossy_copy.record_no;

-- What conflicted with a lossy copy alone does not conflict any more.
update cloudtrail_event
set flags = nullif(list_filter(flags, lambda flag : flag <> 'event_id_conflict'), [])
from lossy_copy
where cloudtrail_event.artifact_id = lossy_copy.of.artifact_id
    and cloudtrail_event.record_no = lossy_copy.of.record_no
    and list_contains(flags, 'event_id_conflict')
    and not exists (
        from cloudtrail_event as other
        where other.event_id = cloudtrail_event.event_id
            and other.recipient_account_id is not distinct from cloudtrail_event.recipient_account_id
            and (other.artifact_id, other.record_no) <> (cloudtrail_event.artifact_id, cloudtrail_event.record_no)
    );

drop table lossy_copy;
