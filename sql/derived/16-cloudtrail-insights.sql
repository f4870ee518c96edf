delete from cloudtrail_insight;

insert into cloudtrail_insight by name
with insight as (
    select
        artifact_id,
        record_no,
        event_time,
        aws_region,
        recipient_account_id,
        shared_event_id,
        event_id,
        json_extract_string(
            insight_details,
            [
                '$.state',
                '$.insightType',
                '$.eventSource',
                '$.eventName',
                '$.errorCode',
                '$.insightContext.statistics.baseline.average',
                '$.insightContext.statistics.insight.average',
                '$.insightContext.statistics.insightDuration',
                '$.insightContext.statistics.baselineDuration'
            ]
        ) as d,
        json_extract(insight_details, '$.insightContext.attributions') as attributions,
        from_json(
            json_extract(insight_details, '$.insightContext.attributions'),
            '[{"attribute": "VARCHAR", "insight": [{"value": "VARCHAR"}]}]'
        ) as parts,
    from cloudtrail_event
    where insight_details is not null
)

select
    artifact_id,
    record_no,
    event_time,
    aws_region,
    recipient_account_id,
    shared_event_id,
    event_id,
    d[1] as state,
    d[2] as insight_type,
    d[3] as event_source,
    d[4] as event_name,
    d[5] as error_code,
    try_cast(d[6] as double) as baseline_average,
    try_cast(d[7] as double) as insight_average,
    try_cast(d[8] as bigint) as insight_minutes,
    try_cast(d[9] as bigint) as baseline_minutes,
    list_transform(
        list_filter(parts, lambda part : part.attribute = 'userIdentityArn')[1].insight,
        lambda entry : entry.value
    ) as user_identities,
    list_transform(
        list_filter(parts, lambda part : part.attribute = 'userAgent')[1].insight,
        lambda entry : entry.value
    ) as user_agents,
    attributions,
from insight;
