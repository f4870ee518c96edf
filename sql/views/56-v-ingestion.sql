-- Ingestion jobs of knowledge bases with the documents that the role of the knowledge base read for them (J7): its GETs
-- from the start of a job to the start of the next one of the same data source, two hours at most.

create or replace view v_ingestion as
with base as (
    select
        json ->> '$.knowledgeBase.knowledgeBaseId' as knowledge_base_id,
        json ->> '$.knowledgeBase.roleArn' as role_arn
    from api_snapshot
    where operation = 'get-knowledge-base'
        and error_code is null
    qualify row_number() over (
        partition by knowledge_base_id
        order by collected_at desc nulls last, artifact_id desc
    ) = 1
),
store as (
    select
        json ->> '$.dataSource.knowledgeBaseId' as knowledge_base_id,
        json ->> '$.dataSource.dataSourceId' as data_source_id,
        regexp_replace(
            json ->> '$.dataSource.dataSourceConfiguration.s3Configuration.bucketArn',
            '^arn:[^:]+:s3:::',
            ''
        ) as bucket,
        json_extract_string(json, '$.dataSource.dataSourceConfiguration.s3Configuration.inclusionPrefixes[*]')
            as prefixes
    from api_snapshot
    where operation = 'get-data-source'
        and error_code is null
    qualify row_number() over (
        partition by knowledge_base_id, data_source_id
        order by collected_at desc nulls last, artifact_id desc
    ) = 1
),
job as (
    select
        event.event_time as started,
        least(
            coalesce(
                lead(event.event_time) over (
                    partition by
                        event.request_parameters ->> '$.knowledgeBaseId',
                        event.request_parameters ->> '$.dataSourceId'
                    order by event.event_time, event.artifact_id, event.record_no
                ),
                event.event_time + interval 2 hours
            ),
            event.event_time + interval 2 hours
        ) as until,
        event.recipient_account_id as account_id,
        event.aws_region as region,
        event.request_parameters ->> '$.knowledgeBaseId' as knowledge_base_id,
        event.request_parameters ->> '$.dataSourceId' as data_source_id,
        event.response_elements ->> '$.ingestionJob.ingestionJobId' as job_id,
        event.principal as starter,
        event.credential,
        event.source_ip_address as source_ip,
        event.error_code,
        event.artifact_id,
        event.record_no
    from cloudtrail_event as event
    where event.event_source = 'bedrock.amazonaws.com'
        and event.event_name in ('StartIngestionJob', 'IngestKnowledgeBaseDocuments')
),
role_read as (
    select
        event_time,
        principal_key(principal) as reader,
        bucket,
        key,
        version_id,
        bytes_sent,
        remote_ip,
        artifact_id,
        record_no
    from s3_access
    where operation = 'REST.GET.OBJECT'
        and http_status in (200, 206)
        and (
            role_name(principal) like 'AmazonBedrockExecutionRoleForKnowledgeBase%'
            or principal_key(principal) in (select principal_key(role_arn) from base)
        )
)
select
    job.*,
    base.role_arn,
    store.bucket as store_bucket,
    store.prefixes as store_prefixes,
    role_read.event_time as read_time,
    role_read.bucket,
    role_read.key,
    role_read.version_id,
    role_read.bytes_sent,
    role_read.artifact_id as read_artifact_id,
    role_read.record_no as read_record_no
from job
left join base
    on base.knowledge_base_id = job.knowledge_base_id
left join store
    on store.knowledge_base_id = job.knowledge_base_id
    and store.data_source_id = job.data_source_id
left join role_read
    on role_read.event_time >= job.started
    and role_read.event_time < job.until
    and job.error_code is null
    and (base.role_arn is null or role_read.reader = principal_key(base.role_arn))
    and (store.bucket is null or role_read.bucket = store.bucket);
comment on view v_ingestion is
'Ingestion jobs with who started them and the objects that the role of the knowledge base read for them.';
