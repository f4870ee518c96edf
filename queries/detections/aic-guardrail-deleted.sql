-- ---
-- id: aic-guardrail-deleted
-- version: 1.0.0
-- title: Guardrail deleted
-- status: stable
-- severity: high
-- element: ai-changes
-- attack: [T1562.001]
-- atlas: [AML.T0054]
-- description: >-
--   Finds guardrails, guardrail versions and enforced guardrail configurations that were deleted. Critical when the
--   guardrail was in use in the days before, or when the attacker holds the identity; a single version of a guardrail that
--   nobody used is medium. Misses use that neither CloudTrail nor the invocation log names, such as a guardrail that an
--   agent applies.
-- requires:
--   cloudtrail_event: needed
--   bedrock_invocation: helpful
--   named_set: optional
--   v_flagged: optional
-- parameters:
--   in_use: {type: interval, default: 7 days, description: how long before the deletion a use counts}
-- false_positives:
--   - Test guardrails that are cleaned up.
-- references:
--   - https://docs.aws.amazon.com/bedrock/latest/APIReference/API_DeleteGuardrail.html
-- changelog:
--   1.0.0: first version
-- ---
with deletion as (
    select
        event_time,
        event_name,
        regexp_replace(
            coalesce(
                request_parameters ->> '$.guardrailIdentifier',
                request_parameters ->> '$.configId'
            ),
            '^arn:.*:guardrail/',
            ''
        ) as guardrail,
        request_parameters ->> '$.guardrailVersion' as guardrail_version,
        principal,
        credential,
        source_ip_address,
        aws_region,
        recipient_account_id,
        artifact_id,
        record_no
    from cloudtrail_event
    where event_source = 'bedrock.amazonaws.com'
        and event_name in (
            'DeleteGuardrail',
            'DeleteGuardrailVersion',
            'DeleteEnforcedGuardrailConfiguration'
        )
        and error_code is null
),
period as (
    select
        min(event_time) - $in_use::interval as first_use,
        max(event_time) as last_use
    from deletion
),
use as (
    select
        'cloudtrail_event' as source,
        event_time,
        regexp_replace(
            coalesce(
                request_parameters ->> '$.guardrailIdentifier',
                request_parameters ->> '$.guardrailConfig.guardrailIdentifier'
            ),
            '^arn:.*:guardrail/',
            ''
        ) as guardrail
    from cloudtrail_event
    where event_source = 'bedrock.amazonaws.com'
        and (
            event_name in (select member from named_set where name = 'INVOKE_RT')
            or event_name = 'ApplyGuardrail'
        )
        and event_time >= (select first_use from period)
        and event_time <= (select last_use from period)
    union all
    select
        'bedrock_invocation' as source,
        event_time,
        regexp_replace(
            coalesce(
                input_body ->> '$.guardrailConfig.guardrailIdentifier',
                json_keys(output_body, '$.trace.guardrail.inputAssessment')[1],
                json_keys(output_body, '$."amazon-bedrock-trace".guardrail.input')[1]
            ),
            '^arn:.*:guardrail/',
            ''
        ) as guardrail
    from bedrock_invocation
    where event_time >= (select first_use from period)
        and event_time <= (select last_use from period)
),
used as (
    select
        deletion.artifact_id,
        deletion.record_no,
        count(*) filter (use.source = 'cloudtrail_event') as cloudtrail_uses,
        count(*) filter (use.source = 'bedrock_invocation') as invocation_uses,
        max(use.event_time) as last_use
    from deletion
    join use
        on use.guardrail = deletion.guardrail
        and use.event_time between deletion.event_time - $in_use::interval and deletion.event_time
    group by
        deletion.artifact_id,
        deletion.record_no
),
judged as (
    select
        deletion.*,
        coalesce(used.cloudtrail_uses, 0) as cloudtrail_uses,
        coalesce(used.invocation_uses, 0) as invocation_uses,
        used.last_use,
        used.last_use is not null as is_in_use,
        coalesce(deletion.event_time >= held.since - interval 1 second, false)
        or coalesce(deletion.event_time >= owned.since - interval 1 second, false) as is_flagged,
        deletion.event_name = 'DeleteGuardrailVersion'
        or deletion.guardrail_version is not null as is_version
    from deletion
    left join used
        on used.artifact_id = deletion.artifact_id
        and used.record_no = deletion.record_no
    left join v_flagged as held
        on held.value = deletion.credential
    left join v_flagged as owned
        on owned.value = deletion.principal
)
select
    'guardrail' as entity_type,
    guardrail as entity,
    case
        when is_in_use or is_flagged then 'critical'
        when is_version then 'medium'
        else 'high'
    end as severity,
    event_time as first_seen,
    event_time as last_seen,
    1::bigint as event_count,
    short_name(principal) || ' deleted '
    || case
        when event_name = 'DeleteEnforcedGuardrailConfiguration'
        then 'the enforced guardrail configuration'
        when is_version then 'a version of guardrail'
        else 'guardrail'
    end
    || coalesce(' ' || guardrail, '') || coalesce(' (version ' || guardrail_version || ')', '')
    || case
        when is_in_use then ', last used at ' || moment(last_use)
        else ', not seen in use before'
    end
    || case when is_flagged then '; the attacker holds this identity' else '' end as summary,
    [
        {'table': 'cloudtrail_event', 'artifact_id': artifact_id, 'record_no': record_no}
    ] as records,
    principal as actor,
    source_ip_address as source_ip,
    aws_region as region,
    recipient_account_id as account_id,
    guardrail as resource,
    {
        'event_name': event_name,
        'guardrail_version': guardrail_version,
        'in_use': is_in_use,
        'last_use': last_use,
        'uses_in_cloudtrail': cloudtrail_uses,
        'uses_in_invocation_log': invocation_uses,
        'flagged': is_flagged,
        'credential': credential
    } as metrics
from judged
order by
    first_seen,
    entity,
    artifact_id,
    record_no
