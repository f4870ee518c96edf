-- ---
-- id: acc-guardduty-on-ai-identity
-- version: 1.0.0
-- title: GuardDuty finding about an AI identity or resource
-- status: stable
-- severity: medium
-- element: access
-- attack: [T1078.004]
-- atlas: [AML.T0012]
-- description: >-
--   Finds GuardDuty findings, also as Security Hub passes them on, about identities that called AI services and about
--   resources of the AI workload, each in its latest form with the calls of its key around it. The severity is GuardDuty's.
--   Misses what GuardDuty does not see, such as many uses of bearer tokens; the absence of a finding is no answer.
-- requires:
--   security_finding: needed
--   cloudtrail_event: helpful
--   named_set: optional
--   ref_bucket: optional
--   ref_inventory: optional
-- parameters:
--   slack: {type: interval, default: 15 minutes, description: time around a finding in which calls belong to it}
-- false_positives:
--   - Whatever GuardDuty takes for an anomaly; it aggregates repeats, its times are ranges.
-- references:
--   - https://docs.aws.amazon.com/guardduty/latest/ug/guardduty_finding-types-active.html
-- changelog:
--   1.0.0: first version
-- ---
with latest as (
    select
        finding_id,
        regexp_extract(finding_id, '([^/]+)$', 1) as id,
        type,
        title,
        severity,
        severity_label,
        account_id,
        region,
        first_seen,
        last_seen,
        updated_at,
        count,
        access_key_id,
        principal,
        user_name,
        resource_arn,
        api,
        remote_ip,
        record_state,
        product,
        artifact_id,
        record_no
    from security_finding
    where (
            product = 'guardduty'
            or product = 'securityhub' and provider = 'GuardDuty'
        )
        and not list_contains(coalesce(flags, []), 'sample')
    qualify row_number() over (
        partition by id
        order by (product = 'guardduty') desc, updated_at desc nulls last, artifact_id, record_no
    ) = 1
),
ai_caller as materialized (
    select distinct
        principal,
        credential
    from cloudtrail_event
    where event_source in (select member from named_set where name = 'AI_SOURCES')
        or starts_with(event_source, 'bedrock')
        or starts_with(event_source, 'sagemaker')
),
ai_principal as materialized (
    select distinct
        principal_key(principal) as principal,
        short_name(principal) as name
    from ai_caller
    where principal is not null
),
judged as (
    select
        latest.*,
        coalesce(
            latest.access_key_id in (select credential from ai_caller where credential is not null)
            or principal_key(latest.principal) in (select principal from ai_principal)
            or latest.principal is null
            and latest.user_name in (select name from ai_principal),
            false
        ) as is_ai_identity,
        exists (
            select 1
            from ref_bucket as known
            where latest.resource_arn = 'arn:aws:s3:::' || known.bucket
                or starts_with(latest.resource_arn, 'arn:aws:s3:::' || known.bucket || '/')
        )
        or exists (
            select 1
            from ref_inventory as known
            where known.resource = latest.resource_arn
        )
        or coalesce(regexp_matches(latest.resource_arn, '^arn:[^:]+:(bedrock|sagemaker)'), false)
            as is_ai_resource
    from latest
),
around as (
    select
        judged.id,
        count(*) as event_count,
        count(event.error_code) as error_count,
        distinct_values(short_source(event.event_source) || ':' || event.event_name) as action,
        distinct_values(event.source_ip_address) as address,
        arg_min(
            {
                'table': 'cloudtrail_event',
                'artifact_id': event.artifact_id,
                'record_no': event.record_no
            },
            row(event.event_time, event.artifact_id, event.record_no),
            199
        ) as records
    from judged
    join cloudtrail_event as event
        on event.credential = judged.access_key_id
        and event.event_time between judged.first_seen - $slack::interval
        and judged.last_seen + $slack::interval
    where judged.is_ai_identity
        or judged.is_ai_resource
    group by judged.id
)
select
    'guardduty_finding' as entity_type,
    judged.id as entity,
    case
        when judged.severity_label = 'CRITICAL' or judged.product = 'guardduty' and judged.severity >= 9
        then 'critical'
        when judged.severity_label = 'HIGH' or judged.product = 'guardduty' and judged.severity >= 7
        then 'high'
        when judged.severity_label = 'MEDIUM' or judged.product = 'guardduty' and judged.severity >= 4
        then 'medium'
        else 'low'
    end as severity,
    judged.first_seen,
    judged.last_seen,
    coalesce(judged.count, 1) as event_count,
    judged.type || ' about '
    || coalesce(short_name(judged.principal), judged.user_name, judged.resource_arn, 'an unknown identity')
    || coalesce(' from ' || judged.remote_ip, '')
    || '; ' || counted(coalesce(around.event_count, 0), 'call')
    || ' of its key around it' as summary,
    [
        {
            'table': 'security_finding',
            'artifact_id': judged.artifact_id,
            'record_no': judged.record_no
        }
    ]
    || coalesce(around.records, []) as records,
    judged.principal as actor,
    judged.remote_ip as source_ip,
    judged.region,
    judged.account_id,
    judged.resource_arn as resource,
    {
        'type': judged.type,
        'title': judged.title,
        'guardduty_severity': judged.severity,
        'updated_at': judged.updated_at,
        'record_state': judged.record_state,
        'access_key': judged.access_key_id,
        'api': judged.api,
        'ai_identity': judged.is_ai_identity,
        'ai_resource': judged.is_ai_resource,
        'calls': coalesce(around.event_count, 0),
        'errors': coalesce(around.error_count, 0),
        'actions': coalesce(list_slice(around.action, 1, 40), []),
        'addresses': coalesce(list_slice(around.address, 1, 40), [])
    } as metrics,
    1 + coalesce(around.event_count, 0) as record_total
from judged
left join around
    on around.id = judged.id
where judged.is_ai_identity
    or judged.is_ai_resource
order by
    judged.first_seen,
    entity
