-- ---
-- id: inf-cwlogs-tamper
-- version: 1.0.0
-- title: Log group or alarm of AI services tampered with
-- status: stable
-- severity: high
-- element: infrastructure-changes
-- attack: [T1562.008, T1070]
-- atlas: []
-- description: >-
--   Finds log groups and streams of Bedrock, SageMaker and Lambda that were deleted, kept for fewer days than before or
--   than a month, sent to a destination that is not ours or new, stripped of their key or of the masking of personal
--   data, deliveries of logs that were deleted, trace sampling that was set to nothing, and alarms that were deleted or
--   silenced (low unless their name says that they watch an AI service). Refused attempts are medium. Misses groups of
--   applications whose name does not tell.
-- requires:
--   cloudtrail_event: needed
--   api_snapshot: optional
--   ref_account: optional
--   ref_case: optional
-- preconditions:
--   - query: >-
--       select coalesce(min(event_time) <= coalesce($base_to::timestamptz, $case_from::timestamptz)
--       - interval 7 days, false) from cloudtrail_event
--     otherwise: partial
--     reason: less than seven days of CloudTrail before the case, so unseen may only mean unrecorded
-- parameters:
--   min_days: {type: integer, default: 30, description: days of retention that are enough}
--   case_from: {type: timestamptz, default: case, description: start of the period of interest}
--   base_from: {type: timestamptz, default: case, description: start of the baseline}
--   base_to: {type: timestamptz, default: case, description: end of the baseline; the start of the case when empty}
-- false_positives:
--   - Log groups that are cleaned up to save cost.
--   - Alarms that infrastructure as code replaces.
-- references:
--   - https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/logging_cw_api_calls_cwl.html
-- changelog:
--   1.0.0: first version
-- ---
with event as (
    select
        event_time,
        event_source,
        event_name,
        coalesce(
            request_parameters ->> '$.logGroupName',
            regexp_replace(
                coalesce(
                    request_parameters ->> '$.logGroupIdentifier',
                    request_parameters ->> '$.resourceIdentifier'
                ),
                '^arn:.*:log-group:',
                ''
            ),
            request_parameters ->> '$.alarmNames[0]',
            request_parameters ->> '$.samplingRuleUpdate.ruleName',
            request_parameters ->> '$.id'
        ) as resource,
        request_parameters ->> '$.destinationArn' as destination,
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
            event_source = 'logs.amazonaws.com'
            and event_name in (
                'DeleteLogGroup',
                'DeleteLogStream',
                'PutRetentionPolicy',
                'PutSubscriptionFilter',
                'DeleteDelivery',
                'DisassociateKmsKey',
                'DeleteDataProtectionPolicy',
                'PutDataProtectionPolicy'
            )
            or event_source = 'xray.amazonaws.com'
            and event_name = 'UpdateSamplingRule'
            or event_source = 'monitoring.amazonaws.com'
            and event_name in ('DeleteAlarms', 'DisableAlarmActions')
        )
),
own as (
    select own_accounts() as accounts
),
known_destination as (
    select distinct destination
    from event
    where event_time < coalesce($base_to::timestamptz, $case_from::timestamptz)
        and ($base_from::timestamptz is null or event_time >= $base_from::timestamptz)
),
-- How long a group kept its logs and what it masked, by earlier calls and by collected answers.
state as (
    select
        resource,
        event_time,
        artifact_id,
        record_no,
        try_cast(request ->> '$.retentionInDays' as bigint) as days,
        case
            when event_name = 'PutDataProtectionPolicy'
            then len(regexp_extract_all(request::varchar, 'data-identifier/[A-Za-z0-9-]+'))
        end as masked
    from event
    where error_code is null
    union all
    select
        log_group ->> '$.logGroupName' as resource,
        collected_at as event_time,
        artifact_id,
        record_no,
        try_cast(log_group ->> '$.retentionInDays' as bigint) as days,
        null::bigint as masked
    from (
        select
            unnest(json_items(json -> '$.logGroups')) as log_group,
            collected_at,
            artifact_id,
            record_no
        from api_snapshot
        where service = 'logs'
            and operation = 'describe-log-groups'
            and collected_at is not null
    )
),
earlier as (
    select
        event.artifact_id,
        event.record_no,
        arg_max(state.days, row(state.event_time, state.artifact_id, state.record_no)) as old_days,
        arg_max(state.masked, row(state.event_time, state.artifact_id, state.record_no)) as old_masked
    from event
    join state
        on state.resource = event.resource
        and state.event_time < event.event_time
    group by
        event.artifact_id,
        event.record_no
),
judged as (
    select
        event.*,
        earlier.old_days,
        earlier.old_masked,
        coalesce(
            event.event_time >= coalesce($base_to::timestamptz, $case_from::timestamptz)
            and known_destination.destination is null,
            false
        ) as is_new_destination,
        regexp_matches(
            event.resource,
            '^/aws/(sagemaker|bedrock|lambda|vendedlogs/bedrock)|bedrock|aws/spans'
        ) as is_ai_group,
        regexp_matches(
            request::varchar,
            '(?i)bedrock|sagemaker|guardrail|agentcore|genai'
        ) as is_ai_alarm,
        list_filter(
            [
                case event_name
                    when 'DeleteLogGroup' then 'log group deleted'
                    when 'DeleteLogStream' then 'log stream deleted'
                    when 'DeleteDelivery' then 'delivery deleted'
                    when 'DisassociateKmsKey' then 'key taken off'
                    when 'DeleteDataProtectionPolicy' then 'masking deleted'
                    when 'DeleteAlarms' then 'alarm deleted'
                    when 'DisableAlarmActions' then 'alarm silenced'
                end,
                case
                    when event_name = 'PutRetentionPolicy'
                        and (
                            try_cast(request ->> '$.retentionInDays' as bigint) < $min_days::bigint
                            or try_cast(request ->> '$.retentionInDays' as bigint) < earlier.old_days
                        )
                    then 'kept for ' || counted(try_cast(request ->> '$.retentionInDays' as bigint), 'day')
                        || coalesce(' instead of ' || earlier.old_days, '')
                end,
                case
                    when event_name = 'PutSubscriptionFilter'
                        and len(foreign_grantees([event.destination], own.accounts)) > 0
                    then 'sent to ' || event.destination
                    when event_name = 'PutSubscriptionFilter' and is_new_destination
                    then 'sent to a new destination ' || coalesce(event.destination, '')
                end,
                case
                    when event_name = 'PutDataProtectionPolicy'
                        and len(regexp_extract_all(request::varchar, 'data-identifier/[A-Za-z0-9-]+'))
                        < earlier.old_masked
                    then 'fewer kinds of data masked'
                end,
                case
                    when event_name = 'UpdateSamplingRule'
                        and try_cast(request ->> '$.samplingRuleUpdate.fixedRate' as double) = 0
                    then 'nothing sampled'
                end
            ],
            lambda reason : reason is not null
        ) as reason
    from event
    cross join own
    left join known_destination
        on known_destination.destination = event.destination
    left join earlier
        on earlier.artifact_id = event.artifact_id
        and earlier.record_no = event.record_no
),
finding as (
    select
        resource,
        principal,
        error_code is not null as is_attempt,
        max(
            case
                when event_source = 'monitoring.amazonaws.com' and not is_ai_alarm then 2
                else 4
            end
        ) as rank,
        list_sort(
            list_distinct(flatten(list(reason order by event_time, artifact_id, record_no)))
        ) as reason,
        distinct_values(event_name) as event_name,
        distinct_values(error_code) as error_code,
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
        and (
            event_source <> 'logs.amazonaws.com'
            or event_name = 'DeleteDelivery'
            or is_ai_group
        )
    group by
        resource,
        principal,
        error_code is not null
)
select
    'log_group' as entity_type,
    coalesce(resource, event_name[1]) as entity,
    case
        when is_attempt then 'medium'
        else ['info', 'low', 'medium', 'high', 'critical'][rank]
    end as severity,
    first_seen,
    last_seen,
    event_count,
    short_name(principal)
    || case when is_attempt then ' tried ' else ' made ' end
    || counted(event_count, 'call') || ' (' || named(event_name) || ')'
    || coalesce(' on ' || resource, '')
    || coalesce(': ' || nullif(named(reason), ''), '')
    || case when is_attempt then '; failed with ' || named(error_code) else '' end as summary,
    records,
    principal as actor,
    case when len(address) = 1 then address[1] end as source_ip,
    case when len(region) = 1 then region[1] end as region,
    account_id,
    resource,
    {
        'event_names': event_name,
        'attempt': is_attempt,
        'reasons': reason,
        'error_codes': error_code,
        'regions': region,
        'credentials': credential,
        'addresses': address
    } as metrics
from finding
order by
    first_seen,
    entity,
    actor,
    is_attempt
