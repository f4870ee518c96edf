-- ---
-- id: aic-guardrail-created-or-changed
-- version: 1.0.0
-- title: Guardrail created or changed
-- status: stable
-- severity: info
-- element: ai-changes
-- attack: [T1562.001]
-- atlas: []
-- description: >-
--   Finds every creation and change of a guardrail, of a version of it and of its tags, as an inventory: info, and medium
--   when an IAM user makes it or an identity that made none before the case. One finding per identity, guardrail,
--   operation and severity. Misses what a change means; aic-guardrail-weakened and aic-guardrail-deleted judge that.
-- requires:
--   cloudtrail_event: needed
-- preconditions:
--   - query: >-
--       select coalesce(min(event_time) <= coalesce($base_to::timestamptz, $case_from::timestamptz)
--       - interval 7 days, false) from cloudtrail_event
--     otherwise: partial
--     reason: less than seven days of CloudTrail before the case, so unseen may only mean unrecorded
-- parameters:
--   case_from: {type: timestamptz, default: case, description: start of the period of interest}
--   base_from: {type: timestamptz, default: case, description: start of the baseline}
--   base_to: {type: timestamptz, default: case, description: end of the baseline; the start of the case when empty}
-- false_positives:
--   - Normal work on guardrails; that is why most of it is info.
-- references:
--   - https://docs.aws.amazon.com/bedrock/latest/userguide/guardrails.html
-- changelog:
--   1.0.0: first version
-- ---
with change as (
    select
        event_time,
        event_name,
        regexp_replace(
            coalesce(
                request_parameters ->> '$.guardrailIdentifier',
                response_elements ->> '$.guardrailId',
                request_parameters ->> '$.resourceARN',
                request_parameters ->> '$.name'
            ),
            '^arn:.*:guardrail/',
            ''
        ) as guardrail,
        principal,
        identity_type,
        credential,
        source_ip_address,
        aws_region,
        recipient_account_id,
        error_code,
        artifact_id,
        record_no
    from cloudtrail_event
    where event_source = 'bedrock.amazonaws.com'
        and (
            event_name in ('CreateGuardrail', 'UpdateGuardrail', 'CreateGuardrailVersion')
            or event_name = 'TagResource'
            and contains(request_parameters ->> '$.resourceARN', ':guardrail/')
        )
),
habit as (
    select distinct principal
    from change
    where event_time < coalesce($base_to::timestamptz, $case_from::timestamptz)
        and ($base_from::timestamptz is null or event_time >= $base_from::timestamptz)
),
judged as (
    select
        change.*,
        coalesce(change.identity_type = 'IAMUser', false) as is_user,
        coalesce(
            change.event_time >= coalesce($base_to::timestamptz, $case_from::timestamptz)
            and habit.principal is null,
            false
        ) as is_unseen
    from change
    left join habit
        on habit.principal = change.principal
)
select
    'principal' as entity_type,
    principal as entity,
    case when is_user or is_unseen then 'medium' else 'info' end as severity,
    min(event_time) as first_seen,
    max(event_time) as last_seen,
    count(*) as event_count,
    short_name(principal) || ' made ' || counted(count(*), event_name || ' call')
    || ' on guardrail ' || coalesce(guardrail, 'of the record')
    || case when count(error_code) > 0 then ', ' || count(error_code) || ' failed' else '' end
    || case
        when is_user or is_unseen
        then ' (' || concat_ws(
            ', ',
            case when is_user then 'IAM user' end,
            case when bool_or(is_unseen) then 'never before the case' end
        ) || ')'
        else ''
    end as summary,
    list(
        {'table': 'cloudtrail_event', 'artifact_id': artifact_id, 'record_no': record_no}
        order by event_time, artifact_id, record_no
    ) as records,
    principal as actor,
    case when count(distinct source_ip_address) = 1 then min(source_ip_address) end as source_ip,
    case when count(distinct aws_region) = 1 then min(aws_region) end as region,
    min(recipient_account_id) as account_id,
    guardrail as resource,
    {
        'event_name': event_name,
        'failed': count(error_code),
        'iam_user': is_user,
        'unseen': is_unseen,
        'credentials': distinct_values(credential),
        'addresses': distinct_values(source_ip_address),
        'regions': distinct_values(aws_region)
    } as metrics
from judged
group by
    principal,
    guardrail,
    event_name,
    is_user,
    is_unseen
order by
    first_seen,
    entity,
    guardrail,
    event_name,
    is_unseen
