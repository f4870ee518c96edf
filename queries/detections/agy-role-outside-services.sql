-- ---
-- id: agy-role-outside-services
-- version: 1.0.0
-- title: Role of an AI workload calls a service that is new to it
-- status: stable
-- severity: high
-- element: agency
-- attack: [T1078.004, T1552.005]
-- atlas: [AML.T0098]
-- description: >-
--   Finds calls of AI workload roles to services that the role never called before the case and that no such role is
--   expected to call, one finding per role and service: high for STS, IAM, EC2 and Secrets Manager, medium for others,
--   info where the role has too little history to be surprised by. Expected are the Bedrock family, CloudWatch and its
--   logs, X-Ray, ECR, S3 and KMS. A role counts with all its sessions, wherever they are. Misses new uses of services that
--   the role always called.
-- requires:
--   cloudtrail_event: needed
--   v_ai_role: optional
--   named_set: optional
--   ref_cidr: optional
-- preconditions:
--   - query: select exists (from v_ai_role)
--     otherwise: not_evaluable
--     reason: no role of an AI workload is known; fill reference/principal.csv
--   - query: >-
--       select coalesce(min(event_time) <= coalesce($base_to::timestamptz, $case_from::timestamptz)
--       - interval 7 days, false) from cloudtrail_event
--     otherwise: partial
--     reason: less than seven days of CloudTrail before the case, so unseen may only mean unrecorded
-- parameters:
--   min_base_events: {type: integer, default: 20, description: calls of the role before the case below which a finding is info}
--   case_from: {type: timestamptz, default: case, description: start of the period of interest}
--   base_from: {type: timestamptz, default: case, description: start of the baseline}
--   base_to: {type: timestamptz, default: case, description: end of the baseline; the start of the case when empty}
-- false_positives:
--   - A new integration of the application.
-- references:
--   - https://docs.aws.amazon.com/bedrock/latest/userguide/security-iam-awsmanpol.html
-- changelog:
--   1.0.0: first version
-- ---
with role as materialized (
    select
        principal,
        class
    from v_ai_role
),
activity as (
    select
        principal,
        event_source,
        count(*) filter (
            event_time < coalesce($base_to::timestamptz, $case_from::timestamptz)
            and ($base_from::timestamptz is null or event_time >= $base_from::timestamptz)
        ) as base_events
    from cloudtrail_event
    where principal in (select principal from role)
    group by
        principal,
        event_source
),
history as (
    select
        principal,
        sum(base_events)::bigint as base_events,
        list_sort(list(short_source(event_source)) filter (base_events > 0)) as base_service
    from activity
    group by principal
),
strange as (
    select
        principal,
        event_source
    from activity
    where base_events = 0
        and event_source not in (
            'logs.amazonaws.com',
            'xray.amazonaws.com',
            'monitoring.amazonaws.com',
            'ecr.amazonaws.com',
            's3.amazonaws.com',
            'kms.amazonaws.com'
        )
        and event_source not in (select member from named_set where name = 'BEDROCK_SOURCES')
),
call as (
    select
        event.principal,
        event.event_source,
        event.event_time,
        event.event_name,
        event.read_only,
        event.error_code,
        event.credential,
        event.session_name,
        event.source_ip_address,
        ip_class(event.source_ip_address) as address_class,
        event.aws_region,
        event.recipient_account_id,
        event.artifact_id,
        event.record_no
    from cloudtrail_event as event
    join strange
        on strange.principal = event.principal
        and strange.event_source = event.event_source
    where event.event_time >= coalesce($base_to::timestamptz, $case_from::timestamptz)
),
grouped as (
    select
        principal,
        event_source,
        min(event_time) as first_seen,
        max(event_time) as last_seen,
        count(*) as event_count,
        count(error_code) as failed,
        count(*) filter (read_only is false) as changes,
        distinct_values(event_name) as event_name,
        distinct_values(credential) as credential,
        distinct_values(session_name) as session_name,
        distinct_values(source_ip_address) as address,
        distinct_values(address_class) as address_class,
        distinct_values(aws_region) as region,
        min(recipient_account_id) as account_id,
        list(
            {'table': 'cloudtrail_event', 'artifact_id': artifact_id, 'record_no': record_no}
            order by event_time, artifact_id, record_no
        ) as records
    from call
    group by
        principal,
        event_source
)
select
    'principal' as entity_type,
    grouped.principal as entity,
    case
        when history.base_events < $min_base_events::bigint then 'info'
        when grouped.event_source in (
            'sts.amazonaws.com',
            'iam.amazonaws.com',
            'ec2.amazonaws.com',
            'secretsmanager.amazonaws.com'
        )
            then 'high'
        else 'medium'
    end as severity,
    grouped.first_seen,
    grouped.last_seen,
    grouped.event_count,
    short_name(grouped.principal) || ' called ' || short_source(grouped.event_source)
    || ' (' || named(grouped.event_name) || ') ' || counted(grouped.event_count, 'time')
    || ', first at ' || moment(grouped.first_seen)
    || coalesce(', from ' || nullif(named(grouped.address), ''), '')
    || case when grouped.failed > 0 then ', ' || grouped.failed || ' failed' else '' end
    || case
        when history.base_events = 0 then '; the role has no history'
        else '; before the case ' || counted(history.base_events, 'call') || ', to '
            || named(history.base_service) || ' only'
    end as summary,
    grouped.records,
    grouped.principal as actor,
    case when len(grouped.address) = 1 then grouped.address[1] end as source_ip,
    case when len(grouped.region) = 1 then grouped.region[1] end as region,
    grouped.account_id,
    short_source(grouped.event_source) as resource,
    {
        'service': short_source(grouped.event_source),
        'event_names': list_slice(grouped.event_name, 1, 20),
        'changes': grouped.changes,
        'failed': grouped.failed,
        'baseline_events': history.base_events,
        'baseline_services': coalesce(history.base_service, []),
        'role_classes': role.class,
        'credentials': grouped.credential,
        'sessions': list_slice(grouped.session_name, 1, 20),
        'addresses': list_slice(grouped.address, 1, 20),
        'address_classes': grouped.address_class
    } as metrics
from grouped
join history
    on history.principal = grouped.principal
join role
    on role.principal = grouped.principal
order by
    first_seen,
    entity,
    resource
