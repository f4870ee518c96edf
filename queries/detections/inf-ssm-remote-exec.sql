-- ---
-- id: inf-ssm-remote-exec
-- version: 1.0.0
-- title: Command or session on hosts of AI workloads
-- status: stable
-- severity: high
-- element: infrastructure-changes
-- attack: [T1651, T1059.009]
-- atlas: [AML.T0072]
-- description: >-
--   Finds commands, sessions, automations and documents of Systems Manager, pushed SSH keys and sessions into SageMaker
--   by an identity that never made the call before the case, and all of those on instances that reference/inventory.csv
--   names, that run with an AI role or that have a GPU. One finding per target and identity. Misses what was typed in
--   the session, and refused calls.
-- requires:
--   cloudtrail_event: needed
--   api_snapshot: optional
--   ref_inventory: optional
--   ref_principal: optional
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
--   - Runbooks of operators.
-- references:
--   - https://docs.aws.amazon.com/systems-manager/latest/userguide/monitoring-cloudtrail-logs.html
-- changelog:
--   1.0.0: first version
-- ---
with event as (
    select
        event_time,
        event_source,
        event_name,
        coalesce(
            request_parameters ->> '$.target',
            request_parameters ->> '$.instanceId',
            request_parameters ->> '$.instanceIds[0]',
            request_parameters ->> '$.resourceIdentifier',
            request_parameters ->> '$.documentName',
            request_parameters ->> '$.name'
        ) as resource,
        list_distinct(
            list_filter(
                json_extract_string(request_parameters, '$.instanceIds[*]')
                || json_extract_string(request_parameters, ['$.target', '$.instanceId']),
                lambda each : each is not null
            )
        ) as target,
        principal,
        credential,
        source_ip_address,
        aws_region,
        recipient_account_id,
        error_code,
        request_parameters as request,
        artifact_id,
        record_no
    from cloudtrail_event as event
    where (
            event_source = 'ssm.amazonaws.com'
            and event_name in ('SendCommand', 'StartSession', 'StartAutomationExecution', 'CreateDocument')
            or event_source = 'ec2-instance-connect.amazonaws.com'
            and event_name in ('SendSSHPublicKey', 'SendSerialConsoleSSHPublicKey')
            or event_source = 'sagemaker.amazonaws.com'
            and event_name = 'StartSession'
        )
        and error_code is null
),
habit as (
    select distinct
        principal,
        event_name
    from event
    where event_time < coalesce($base_to::timestamptz, $case_from::timestamptz)
        and ($base_from::timestamptz is null or event_time >= $base_from::timestamptz)
),
-- Instances of AI workloads, by all that says so.
host as (
    select
        regexp_extract(resource, '(i-[0-9a-zA-Z]+)$', 1) as instance,
        'inventory of ' || app as origin
    from ref_inventory
    where regexp_matches(resource, 'i-[0-9a-zA-Z]+$')
    union all
    select
        instance ->> '$.InstanceId' as instance,
        'role ' || regexp_extract(instance ->> '$.IamInstanceProfile.Arn', '([^/]+)$', 1) as origin
    from (
        select unnest(
            flatten(
                list_transform(
                    json_items(json -> '$.Reservations'),
                    lambda reservation : json_items(json_extract(reservation, '$.Instances'))
                )
            )
        ) as instance
        from api_snapshot
        where service = 'ec2'
            and operation = 'describe-instances'
    )
    where exists (
            select 1
            from ref_principal
            where class in ('ai_role', 'tool_role', 'agent_role')
                and role_name(principal)
                = regexp_extract(instance ->> '$.IamInstanceProfile.Arn', '([^/]+)$', 1)
        )
    union all
    select
        unnest(
            json_extract_string(response_elements, '$.instancesSet.items[*].instanceId')
        ) as instance,
        'GPU instance' as origin
    from cloudtrail_event
    where event_source = 'ec2.amazonaws.com'
        and event_name = 'RunInstances'
        and regexp_matches(request_parameters ->> '$.instanceType', '^(p[2-6]|g[3-7]|trn|inf|dl)')
),
ai_host as (
    select
        instance,
        distinct_values(origin) as origin
    from host
    group by instance
),
aimed as (
    select
        event.artifact_id,
        event.record_no,
        list_sort(list_distinct(flatten(list(ai_host.origin order by ai_host.instance)))) as origin
    from event
    join ai_host
        on list_contains(event.target, ai_host.instance)
    group by
        event.artifact_id,
        event.record_no
),
compared as (
    select
        event.*,
        coalesce(
            event.event_time >= coalesce($base_to::timestamptz, $case_from::timestamptz)
            and habit.principal is null,
            false
        ) as is_unseen
    from event
    left join habit
        on habit.principal = event.principal
        and habit.event_name is not distinct from event.event_name
),
judged as (
    select
        compared.*,
        coalesce(
            aimed.origin,
            case when compared.event_source = 'sagemaker.amazonaws.com' then ['SageMaker'] end
        ) as origin,
        list_filter(
            [
                case event_name
                    when 'SendCommand' then 'command sent'
                    when 'StartSession' then 'session started'
                    when 'StartAutomationExecution' then 'automation started'
                    when 'CreateDocument' then 'document created'
                    else 'SSH key pushed'
                end
            ],
            lambda reason : reason is not null
        ) as reason
    from compared
    left join aimed
        on aimed.artifact_id = compared.artifact_id
        and aimed.record_no = compared.record_no
),
finding as (
    select
        resource,
        principal,
        list_sort(
            list_distinct(flatten(list(reason order by event_time, artifact_id, record_no)))
        ) as reason,
        bool_or(is_unseen) as is_unseen,
        list_sort(list_distinct(flatten(list(coalesce(origin, []) order by event_time)))) as origin,
        distinct_values(event_name) as event_name,
        min(event_time) as first_seen,
        max(event_time) as last_seen,
        count(*) as event_count,
        distinct_values(credential) as credential,
        distinct_values(source_ip_address) as address,
        distinct_values(aws_region) as region,
        min(recipient_account_id) as account_id,
        list(
            {'table': 'cloudtrail_event', 'artifact_id': artifact_id, 'record_no': record_no}
            order by event_time, artifact_id, record_no
        ) as records
    from judged
    where is_unseen or len(origin) > 0
    group by
        resource,
        principal
)
select
    'host' as entity_type,
    coalesce(resource, event_name[1]) as entity,
    'high' as severity,
    first_seen,
    last_seen,
    event_count,
    short_name(principal)
    || ' made '
    || counted(event_count, 'call') || ' (' || named(event_name) || ')'
    || coalesce(' on ' || resource, '')
    || coalesce(': ' || nullif(named(reason), ''), '')
    || case when is_unseen then '; never before the case' else '' end
    || case when len(origin) > 0 then '; the host is one of ' || named(origin) else '' end as summary,
    records,
    principal as actor,
    case when len(address) = 1 then address[1] end as source_ip,
    case when len(region) = 1 then region[1] end as region,
    account_id,
    resource,
    {
        'event_names': event_name,
        'reasons': reason,
        'unseen': is_unseen,
        'hosts': origin,
        'regions': region,
        'credentials': credential,
        'addresses': address
    } as metrics
from finding
order by
    first_seen,
    entity,
    actor
