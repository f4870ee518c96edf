delete from cloudtrail_pair;

insert into cloudtrail_pair by name
select
    caller.shared_event_id,
    caller.artifact_id,
    caller.record_no,
    owner.artifact_id as owner_artifact_id,
    owner.record_no as owner_record_no,
from cloudtrail_event as caller
join cloudtrail_event as owner
    on owner.shared_event_id = caller.shared_event_id
    and owner.recipient_account_id <> caller.recipient_account_id
where caller.account_id = caller.recipient_account_id
    and caller.insight_details is null
    and owner.insight_details is null;
