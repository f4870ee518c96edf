-- ---
-- id: cloudwatch_log
-- version: 1.0.0
-- title: Amazon CloudWatch Logs
-- recognises:
--   log_event: true
-- name: true
-- wrapper: true
-- emits: [cloudwatch_log_event]
-- identity: [event_id]
-- caveats:
--   - An export to S3 names neither log group nor event id, and its stream names have lost every slash.
--   - Logs Insights gives at most 10,000 rows and filter-log-events pages; a token in artifact.wrapper means more.
-- references:
--   - https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/S3Export.html
--   - https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/SubscriptionFilters.html
--   - https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs.html
-- ---
with opened as (
    select
        artifact_id,
        record_no,
        flags,
        _name,
        -- A row of Logs Insights is a list of pairs.
        case
            when json_type(record) = 'ARRAY'
                then try(
                    to_json(
                        map_from_entries(
                            list_transform(
                                list_filter(
                                    from_json(record, '[{"field": "VARCHAR", "value": "VARCHAR"}]'),
                                    lambda pair : pair.field is not null
                                ),
                                lambda pair : row(pair.field, pair.value)
                            )
                        )
                    )
                )
            else record
        end as event,
        json_extract_string(
            _wrapper,
            ['$.logGroup', '$.logStream', '$.owner', '$.messageType', '$.logGroupName', '$.logStreamName']
        ) as w,
    from framed
),

named as (
    select
        *,
        json_extract_string(
            event,
            [
                '$.timestamp',
                '$."@timestamp"',
                '$.ingestionTime',
                '$."@ingestionTime"',
                '$.message',
                '$."@message"',
                '$.logStreamName',
                '$."@logStream"',
                '$."@log"',
                '$.eventId',
                '$.id',
                '$."@ptr"'
            ]
        ) as e,
        -- Names of what is no column: fields that the query of Logs Insights asked for.
        list_filter(
            json_keys(event),
            lambda key : key not in (
                'timestamp', '@timestamp', 'ingestionTime', '@ingestionTime', 'message', '@message', 'logStreamName',
                '@logStream', '@log', 'eventId', 'id', '@ptr'
            )
        ) as other_keys,
    from opened
),

message as (
    select
        artifact_id,
        record_no,
        flags,
        w[4] as message_type,
        instant_of(coalesce(e[1], e[2])) as event_time,
        instant_of(coalesce(e[3], e[4])) as ingestion_time,
        coalesce(
            case when regexp_full_match(w[3], '[0-9]{12}') then w[3] end,
            case when regexp_full_match(split_part(e[9], ':', 1), '[0-9]{12}') then split_part(e[9], ':', 1) end
        ) as account_id,
        coalesce(w[1], w[5], nullif(regexp_replace(e[9], '^[0-9]{12}:', ''), '')) as log_group,
        coalesce(
            e[7],
            e[8],
            w[2],
            w[6],
            nullif(regexp_extract(_name, '/[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/([^/]+)/[0-9]{6}(?:\.gz)?$', 1), '')
        ) as log_stream,
        coalesce(e[10], e[11], e[12]) as event_id,
        coalesce(e[5], e[6]) as message,
        case
            when starts_with(coalesce(e[5], e[6]), '{') and json_valid(coalesce(e[5], e[6])) then coalesce(e[5], e[6])::json
        end as json,
        case
            when len(other_keys) > 0
                then to_json(
                    map_from_entries(
                        list_transform(
                            list_sort(list_distinct(other_keys)),
                            lambda key : row(
                                key,
                                json_extract(event, '/' || replace(replace(key, '~', '~0'), '/', '~1'))
                            )
                        )
                    )
                )
        end as fields,
    from named
),

lambda_line as (
    select
        *,
        -- What the service itself writes, as text or as JSON.
        case
            when starts_with(message, 'START RequestId: ') then 'START'
            when starts_with(message, 'END RequestId: ') then 'END'
            when starts_with(message, 'REPORT RequestId: ') then 'REPORT'
            when starts_with(message, 'INIT_START ') then 'INIT_START'
            when starts_with(json ->> '$.type', 'platform.')
                then case json ->> '$.type'
                    when 'platform.start' then 'START'
                    when 'platform.runtimeDone' then 'END'
                    when 'platform.report' then 'REPORT'
                    when 'platform.initStart' then 'INIT_START'
                end
        end as lambda_event,
    from message
)

select
    * exclude (message_type),
    case
        when json is not null
            then coalesce(
                json ->> '$.record.requestId',
                json ->> '$.requestId',
                json ->> '$.AWSRequestId',
                json ->> '$.aws_request_id',
                json ->> '$.function_request_id'
            )
        when lambda_event is not null
            then nullif(regexp_extract(message, 'RequestId: ([0-9a-f-]{36})', 1), '')
        -- Runtimes put the request id before the words, between tabs or blanks.
        else nullif(
            regexp_extract(
                message,
                '^(?:\[[A-Z]+\]\s+)?[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.]+Z\s+([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})\s',
                1
            ),
            ''
        )
    end as request_id,
    case when lambda_event = 'REPORT' then
        coalesce(
            try_cast(json ->> '$.record.metrics.durationMs' as double),
            -- The first of the three durations of the line.
            try_cast(regexp_extract(message, 'Duration: ([0-9.]+) ms', 1) as double)
        )
    end as duration_ms,
    case when lambda_event = 'REPORT' then
        coalesce(
            try_cast(json ->> '$.record.metrics.billedDurationMs' as double),
            try_cast(regexp_extract(message, 'Billed Duration: ([0-9.]+) ms', 1) as double)
        )
    end as billed_duration_ms,
    case when lambda_event = 'REPORT' then
        coalesce(
            try_cast(json ->> '$.record.metrics.initDurationMs' as double),
            try_cast(regexp_extract(message, 'Init Duration: ([0-9.]+) ms', 1) as double)
        )
    end as init_duration_ms,
    case when lambda_event = 'REPORT' then
        coalesce(
            try_cast(json ->> '$.record.metrics.memorySizeMB' as bigint),
            try_cast(regexp_extract(message, 'Memory Size: ([0-9]+) MB', 1) as bigint)
        )
    end as memory_size_mb,
    case when lambda_event = 'REPORT' then
        coalesce(
            try_cast(json ->> '$.record.metrics.maxMemoryUsedMB' as bigint),
            try_cast(regexp_extract(message, 'Max Memory Used: ([0-9]+) MB', 1) as bigint)
        )
    end as max_memory_used_mb,
    case
        when message_type = 'CONTROL_MESSAGE' then 'a health check of a subscription'
        when rtrim(message) = 'Permissions are correctly set for Amazon Bedrock logs.' then 'a permission test of Amazon Bedrock'
    end as skip_because,
    case when message is null and fields is null then 'a log event without a message' end as reject_because,
from lambda_line;
