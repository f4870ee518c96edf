-- ---
-- id: aic-agentcore-memory-or-tool-change
-- version: 1.0.0
-- title: AgentCore memory stream, tool or credential provider changed
-- status: stable
-- severity: high
-- element: ai-changes
-- attack: [T1537, T1548.005, T1098.001]
-- atlas: [AML.T0081, AML.T0086, AML.T0080.000]
-- description: >-
--   Finds memories of AgentCore whose events stream to another account (critical), code interpreters and browsers that
--   are made with public network access or another role after the one before was deleted, a new key of the token vault,
--   credential providers and workload identities that an identity makes for the first time, and registry records that
--   their own creator approves. One finding per resource and identity. Misses what an interpreter runs, and refused
--   calls.
-- requires:
--   cloudtrail_event: needed
--   ref_account: optional
--   ref_case: optional
-- preconditions:
--   - query: >-
--       select coalesce(min(event_time) <= coalesce($base_to::timestamptz, $case_from::timestamptz)
--       - interval 7 days, false) from cloudtrail_event
--     otherwise: partial
--     reason: less than seven days of CloudTrail before the case, so unseen may only mean unrecorded
-- parameters:
--   span: {type: interval, default: 24 hours, description: time from the deletion of a tool to its successor}
--   case_from: {type: timestamptz, default: case, description: start of the period of interest}
--   base_from: {type: timestamptz, default: case, description: start of the baseline}
--   base_to: {type: timestamptz, default: case, description: end of the baseline; the start of the case when empty}
-- false_positives:
--   - Changes of the platform.
-- references:
--   - https://docs.aws.amazon.com/bedrock-agentcore/latest/devguide/memory.html
-- changelog:
--   1.0.0: first version
-- ---
with event as (
    select
        event_time,
        event_source,
        event_name,
        coalesce(
            request_parameters ->> '$.memoryId',
            response_elements ->> '$.codeInterpreterId',
            request_parameters ->> '$.codeInterpreterId',
            response_elements ->> '$.browserId',
            request_parameters ->> '$.browserId',
            request_parameters ->> '$.tokenVaultId',
            request_parameters ->> '$.recordId',
            response_elements ->> '$.recordId',
            request_parameters ->> '$.name'
        ) as resource,
        case
            when ends_with(event_name, 'CodeInterpreter') then 'code interpreter'
            when ends_with(event_name, 'Browser') then 'browser'
        end as tool,
        request_parameters ->> '$.networkConfiguration.networkMode' as network_mode,
        request_parameters ->> '$.executionRoleArn' as role,
        list_distinct(
            regexp_extract_all(
                (request_parameters -> '$.streamDeliveryResources')::varchar,
                'arn:[^:"]*:(?:kinesis|firehose):[^:"]*:([0-9]{12}):',
                1
            )
        ) as stream_account,
        principal,
        credential,
        source_ip_address,
        aws_region,
        recipient_account_id,
        error_code,
        request_parameters as request,
        response_elements as response,
        artifact_id,
        record_no
    from cloudtrail_event as event
    where event_source = 'bedrock-agentcore.amazonaws.com'
        and event_name in (
            'CreateMemory',
            'UpdateMemory',
            'CreateCodeInterpreter',
            'DeleteCodeInterpreter',
            'CreateBrowser',
            'DeleteBrowser',
            'SetTokenVaultCMK',
            'CreateOauth2CredentialProvider',
            'CreateApiKeyCredentialProvider',
            'CreateWorkloadIdentity',
            'CreateRegistryRecord',
            'UpdateRegistryRecordStatus'
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
own as (
    select own_accounts() as accounts
),
-- The tool before: the one that was made before a deletion which precedes the new one.
replaced as (
    select
        made.artifact_id,
        made.record_no,
        max(gone.event_time) as deleted_at,
        arg_max(old.network_mode, old.event_time) as old_network_mode,
        arg_max(old.role, old.event_time) as old_role
    from event as made
    join event as gone
        on gone.tool = made.tool
        and starts_with(gone.event_name, 'Delete')
        and gone.event_time <= made.event_time + interval 1 second
        and gone.event_time >= made.event_time - $span::interval
    left join event as old
        on old.tool = made.tool
        and starts_with(old.event_name, 'Create')
        and old.resource = gone.resource
        and old.event_time <= gone.event_time
    where made.tool is not null
        and starts_with(made.event_name, 'Create')
    group by
        made.artifact_id,
        made.record_no
),
author as (
    select distinct
        resource,
        principal
    from event
    where event_name = 'CreateRegistryRecord'
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
        list_filter(
            [
                case
                    when len(list_filter(stream_account, lambda each : not list_contains(own.accounts, each))) > 0
                    then 'memory streams to account '
                        || named(list_filter(stream_account, lambda each : not list_contains(own.accounts, each)))
                end,
                case
                    when replaced.deleted_at is not null
                        and network_mode = 'PUBLIC'
                        and replaced.old_network_mode is distinct from 'PUBLIC'
                    then tool || ' now on the public network'
                end,
                case
                    when replaced.deleted_at is not null
                        and compared.role is not null
                        and replaced.old_role is distinct from compared.role
                    then tool || ' with new role ' || short_name(compared.role)
                end,
                case when event_name = 'SetTokenVaultCMK' then 'key of the token vault changed' end,
                case
                    when is_unseen
                        and event_name in (
                            'CreateOauth2CredentialProvider',
                            'CreateApiKeyCredentialProvider',
                            'CreateWorkloadIdentity'
                        )
                    then 'credential provider or identity made'
                end,
                case
                    when author.principal is not null
                        and coalesce(request ->> '$.status', request ->> '$.recordStatus') = 'APPROVED'
                    then 'record approved by its creator'
                end
            ],
            lambda reason : reason is not null
        ) as reason
    from compared
    cross join own
    left join replaced
        on replaced.artifact_id = compared.artifact_id
        and replaced.record_no = compared.record_no
    left join author
        on author.resource = compared.resource
        and author.principal = compared.principal
        and compared.event_name = 'UpdateRegistryRecordStatus'
),
finding as (
    select
        resource,
        principal,
        max(case when reason[1] like 'memory streams%' then 5 else 4 end) as rank,
        list_sort(
            list_distinct(flatten(list(reason order by event_time, artifact_id, record_no)))
        ) as reason,
        bool_or(is_unseen) as is_unseen,
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
    where len(reason) > 0
    group by
        resource,
        principal
)
select
    'tool' as entity_type,
    coalesce(resource, event_name[1]) as entity,
    ['info', 'low', 'medium', 'high', 'critical'][rank] as severity,
    first_seen,
    last_seen,
    event_count,
    short_name(principal)
    || ' made '
    || counted(event_count, 'call') || ' (' || named(event_name) || ')'
    || coalesce(' on ' || resource, '')
    || coalesce(': ' || nullif(named(reason), ''), '')
    || case when is_unseen then '; never before the case' else '' end as summary,
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
        'regions': region,
        'credentials': credential,
        'addresses': address
    } as metrics
from finding
order by
    first_seen,
    entity,
    actor
