-- ---
-- id: h-kb-document-history
-- version: 1.0.0
-- title: Which documents came into the knowledge base, from whom, and when were they indexed?
-- status: stable
-- description: >-
--   Finds writes and deletions of objects in the stores of knowledge bases, with who made them, the ingestion job that
--   read the object next, who started it, and whether it was the same identity. Misses writes that neither trail nor
--   access log holds.
-- requires:
--   v_object_write: needed
--   v_ingestion: helpful
--   ref_bucket: optional
-- parameters:
--   bucket: {type: text, default: null, description: name of the bucket; the stores of knowledge bases when not given}
--   knowledge_base: {type: text, default: null, description: id of the knowledge base}
--   case_from: {type: timestamptz, default: null, description: only from here}
--   case_to: {type: timestamptz, default: null, description: only before}
-- references: []
-- changelog:
--   1.0.0: first version
-- ---
with ingestion as materialized (
    select *
    from v_ingestion
    where $knowledge_base::varchar is null
        or knowledge_base_id = $knowledge_base::varchar
),
store as (
    select $bucket::varchar as bucket
    where $bucket::varchar is not null
    union
    select store_bucket
    from ingestion
    where $bucket::varchar is null
    union
    select bucket
    from ref_bucket
    where class = 'kb'
        and $bucket::varchar is null
        and $knowledge_base::varchar is null
),
indexed as (
    select *
    from ingestion
    where read_time is not null
)
select
    written.event_time,
    case when written.is_delete then 'deleted' else 'written' end as action,
    written.bucket,
    written.key,
    written.version_id,
    written.size,
    written.principal as writer,
    written.credential,
    written.source_ip_address as source_ip,
    ip_class(written.source_ip_address) as address_class,
    indexed.knowledge_base_id,
    indexed.job_id,
    indexed.starter as job_starter,
    indexed.started as job_started,
    indexed.read_time as indexed_from,
    indexed.version_id as version_read,
    indexed.starter = written.principal as is_same_identity,
    indexed.read_artifact_id,
    indexed.read_record_no,
    written.artifact_id,
    written.record_no
from v_object_write as written
asof left join indexed
    on indexed.bucket = written.bucket
    and indexed.key = written.key
    and written.event_time <= indexed.read_time
where written.bucket in (select bucket from store)
    and in_period(written.event_time, $case_from::timestamptz, $case_to::timestamptz)
order by
    written.event_time,
    written.bucket,
    written.key,
    written.artifact_id,
    written.record_no
