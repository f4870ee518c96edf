-- ---
-- id: cloudtrail_aggregate
-- version: 1.0.0
-- title: CloudTrail aggregated events
-- recognises:
--   json:
--     - in: [Records, records, '', detail]
--       keys: [eventCategory, timeWindow, summary]
--     - in: [Records, records, '', detail]
--       keys: [timeWindow.windowStart, summary.primaryDimension]
--   path: CloudTrail-Aggregated
--   order: -1
-- fields:
--   eventVersion: VARCHAR
--   accountId: VARCHAR
--   eventId: VARCHAR
--   eventCategory: VARCHAR
--   eventType: VARCHAR
--   awsRegion: VARCHAR
--   eventSource: VARCHAR
--   timeWindow: JSON
--   summary: JSON
-- emits: [cloudtrail_aggregate]
-- identity: [event_id, account_id]
-- conflict_flag: event_id_conflict
-- caveats:
--   - Five minutes of data events in sums; the events themselves are not in it.
-- references:
--   - https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-concepts.html
-- ---
select
    artifact_id,
    record_no,
    try_cast(timeWindow ->> '$.windowStart' as timestamptz) as window_start,
    try_cast(timeWindow ->> '$.windowEnd' as timestamptz) as window_end,
    accountId as account_id,
    awsRegion as aws_region,
    eventSource as event_source,
    summary ->> '$.primaryDimension.dimension' as dimension,
    summary ->> '$.primaryDimension.aggregationType' as aggregation_type,
    json_extract(summary, '$.primaryDimension.statistics') as statistics,
    json_extract(summary, '$.details') as details,
    eventId as event_id,
    eventType as event_type,
    eventVersion as event_version,
    unknown,
    flags,
    null::varchar as skip_because,
    case when timeWindow is null and summary is null then 'not an aggregated event: timeWindow and summary are missing' end as reject_because,
from framed;
