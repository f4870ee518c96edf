-- One row for each datapoint, named by the request that lies beside the answer or by the label.

delete from cloudwatch_metric;

insert into cloudwatch_metric by name
with request as (
    -- Of several requests under one name the first counts.
    select distinct on (answer, metric_id)
        answer,
        query ->> '$.Id' as metric_id,
        query ->> '$.MetricStat.Metric.Namespace' as namespace,
        query ->> '$.MetricStat.Metric.MetricName' as metric_name,
        json_extract(query, '$.MetricStat.Metric.Dimensions[*]') as dimension_list,
        try_cast(coalesce(query ->> '$.MetricStat.Period', query ->> '$.Period') as bigint) as period_seconds,
        query ->> '$.MetricStat.Stat' as stat,
    from (
        select
            artifact.artifact_id,
            regexp_replace(
                coalesce(artifact.member, artifact.original),
                '\.request\.json(?:\.gz)?$',
                ''
            ) as answer,
            unnest(json_extract(snapshot.json, '$.MetricDataQueries[*]')) as query,
        from api_snapshot as snapshot
        join artifact
            using (artifact_id)
        where json_exists(snapshot.json, '$.MetricDataQueries')
    )
    order by answer, metric_id, artifact_id
),

series as (
    select
        result.*,
        request.namespace,
        request.metric_name,
        request.dimension_list,
        request.period_seconds,
        request.stat,
        -- "AWS/Bedrock Invocations ModelId=…": a label that a collector chose so that the answer speaks for itself.
        regexp_extract(
            result.label,
            '^([A-Z][A-Za-z]+/[A-Za-z0-9/]+) ([A-Za-z0-9]+)((?: [^ =]+=[^ ]+)*)$',
            ['namespace', 'metric', 'dimensions']
        ) as told,
    from cloudwatch_metric_result as result
    left join request
        on request.answer = result.answer
        and request.metric_id = result.metric_id
),

named as (
    select
        artifact_id,
        record_no,
        region,
        coalesce(namespace, nullif(told.namespace, '')) as namespace,
        coalesce(metric_name, nullif(told.metric, ''), case when json_exists(json, '$.Datapoints') then label end)
            as metric_name,
        case
            when dimension_list is not null then object_of(
                list_transform(dimension_list, lambda dimension : dimension ->> '$.Name'),
                list_transform(dimension_list, lambda dimension : dimension ->> '$.Value')
            )
            when told.dimensions <> '' then object_of(
                list_transform(string_split(trim(told.dimensions), ' '), lambda pair : split_part(pair, '=', 1)),
                list_transform(
                    string_split(trim(told.dimensions), ' '),
                    lambda pair : substr(pair, strpos(pair, '=') + 1)
                )
            )
        end as dimensions,
        period_seconds,
        stat,
        label,
        metric_id,
        json,
    from series
),

datapoint as (
    select
        * exclude (time_text, value_text),
        instant_of(time_text) as event_time,
        try_cast(value_text as double) as value,
        null::varchar as unit,
    from (
        -- The shorter list is filled up with null.
        select
            *,
            unnest(json_extract_string(json, '$.Timestamps[*]')) as time_text,
            unnest(json_extract_string(json, '$.Values[*]')) as value_text,
            unnest(
                range(
                    greatest(
                        json_array_length(json, '$.Timestamps'),
                        json_array_length(json, '$.Values')
                    )::bigint
                )
            ) as place,
        from named
        where json_exists(json, '$.Timestamps')
    )
    union all by name
    -- A datapoint of get-metric-statistics has one value for each statistic that was asked for.
    select
        * exclude (point, stat, statistic),
        instant_of(point ->> '$.Timestamp') as event_time,
        statistic as stat,
        try_cast(json_extract_string(point, '$.' || statistic) as double) as value,
        point ->> '$.Unit' as unit,
    from (
        select
            *,
            unnest(['SampleCount', 'Average', 'Sum', 'Minimum', 'Maximum']) as statistic,
        from (
            select
                *,
                unnest(json_extract(json, '$.Datapoints[*]')) as point,
                unnest(range(json_array_length(json, '$.Datapoints')::bigint)) as place,
            from named
            where json_exists(json, '$.Datapoints')
        )
    )
    where json_exists(point, '$.' || statistic)
)

select
    artifact_id,
    record_no,
    row_number() over (partition by artifact_id, record_no order by place, stat) as datapoint_no,
    event_time,
    null::varchar as account_id,
    region,
    namespace,
    metric_name,
    dimensions,
    period_seconds,
    stat,
    value,
    unit,
    label,
    metric_id,
from datapoint;
