-- ---
-- id: rdy-bedrock-logging-score
-- version: 1.0.1
-- title: Readiness of model invocation logging, by region and over time
-- status: stable
-- severity: info
-- element: readiness
-- attack: [T1562.008]
-- atlas: []
-- description: >-
--   Finds how model invocation logging of Bedrock is set in each region that was asked about or invoked in, one finding per
--   region: the five points of the seed (S3 two, CloudWatch, text and image one each) at the end of the evidence and in
--   every interval before, what the points leave out (embeddings, video, audio, large bodies, keys, retention, logging and
--   versions of the log bucket), and what to do. A region that was invoked in and never asked about is unknown, not zero.
--   Misses changes that CloudTrail does not hold, and whether what was to be delivered arrived, see inv-log-gap.
-- requires:
--   v_bedrock_logging: optional
--   api_snapshot: helpful
--   cloudtrail_event: helpful
--   named_set: optional
-- preconditions:
--   - query: select exists (from api_snapshot) or exists (from cloudtrail_event)
--     otherwise: not_evaluable
--     reason: neither answers of AWS APIs nor CloudTrail are in the evidence
-- parameters: {}
-- false_positives:
--   - None; this is an inventory.
-- references:
--   - https://docs.aws.amazon.com/bedrock/latest/userguide/model-invocation-logging.html
-- changelog:
--   1.0.1: the same rows; millions of invocations fit into memory
--   1.0.0: first version
-- ---
with invoked as (
    select
        recipient_account_id as account_id,
        aws_region as region,
        min(event_time) as first_invoked,
        max(event_time) as last_invoked,
        count(*) as invocations,
        count(*) filter (error_code is null) as successes,
        [
            arg_min(
                {'table': 'cloudtrail_event', 'artifact_id': artifact_id, 'record_no': record_no},
                row(event_time, artifact_id, record_no)
            )
        ] as records
    from cloudtrail_event
    where event_source = 'bedrock.amazonaws.com'
        and event_name in (select member from named_set where name = 'INVOKE_RT')
        and aws_region is not null
    group by
        recipient_account_id,
        aws_region
),
interval_row as materialized (
    select *
    from v_bedrock_logging
),
state as (
    select
        account_id,
        region,
        arg_max(points, told_at) as points,
        arg_max(config, told_at) as config,
        arg_max(has_s3, told_at) as has_s3,
        arg_max(has_cloudwatch, told_at) as has_cloudwatch,
        arg_max(has_text, told_at) as has_text,
        arg_max(has_image, told_at) as has_image,
        arg_min(points, told_at) as points_before,
        min(points) as least_points,
        min(told_at) as first_seen,
        max(told_at) as last_seen,
        count(*) as event_count,
        list(
            {
                'from': known_from,
                'to': known_to,
                'points': points,
                'by': said_by,
                'principal': principal
            }
            order by told_at
        ) as intervals,
        list(
            {'table': source, 'artifact_id': artifact_id, 'record_no': record_no}
            order by told_at, artifact_id, record_no
        ) as records
    from interval_row
    group by
        account_id,
        region
),
bucket_fact as (
    select
        resource as bucket,
        bool_or(json_exists(json, '$.LoggingEnabled')) filter (operation = 'get-bucket-logging') as is_logged,
        bool_or(coalesce((json ->> '$.Status') = 'Enabled', false)) filter (
            operation = 'get-bucket-versioning'
        ) as is_versioned,
        bool_or(error_code is null) filter (operation = 'get-object-lock-configuration') as is_locked,
        bool_or(
            contains(json::varchar, 'aws:kms')
        ) filter (operation = 'get-bucket-encryption') as is_kms
    from (
        select *
        from api_snapshot
        where operation in (
            'get-bucket-logging',
            'get-bucket-versioning',
            'get-object-lock-configuration',
            'get-bucket-encryption'
        )
        qualify collected_at is not distinct from max(collected_at) over (partition by operation, resource)
    )
    group by resource
),
log_group as (
    select distinct on (region, name)
        region,
        log_group ->> '$.logGroupName' as name,
        try_cast(log_group ->> '$.retentionInDays' as bigint) as retention_days,
        coalesce((log_group ->> '$.dataProtectionStatus') = 'ACTIVATED', false) as is_masked
    from (
        select
            region,
            collected_at,
            artifact_id,
            record_no,
            unnest(json_extract(json, '$.logGroups[*]')) as log_group
        from api_snapshot
        where operation = 'describe-log-groups'
    )
    order by
        region,
        name,
        collected_at desc nulls last,
        artifact_id,
        record_no
),
answered as (
    select
        coalesce(state.account_id, invoked.account_id) as account_id,
        coalesce(state.region, invoked.region) as region,
        state.* exclude (account_id, region, first_seen, last_seen, event_count, records),
        invoked.invocations,
        invoked.successes,
        coalesce(state.first_seen, invoked.first_invoked) as first_seen,
        coalesce(state.last_seen, invoked.last_invoked) as last_seen,
        coalesce(state.event_count, 0) as event_count,
        coalesce(state.records, invoked.records) as records,
        config ->> '$.s3Config.bucketName' as log_bucket,
        config ->> '$.cloudWatchConfig.logGroupName' as log_group
    from state
    full join invoked
        on invoked.region = state.region
        and (invoked.account_id = state.account_id or state.account_id is null)
)
select
    'region' as entity_type,
    answered.region as entity,
    'info' as severity,
    answered.first_seen,
    answered.last_seen,
    answered.event_count,
    answered.region || ': '
    || case
        when answered.points is null then 'unknown, nobody asked for the configuration'
        else answered.points || ' of 5 points'
    end
    || case
        when len(answered.intervals) > 1
            then ' at the end; '
                || array_to_string(
                    list_transform(
                        answered.intervals,
                        lambda each : each.points
                            || coalesce(' from ' || moment(each."from"), '')
                            || coalesce(' until ' || moment(each."to"), '')
                            || case when each.by = 'snapshot' then '' else ' (' || each.by || ')' end
                    ),
                    ', '
                )
        else ''
    end
    || case
        when answered.points is null then ''
        when len(missing) = 0 then '; nothing is missing'
        else '; missing: ' || array_to_string(missing, ', ')
    end
    || coalesce('; ' || counted(answered.invocations, 'invocation') || ', ' || answered.successes || ' successful', '')
        as summary,
    answered.records,
    answered.region,
    answered.account_id,
    {
        'points': answered.points,
        'points_before': answered.points_before,
        'least_points': answered.least_points,
        'intervals': coalesce(answered.intervals, []),
        's3': answered.has_s3,
        'cloudwatch': answered.has_cloudwatch,
        'text': answered.has_text,
        'image': answered.has_image,
        'embedding': (answered.config ->> '$.embeddingDataDeliveryEnabled') = 'true',
        'video': (answered.config ->> '$.videoDataDeliveryEnabled') = 'true',
        'audio': (answered.config ->> '$.audioDataDeliveryEnabled') = 'true',
        'large_bodies': json_exists(answered.config, '$.cloudWatchConfig.largeDataDeliveryS3Config'),
        'log_bucket': answered.log_bucket,
        'log_bucket_access_logged': bucket_fact.is_logged,
        'log_bucket_versioned': bucket_fact.is_versioned,
        'log_bucket_locked': bucket_fact.is_locked,
        'log_bucket_kms': bucket_fact.is_kms,
        'log_group': answered.log_group,
        'log_group_retention_days': log_group.retention_days,
        'log_group_masked': log_group.is_masked,
        'invocations': answered.invocations,
        'recommendations': case
            when answered.points is null
                then ['ask get-model-invocation-logging-configuration in ' || answered.region]
            else list_filter(
                [
                    case when not answered.has_s3 then 'deliver to a bucket of S3, which keeps bodies whole' end,
                    case when not answered.has_cloudwatch then 'deliver to CloudWatch Logs for alarms' end,
                    case when not answered.has_text then 'deliver text: without it no prompt is kept' end,
                    case when not answered.has_image then 'deliver images' end,
                    case
                        when answered.points > 0
                            and (answered.config ->> '$.embeddingDataDeliveryEnabled') is distinct from 'true'
                            then 'deliver embeddings'
                    end,
                    case
                        when answered.points > 0
                            and (answered.config ->> '$.videoDataDeliveryEnabled') is distinct from 'true'
                            then 'deliver video'
                    end,
                    case
                        when answered.has_cloudwatch
                            and not json_exists(answered.config, '$.cloudWatchConfig.largeDataDeliveryS3Config')
                            then 'give CloudWatch a bucket for bodies over 100 KB'
                    end,
                    case when bucket_fact.is_logged is false then 'log access to ' || answered.log_bucket end,
                    case
                        when bucket_fact.is_versioned is false and bucket_fact.is_locked is not true
                            then 'keep versions of ' || answered.log_bucket || ', better under Object Lock'
                    end,
                    case
                        when log_group.retention_days < 90
                            then 'keep ' || answered.log_group || ' 90 days at least'
                    end
                ],
                lambda advice : advice is not null
            )
        end
    } as metrics
from (
    select
        *,
        list_filter(
            [
                case when not has_s3 then 'S3' end,
                case when not has_cloudwatch then 'CloudWatch' end,
                case when not has_text then 'text' end,
                case when not has_image then 'images' end
            ],
            lambda item : item is not null
        ) as missing
    from answered
) as answered
left join bucket_fact
    on bucket_fact.bucket = answered.log_bucket
left join log_group
    on log_group.name = answered.log_group
    and log_group.region = answered.region
order by
    entity,
    account_id
