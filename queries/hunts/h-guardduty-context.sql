-- ---
-- id: h-guardduty-context
-- version: 1.0.0
-- title: What stood around the findings of AWS's own detectors?
-- status: stable
-- description: >-
--   Finds for each finding the calls by the key, identity or address that it names, from a quarter of an hour before to
--   a quarter after, by action, with what lies inside the finding's own time. Misses findings that name none of the
--   three, and what no detector found.
-- requires:
--   v_finding_context: needed
-- parameters:
--   finding: {type: text, default: null, description: part of the id or type of the finding}
-- references: []
-- changelog:
--   1.0.0: first version
-- ---
select
    product,
    finding_id,
    type,
    severity_label,
    matched_by,
    matched,
    finding_first_seen,
    finding_last_seen,
    principal,
    credential,
    source_ip,
    short_source(event_source) || ':' || event_name as action,
    min(event_time) as first_seen,
    max(event_time) as last_seen,
    count(*) as event_count,
    count(*) filter (is_inside) as inside_finding,
    count(error_code) as errors,
    finding_artifact_id,
    finding_record_no,
    first_records('cloudtrail_event', event_time, artifact_id, record_no) as records
from v_finding_context
where $finding::varchar is null
    or contains(lower(finding_id || ' ' || coalesce(type, '')), lower($finding::varchar))
group by
    product,
    finding_id,
    type,
    severity_label,
    matched_by,
    matched,
    finding_first_seen,
    finding_last_seen,
    principal,
    credential,
    source_ip,
    event_source,
    event_name,
    finding_artifact_id,
    finding_record_no
order by
    finding_first_seen,
    finding_id,
    matched_by,
    first_seen,
    action,
    principal,
    credential,
    source_ip
