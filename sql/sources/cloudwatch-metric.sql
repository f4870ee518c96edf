-- ---
-- id: cloudwatch_metric
-- version: 1.0.0
-- title: CloudWatch metrics (get-metric-data, get-metric-statistics)
-- recognises:
--   json:
--     - in: [MetricDataResults, '', data.MetricDataResults]
--       keys: [Id, Timestamps, Values]
--     - in: ['', data]
--       keys: [Label, Datapoints]
-- name: true
-- emits: [cloudwatch_metric_result]
-- caveats:
--   - An answer names neither namespace nor metric; keep the request beside it as <answer>.request.json.
--   - Hourly data is kept for 455 days, minutes for 15 days only.
-- references:
--   - https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_GetMetricData.html
--   - https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_GetMetricStatistics.html
-- ---
with renamed as (
    select
        artifact_id,
        record_no,
        collected_at(_name) as collected_at,
        collected_region(_name) as region,
        regexp_replace(_name, '\.json(?:\.gz)?$', '') as answer,
        record ->> '$.Id' as metric_id,
        record ->> '$.Label' as label,
        record ->> '$.StatusCode' as status_code,
        coalesce(
            json_array_length(record, '$.Timestamps'),
            json_array_length(record, '$.Datapoints')
        )::bigint as datapoint_count,
        record as json,
        flags,
    from framed
)

select
    * replace (
        nullif(
            list_concat(
                coalesce(flags, []),
                case when status_code <> 'Complete' then ['partial'] else [] end,
                case
                    when json_array_length(json, '$.Timestamps') <> json_array_length(json, '$.Values')
                        then ['uneven']
                    else []
                end
            ),
            []
        ) as flags
    ),
    null::varchar as skip_because,
    case
        when metric_id is null and label is null
            then 'not a metric: Id and Label are missing'
    end as reject_because,
from renamed;
