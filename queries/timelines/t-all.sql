-- ---
-- id: t-all
-- version: 1.1.1
-- title: Everything that happened, over all sources
-- status: stable
-- description: >-
--   Finds the events of all sources on one time line, in the period of interest, by identity, credential, lineage, address,
--   resource or source when asked. A credential brings the lines of S3 and Bedrock logs that share a request id with its
--   calls. Events of one second have no order among each other. Misses what the evidence does not hold; see `coldtrail
--   status`.
-- requires:
--   v_timeline: needed
--   v_kin: optional
--   cloudtrail_event: optional
--   s3_access: optional
--   bedrock_invocation: optional
-- parameters:
--   principal: {type: text, default: null, description: "ARN, name, or a pattern with * of an identity"}
--   credential: {type: text, default: null, description: access key id or other credential}
--   lineage: {type: text, default: null, description: access key id or other credential; with all that came of it}
--   source_ip: {type: text, default: null, description: address or CIDR block}
--   resource: {type: text, default: null, description: part of the name of a resource}
--   source: {type: text, default: null, description: "table, such as cloudtrail_event or s3_access"}
--   case_from: {type: timestamptz, default: case, description: start of the time line}
--   case_to: {type: timestamptz, default: case, description: end of the time line}
-- references: []
-- changelog:
--   1.1.1: the same rows, written shorter
--   1.1.0: all sources with a time, lineage, and S3 and Bedrock records of a credential by their request ids
--   1.0.0: first version
-- ---
-- Patterns and CIDR blocks are compared with each different value once, not with each event.
with wanted_credential as (
    select $credential::varchar as credential
    where $credential::varchar is not null
    union
    select $lineage::varchar
    where $lineage::varchar is not null
    union
    select descendant
    from v_kin
    where ancestor = $lineage::varchar
),
-- Logs of S3 and Bedrock know no credential; their request ids are those of the calls.
wanted_request as materialized (
    select distinct request_id
    from cloudtrail_event
    where credential in (select credential from wanted_credential)
        and request_id is not null
        and event_source in ('s3.amazonaws.com', 'bedrock.amazonaws.com')
),
followed as (
    select
        's3_access' as source,
        artifact_id,
        record_no
    from s3_access
    where request_id in (select request_id from wanted_request)
    union all
    select
        'bedrock_invocation',
        artifact_id,
        record_no
    from bedrock_invocation
    where request_id in (select request_id from wanted_request)
)
select
    event_time,
    event_end,
    time_meaning,
    time_precision,
    source,
    account_id,
    region,
    principal,
    credential,
    source_ip,
    action,
    resource,
    outcome,
    bytes,
    summary,
    artifact_id,
    record_no
from v_timeline
where ($case_from::timestamptz is null or coalesce(event_end, event_time) >= $case_from::timestamptz)
    and ($case_to::timestamptz is null or event_time < $case_to::timestamptz)
    and ($principal::varchar is null or principal in (from principals_named('v_timeline', $principal::varchar)))
    and (
        $credential::varchar is null and $lineage::varchar is null
        or credential in (select credential from wanted_credential)
        or (source, artifact_id, record_no) in (select (source, artifact_id, record_no) from followed)
    )
    and ($source_ip::varchar is null or source_ip in (from addresses_within('v_timeline', $source_ip::varchar)))
    and ($resource::varchar is null or contains(lower(resource), lower($resource::varchar)))
    and ($source::varchar is null or source = $source::varchar)
order by
    event_time,
    source,
    artifact_id,
    record_no
