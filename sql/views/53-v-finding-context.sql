-- The calls around a finding of AWS's own detectors (J4): by the key, the identity or the address that it names, from a
-- quarter of an hour before its first event to a quarter after its last. Of a finding that was exported more than once the
-- newest version counts. No finding does not mean that nothing happened.

create or replace view v_finding_context as
with current_finding as (
    select *
    from security_finding
    qualify row_number() over (
        partition by product, finding_id
        order by updated_at desc nulls last, artifact_id desc, record_no desc
    ) = 1
),
lead_on as (
    select
        current_finding.*,
        unnest(
            list_filter(
                [
                    {'by': 'key', 'value': access_key_id},
                    {'by': 'identity', 'value': case when access_key_id is null then principal end},
                    {'by': 'address', 'value': remote_ip}
                ],
                lambda one : one.value is not null
            )
        ) as named
    from current_finding
    where first_seen is not null
)
select
    lead_on.product,
    lead_on.finding_id,
    lead_on.type,
    lead_on.severity,
    lead_on.severity_label,
    lead_on.title,
    lead_on.first_seen as finding_first_seen,
    lead_on.last_seen as finding_last_seen,
    lead_on.updated_at,
    lead_on.resource_arn,
    lead_on.artifact_id as finding_artifact_id,
    lead_on.record_no as finding_record_no,
    lead_on.named.by as matched_by,
    lead_on.named.value as matched,
    event.event_time,
    event.event_time between lead_on.first_seen and lead_on.last_seen as is_inside,
    event.recipient_account_id as account_id,
    event.aws_region as region,
    event.principal,
    event.credential,
    event.source_ip_address as source_ip,
    event.user_agent,
    event.event_source,
    event.event_name,
    event.error_code,
    event.artifact_id,
    event.record_no
from lead_on
join cloudtrail_event as event
    on lead_on.named.value = case lead_on.named.by
        when 'key' then event.access_key_id
        when 'identity' then event.principal
        else event.source_ip_address
    end
    and event.event_time between lead_on.first_seen - interval 15 minutes
        and coalesce(lead_on.last_seen, lead_on.first_seen) + interval 15 minutes;
comment on view v_finding_context is
'Calls by the key, identity or address of a finding, within 15 minutes of it; matched_by says by which.';
