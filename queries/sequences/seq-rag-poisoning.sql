-- ---
-- id: seq-rag-poisoning
-- version: 1.0.0
-- title: A document planted, indexed and served to prompts
-- status: stable
-- element: data-store-changes
-- attack: [T1565.001]
-- atlas: [AML.T0070, AML.T0051.001]
-- description: >-
--   Finds documents of knowledge bases that somebody other than a known writer wrote, or anybody from an outside
--   address, and that an ingestion job then read; with the log line that says indexed and the prompts that quote the
--   document. Misses documents that are quoted without their address.
-- requires:
--   cloudtrail_event: needed
--   v_object_write: optional
--   v_ingestion: optional
--   ref_principal: helpful
--   ref_cidr: helpful
--   cloudwatch_log_event: helpful
--   bedrock_message: helpful
-- steps:
--   - {name: an unexpected write}
--   - {name: starts an ingestion job}
--   - {name: the role of the knowledge base reads it}
--   - {name: it is indexed, optional: true}
--   - {name: prompts quote it, optional: true}
-- scenarios: [leaked-key]
-- parameters:
--   max_span: {type: interval, default: 7 days, description: longest time from the write to the last step}
-- changelog:
--   1.0.0: first version
-- ---
with ingestion as materialized (
    select *
    from v_ingestion
    where key is not null
),
write as materialized (
    select
        's3://' || object.bucket || '/' || object.key as entity,
        object.*
    from v_object_write as object
    semi join ingestion
        on ingestion.bucket = object.bucket
        and ingestion.key = object.key
    where not object.is_delete
),
writer as (
    select principal
    from (select distinct principal from write)
    where exists (
            from ref_principal as known
            where known.class = 'kb_writer'
                and principal_matches(known.principal, principal)
        )
),
stranger as (
    select source_ip_address
    from (select distinct source_ip_address from write)
    where not is_own_class(ip_class(source_ip_address))
        and ip_class(source_ip_address) not in ('partner', 'unknown')
),
unexpected as materialized (
    select *
    from write
    where principal is null
        or principal not in (select principal from writer)
        or source_ip_address in (select source_ip_address from stranger)
),
quoted as (
    select
        message.artifact_id,
        message.record_no,
        message.event_time,
        message.principal,
        wording.entity
    from (
        select
            text,
            unnest(
                list_transform(
                    regexp_extract_all(text, 's3://[a-z0-9.-]{3,63}/[^\s"''<>)\]]+'),
                    lambda uri : rtrim(uri, '.,:;')
                )
            ) as entity
        from (
            select distinct text
            from bedrock_message
            where direction = 'input'
                and contains(text, 's3://')
        )
    ) as wording
    join bedrock_message as message
        on message.text = wording.text
        and message.direction = 'input'
    where wording.entity in (select entity from unexpected)
),
seen as (
    select
        entity,
        1 as step_no,
        event_time,
        call_summary(principal, operation, null, source_ip_address) as summary,
        source as "table",
        artifact_id,
        record_no
    from unexpected
    union all
    select distinct
        's3://' || bucket || '/' || key,
        2,
        started,
        call_summary(starter, 'StartIngestionJob', error_code, source_ip) || coalesce(': ' || job_id, ''),
        'cloudtrail_event',
        artifact_id,
        record_no
    from ingestion
    where 's3://' || bucket || '/' || key in (select entity from unexpected)
    union all
    select distinct
        's3://' || bucket || '/' || key,
        3,
        read_time,
        coalesce(role_name(role_arn), 'the role of the knowledge base') || ' reads it'
        || coalesce(', version ' || version_id, ''),
        's3_access',
        read_artifact_id,
        read_record_no
    from ingestion
    where 's3://' || bucket || '/' || key in (select entity from unexpected)
    union all
    select
        json ->> '$.event.document_location.s3_location.uri',
        4,
        event_time,
        (json ->> '$.event.status') || coalesce(' by ' || (json ->> '$.event.ingestion_job_id'), ''),
        'cloudwatch_log_event',
        artifact_id,
        record_no
    from cloudwatch_log_event
    where (json ->> '$.event_type') = 'StartIngestionJob.ResourceStatusChanged'
        and (json ->> '$.event.status') in ('INDEXING_COMPLETED', 'INDEXED', 'PARTIALLY_INDEXED')
        and (json ->> '$.event.document_location.s3_location.uri') in (select entity from unexpected)
    union all
    select distinct
        entity,
        5,
        event_time,
        short_name(principal) || ' sends a prompt that quotes it',
        'bedrock_invocation',
        artifact_id,
        record_no
    from quoted
)
select
    'object' as entity_type,
    *
from sequence_records('seen', [1, 2, 3], $max_span::interval)
order by
    started,
    entity,
    step_no,
    event_time,
    "table",
    artifact_id,
    record_no
