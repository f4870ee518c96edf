-- ---
-- id: h-logging-history
-- version: 1.0.0
-- title: When was invocation logging on, and what was lost while it was off?
-- status: stable
-- description: >-
--   Finds the states of invocation logging in each region, by calls and by collected answers, with who changed it, where
--   the log goes, and the successful invocations with and without a log record until the next state. Misses changes
--   before the evidence.
-- requires:
--   cloudtrail_event: helpful
--   api_snapshot: helpful
--   v_invocation: optional
-- parameters:
--   accounts: {type: text, default: null, description: "only these accounts, separated by commas"}
--   regions: {type: text, default: null, description: "only these regions, separated by commas"}
-- references: []
-- changelog:
--   1.0.0: first version
-- ---
with state as (
    select
        event_time,
        'call' as seen_in,
        recipient_account_id as account_id,
        aws_region as region,
        event_name as action,
        principal,
        credential,
        source_ip_address as source_ip,
        starts_with(event_name, 'Put')
        and coalesce(request_parameters ->> '$.loggingConfig.textDataDeliveryEnabled', 'true') <> 'false' as is_on,
        request_parameters -> '$.loggingConfig' as config,
        artifact_id,
        record_no
    from cloudtrail_event
    where event_source = 'bedrock.amazonaws.com'
        and event_name in (
            'PutModelInvocationLoggingConfiguration',
            'DeleteModelInvocationLoggingConfiguration'
        )
        and error_code is null
        and event_time is not null
    union all
    select
        collected_at,
        'snapshot',
        account_id,
        region,
        operation,
        null,
        null,
        null,
        json_exists(json, '$.loggingConfig')
        and coalesce(json ->> '$.loggingConfig.textDataDeliveryEnabled', 'true') <> 'false',
        json -> '$.loggingConfig',
        artifact_id,
        record_no
    from api_snapshot
    where operation = 'get-model-invocation-logging-configuration'
        and error_code is null
        and collected_at is not null
),
spell as (
    select
        *,
        lead(event_time) over (partition by region order by event_time, artifact_id, record_no) as until
    from state
    where is_listed(account_id, $accounts::varchar)
        and is_listed(region, $regions::varchar)
),
invocation as (
    select
        event_time,
        region,
        seen_by,
        is_loggable
    from v_invocation
    where error_code is null
        and event_time is not null
),
counted_invocation as (
    select
        spell.artifact_id,
        spell.record_no,
        count(*) filter (invocation.seen_by <> 'CloudTrail only') as logged,
        count(*) filter (invocation.seen_by = 'CloudTrail only' and invocation.is_loggable) as lost,
        count(*) filter (invocation.seen_by = 'CloudTrail only' and not invocation.is_loggable) as never_logged
    from invocation
    asof join spell
        on spell.region = invocation.region
        and invocation.event_time >= spell.event_time
    group by
        spell.artifact_id,
        spell.record_no
)
select
    spell.event_time,
    spell.until,
    spell.account_id,
    spell.region,
    spell.seen_in,
    spell.is_on,
    spell.action,
    spell.principal,
    spell.credential,
    spell.source_ip,
    spell.config ->> '$.s3Config.bucketName' as s3_bucket,
    spell.config ->> '$.cloudWatchConfig.logGroupName' as log_group,
    (spell.config ->> '$.imageDataDeliveryEnabled')::boolean as logs_images,
    coalesce(counted_invocation.logged, 0) as invocations_logged,
    coalesce(counted_invocation.lost, 0) as invocations_lost,
    coalesce(counted_invocation.never_logged, 0) as invocations_never_logged,
    spell.artifact_id,
    spell.record_no
from spell
left join counted_invocation
    on counted_invocation.artifact_id = spell.artifact_id
    and counted_invocation.record_no = spell.record_no
order by
    spell.region,
    spell.event_time,
    spell.artifact_id,
    spell.record_no
