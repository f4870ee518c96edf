-- Model invocation logging of Bedrock in each region over time: intervals with one configuration, from snapshots and from
-- the calls that change it. known_from is null while nothing says when the configuration began to hold; a snapshot tells
-- what held since the last change before it. points are those of the readiness score: S3 two, CloudWatch, text and image
-- one each.

create or replace view v_bedrock_logging as
with spoken as (
    select
        coalesce(
            account_id,
            max(account_id) over (partition by region),
            max(account_id) over ()
        ) as account_id,
        region,
        collected_at as told_at,
        'snapshot' as said_by,
        null as principal,
        coalesce(json -> '$.loggingConfig', '{}'::json) as config,
        'api_snapshot' as source,
        artifact_id,
        record_no
    from api_snapshot
    where operation = 'get-model-invocation-logging-configuration'
        and error_code is null
        and json is not null
        and region is not null
        and collected_at is not null
    union all
    select
        recipient_account_id as account_id,
        aws_region as region,
        event_time as told_at,
        event_name as said_by,
        principal,
        case
            when event_name = 'DeleteModelInvocationLoggingConfiguration' then '{}'::json
            else coalesce(request_parameters -> '$.loggingConfig', '{}'::json)
        end as config,
        'cloudtrail_event' as source,
        artifact_id,
        record_no
    from cloudtrail_event
    where event_source = 'bedrock.amazonaws.com'
        and event_name in ('DeleteModelInvocationLoggingConfiguration', 'PutModelInvocationLoggingConfiguration')
        and error_code is null
),
valued as (
    select
        *,
        json_type(config, '$.s3Config') = 'OBJECT'
            and (config ->> '$.s3Config') <> '{}' as has_s3,
        json_type(config, '$.cloudWatchConfig') = 'OBJECT'
            and (config ->> '$.cloudWatchConfig') <> '{}' as has_cloudwatch,
        coalesce((config ->> '$.textDataDeliveryEnabled') = 'true', false) as has_text,
        coalesce((config ->> '$.imageDataDeliveryEnabled') = 'true', false) as has_image,
        -- What matters of a configuration, however its keys are ordered.
        array_to_string(
            list_transform(
                json_extract_string(
                    config,
                    [
                        '$.s3Config.bucketName',
                        '$.s3Config.keyPrefix',
                        '$.cloudWatchConfig.logGroupName',
                        '$.cloudWatchConfig.largeDataDeliveryS3Config.bucketName',
                        '$.textDataDeliveryEnabled',
                        '$.imageDataDeliveryEnabled',
                        '$.embeddingDataDeliveryEnabled',
                        '$.videoDataDeliveryEnabled',
                        '$.audioDataDeliveryEnabled'
                    ]
                ),
                lambda value : coalesce(value, '')
            ),
            chr(10)
        ) as substance
    from spoken
),
scored as (
    select
        *,
        coalesce(has_s3, false)::integer * 2
        + coalesce(has_cloudwatch, false)::integer
        + has_text::integer
        + has_image::integer as points
    from valued
),
-- A row that says what the one before said begins nothing new.
begun as (
    select
        *,
        lag(substance) over place as substance_before,
        lag(said_by) over place as said_before
    from scored
    window place as (
        partition by account_id, region
        order by told_at, source desc, artifact_id, record_no
    )
),
turn as (
    select
        *,
        case when said_before is null and said_by = 'snapshot' then null else told_at end as known_from
    from begun
    where substance_before is null
        or substance_before <> substance
)
select
    account_id,
    region,
    known_from,
    lead(told_at) over (partition by account_id, region order by told_at, source desc, artifact_id, record_no) as known_to,
    said_by,
    principal,
    config,
    coalesce(has_s3, false) as has_s3,
    coalesce(has_cloudwatch, false) as has_cloudwatch,
    has_text,
    has_image,
    points,
    told_at,
    source,
    artifact_id,
    record_no
from turn;
comment on view v_bedrock_logging is 'Intervals of one configuration of model invocation logging, by region, with the points of its readiness.';
