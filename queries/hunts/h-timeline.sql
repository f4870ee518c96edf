-- ---
-- id: h-timeline
-- version: 1.0.1
-- title: What happened to or by this thing, over all sources, and which detections rest on it?
-- status: stable
-- description: >-
--   Finds the events of all sources in the period of interest on one time line, each with the detections of the last
--   detect run that cite its record; of one identity, credential, address, block of addresses or resource when asked.
--   Misses records that a finding counts and does not list, and suppressed findings. The command timeline follows
--   credentials through all logs, and writes for Timesketch.
-- requires:
--   v_timeline: needed
--   finding: optional
--   knowledge: optional
-- parameters:
--   entity: {type: text, default: null, description: "identity (* for any text), key, address, CIDR block, part of a resource"}
--   source: {type: text, default: null, description: "table, such as cloudtrail_event or s3_access"}
--   found_only: {type: boolean, default: false, description: only records that a finding cites}
--   case_from: {type: timestamptz, default: case, description: start of the time line}
--   case_to: {type: timestamptz, default: case, description: end of the time line}
-- references: []
-- changelog:
--   1.0.1: the same rows, written shorter
--   1.0.0: first version
-- ---
-- Patterns and CIDR blocks are compared with each different value once, not with each event.
with cited as (
    select
        detection_id,
        severity,
        unnest(records -> '$[*]') as record
    from finding
    where run_id = (select fingerprint from knowledge where name = 'last_run')
        and suppressed_by is null
        and severity <> 'info'
),
found as (
    select
        record ->> '$.table' as source,
        (record ->> '$.artifact_id')::bigint as artifact_id,
        (record ->> '$.record_no')::bigint as record_no,
        distinct_values(detection_id) as detections,
        arg_max(severity, list_position(['low', 'medium', 'high', 'critical'], severity)) as severity
    from cited
    group by
        record ->> '$.table',
        (record ->> '$.artifact_id')::bigint,
        (record ->> '$.record_no')::bigint
)
select
    event.event_time,
    event.event_end,
    event.time_meaning,
    event.source,
    event.account_id,
    event.region,
    event.principal,
    event.credential,
    event.source_ip,
    event.action,
    event.resource,
    event.outcome,
    event.bytes,
    event.summary,
    found.severity,
    coalesce(found.detections, []) as detections,
    event.artifact_id,
    event.record_no
from v_timeline as event
left join found
    on found.source = event.source
    and found.artifact_id = event.artifact_id
    and found.record_no = event.record_no
where ($case_from::timestamptz is null or coalesce(event.event_end, event.event_time) >= $case_from::timestamptz)
    and ($case_to::timestamptz is null or event.event_time < $case_to::timestamptz)
    and ($source::varchar is null or event.source = $source::varchar)
    and (not $found_only::boolean or found.source is not null)
    and (
        $entity::varchar is null
        or event.principal in (from principals_named('v_timeline', $entity::varchar))
        or event.credential = $entity::varchar
        or event.source_ip in (from addresses_within('v_timeline', $entity::varchar))
        or contains(lower(event.resource), lower($entity::varchar))
    )
order by
    event.event_time,
    event.source,
    event.artifact_id,
    event.record_no
