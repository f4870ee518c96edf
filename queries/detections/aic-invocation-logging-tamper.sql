-- ---
-- id: aic-invocation-logging-tamper
-- version: 1.0.0
-- title: Bedrock invocation logging deleted or rewritten
-- status: stable
-- severity: critical
-- element: ai-changes
-- attack: [T1562.008]
-- atlas: []
-- description: >-
--   Finds every change of the model invocation logging of a region: deletion, both destinations gone, another bucket or
--   log group than before, a bucket that is no known log bucket, a kind of data no longer delivered (all critical), one of
--   two destinations gone (high), a change whose content is not recorded or that was refused (medium), and switching on
--   (info). For logging that is off it gives the blind interval and the invocations in it. Misses a first configuration
--   that already points to a foreign bucket when no log bucket is known, and the loss of the bucket's own permissions.
-- requires:
--   cloudtrail_event: needed
--   named_set: optional
--   ref_bucket: optional
-- parameters: {}
-- false_positives:
--   - The platform team moves the log bucket; ask for the ticket.
-- references:
--   - https://docs.aws.amazon.com/bedrock/latest/userguide/model-invocation-logging.html
--   - https://docs.aws.amazon.com/bedrock/latest/APIReference/API_PutModelInvocationLoggingConfiguration.html
-- changelog:
--   1.0.0: first version
-- ---
with change as (
    select
        event_time,
        event_name,
        recipient_account_id,
        aws_region,
        principal,
        credential,
        source_ip_address,
        user_agent,
        error_code,
        event_name = 'DeleteModelInvocationLoggingConfiguration' as is_delete,
        request_parameters -> '$.loggingConfig' as config,
        request_parameters ->> '$.loggingConfig.s3Config.bucketName' as bucket,
        request_parameters ->> '$.loggingConfig.cloudWatchConfig.logGroupName' as log_group,
        json_extract_string(
            request_parameters,
            [
                '$.loggingConfig.textDataDeliveryEnabled',
                '$.loggingConfig.imageDataDeliveryEnabled',
                '$.loggingConfig.embeddingDataDeliveryEnabled',
                '$.loggingConfig.videoDataDeliveryEnabled',
                '$.loggingConfig.audioDataDeliveryEnabled'
            ]
        ) as delivery,
        artifact_id,
        record_no
    from cloudtrail_event
    where event_source = 'bedrock.amazonaws.com'
        and event_name in (
            'DeleteModelInvocationLoggingConfiguration',
            'PutModelInvocationLoggingConfiguration'
        )
),
state as (
    select
        *,
        coalesce(bucket, log_group) is not null as is_on,
        not is_delete and coalesce(json_type(config), 'NULL') <> 'OBJECT' as is_unrecorded
    from change
    where error_code is null
),
compared as (
    select
        *,
        lag(bucket) over before as old_bucket,
        lag(log_group) over before as old_log_group,
        lag(delivery) over before as old_delivery,
        min(case when is_on then event_time end) over (
            partition by recipient_account_id, aws_region
            order by event_time, artifact_id, record_no
            rows between 1 following and unbounded following
        ) as next_on
    from state
    window before as (
        partition by recipient_account_id, aws_region
        order by event_time, artifact_id, record_no
    )
),
judged as (
    select
        compared.*,
        list_filter(
            [
                case when is_delete then 'configuration deleted' end,
                case
                    when not is_delete and not is_on and not is_unrecorded
                    then 'both destinations removed'
                end,
                case
                    when old_bucket <> bucket
                    then 'bucket changed from ' || old_bucket || ' to ' || bucket
                end,
                case
                    when old_log_group <> log_group
                    then 'log group changed from ' || old_log_group || ' to ' || log_group
                end,
                case
                    when (select count(*) > 0 from ref_bucket where class = 'bedrock_log')
                        and bucket not in (
                            select bucket from ref_bucket where class = 'bedrock_log'
                        )
                    then 'bucket ' || bucket || ' is no known log bucket'
                end
            ]
            || list_transform(
                ['text', 'image', 'embedding', 'video', 'audio'],
                lambda kind, position : case
                    when old_delivery[position] = 'true' and delivery[position] = 'false'
                    then kind || ' data no longer delivered'
                end
            ),
            lambda reason : reason is not null
        ) as critical_reason,
        list_filter(
            [
                case when is_on and bucket is null then old_bucket end,
                case when is_on and log_group is null then old_log_group end
            ],
            lambda destination : destination is not null
        ) as lost
    from compared
),
finding as (
    select
        *,
        case
            when len(critical_reason) > 0 then 'critical'
            when len(lost) > 0 then 'high'
            when is_unrecorded then 'medium'
            else 'info'
        end as severity,
        not is_on and not is_unrecorded as is_blind
    from judged
),
invocation as (
    select
        finding.artifact_id,
        finding.record_no,
        count(*) as event_count
    from finding
    join cloudtrail_event as event
        on event.aws_region = finding.aws_region
        and event.recipient_account_id is not distinct from finding.recipient_account_id
        and event.event_time >= finding.event_time
        and (finding.next_on is null or event.event_time < finding.next_on)
    where finding.is_blind
        and event.error_code is null
        and event.event_source = 'bedrock.amazonaws.com'
        and event.event_name in (select member from named_set where name = 'INVOKE_RT')
    group by
        finding.artifact_id,
        finding.record_no
),
named_finding as (
    select
        finding.* exclude (old_delivery, delivery, config),
        list_distinct(critical_reason) as reason,
        coalesce(invocation.event_count, 0) as unlogged
    from finding
    left join invocation
        on invocation.artifact_id = finding.artifact_id
        and invocation.record_no = finding.record_no
),
-- A refused attempt changes nothing and blinds nobody; it still shows what was wanted.
attempt as (
    select *
    from change
    where error_code is not null
)
select
    'region' as entity_type,
    aws_region as entity,
    severity,
    event_time as first_seen,
    event_time as last_seen,
    1::bigint as event_count,
    short_name(principal) || ' changed invocation logging of ' || coalesce(aws_region, 'a region')
    || ': ' || case
        when len(reason) > 0 then array_to_string(list_sort(reason), ', ')
        when len(lost) > 0 then 'no longer delivered to ' || array_to_string(lost, ', ')
        when is_unrecorded then 'the record does not say what'
        else 'delivered to ' || concat_ws(' and ', bucket, log_group)
    end
    || case
        when is_blind
        then '; blind from ' || moment(event_time) || ' to '
            || coalesce(moment(next_on), 'the end of the evidence')
            || ' with ' || counted(unlogged, 'successful invocation')
        else ''
    end as summary,
    [
        {'table': 'cloudtrail_event', 'artifact_id': artifact_id, 'record_no': record_no}
    ] as records,
    principal as actor,
    source_ip_address as source_ip,
    aws_region as region,
    recipient_account_id as account_id,
    coalesce(bucket, log_group) as resource,
    {
        'event_name': event_name,
        'reasons': list_sort(reason),
        'lost_destinations': lost,
        'bucket': bucket,
        'log_group': log_group,
        'previous_bucket': old_bucket,
        'previous_log_group': old_log_group,
        'blind': is_blind,
        'blind_from': case when is_blind then event_time end,
        'blind_to': case when is_blind then next_on end,
        'invocations_without_log': case when is_blind then unlogged end,
        'credential': credential,
        'error_code': null::varchar
    } as metrics
from named_finding
union all by name
select
    'region' as entity_type,
    aws_region as entity,
    'medium' as severity,
    event_time as first_seen,
    event_time as last_seen,
    1::bigint as event_count,
    short_name(principal) || ' tried ' || event_name || ' in ' || coalesce(aws_region, 'a region')
    || ' and failed with ' || error_code as summary,
    [
        {'table': 'cloudtrail_event', 'artifact_id': artifact_id, 'record_no': record_no}
    ] as records,
    principal as actor,
    source_ip_address as source_ip,
    aws_region as region,
    recipient_account_id as account_id,
    coalesce(bucket, log_group) as resource,
    {
        'event_name': event_name,
        'reasons': []::varchar[],
        'lost_destinations': []::varchar[],
        'bucket': bucket,
        'log_group': log_group,
        'previous_bucket': null::varchar,
        'previous_log_group': null::varchar,
        'blind': false,
        'blind_from': null::timestamptz,
        'blind_to': null::timestamptz,
        'invocations_without_log': null::bigint,
        'credential': credential,
        'error_code': error_code
    } as metrics
from attempt
order by
    first_seen,
    entity,
    severity
