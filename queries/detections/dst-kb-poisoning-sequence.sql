-- ---
-- id: dst-kb-poisoning-sequence
-- version: 1.0.1
-- title: Knowledge base poisoned, from the write to the answer
-- status: stable
-- severity: critical
-- element: data-store-changes
-- attack: [T1565.001]
-- atlas: [AML.T0070, AML.T0071, AML.T0051.001]
-- description: >-
--   Finds documents of a knowledge base that an unexpected writer put there and follows them: the ingestion job after it,
--   the read by the role of the knowledge base, the log line that the document was indexed, and the first prompt that
--   carries the document or a canary of it. Two stages are medium, three are high, four or five critical. One finding
--   per knowledge base, job and writer; it lists who was served. Misses documents that reach the model without their
--   address, and knowledge bases without a data source in S3.
-- requires:
--   cloudtrail_event: needed
--   s3_access: helpful
--   ref_principal: helpful
--   ref_cidr: helpful
--   cloudwatch_log_event: helpful
--   bedrock_message: helpful
--   bedrock_invocation: optional
--   api_snapshot: optional
--   ref_bucket: optional
--   ref_prefix: optional
--   ref_canary: optional
--   named_set: optional
-- preconditions:
--   - query: >-
--       select exists (from ref_prefix where class = 'kb') or exists (from ref_bucket where class = 'kb')
--       or exists (from api_snapshot where service = 'bedrock-agent' and operation = 'get-data-source')
--     otherwise: not_evaluable
--     reason: no bucket of a knowledge base is known; fill reference/bucket.csv
-- parameters:
--   reach: {type: interval, default: 24 hours, description: longest time from the write to the ingestion job and from there to the read}
--   span: {type: interval, default: 7 days, description: longest time from the write to a prompt}
--   case_from: {type: timestamptz, default: case, description: start of the period of interest}
--   base_to: {type: timestamptz, default: case, description: end of the baseline; the start of the case when empty}
-- false_positives:
--   - A new owner of the content; the shape is that of every update.
-- references:
--   - https://atlas.mitre.org/techniques/AML.T0070
--   - https://docs.aws.amazon.com/bedrock/latest/userguide/knowledge-bases-logging.html
-- changelog:
--   1.0.1: the same rows; millions of prompts fit into memory
--   1.0.0: first version
-- ---
with logged as (
    select
        's3_access' as source,
        operation = 'REST.GET.OBJECT' as is_read,
        event_time,
        principal,
        remote_ip as source_ip,
        bucket,
        key,
        version_id,
        request_id,
        artifact_id,
        record_no
    from s3_access
    where (
            operation in (select member from named_set where name = 'S3_WRITE_OPERATION')
            or operation = 'REST.GET.OBJECT'
            and contains(coalesce(requester, ''), 'AmazonBedrockExecutionRoleForKnowledgeBase')
            or operation = 'REST.GET.OBJECT'
            and remote_ip = 'bedrock.amazonaws.com'
        )
        and coalesce(http_status, 200) < 300
        and key is not null
        and event_time is not null
),
recorded as (
    select
        'cloudtrail_event' as source,
        event_name = 'GetObject' as is_read,
        event_time,
        principal,
        source_ip_address as source_ip,
        request_parameters ->> '$.bucketName' as bucket,
        request_parameters ->> '$.key' as key,
        response_elements ->> '$."x-amz-version-id"' as version_id,
        request_id,
        artifact_id,
        record_no
    from cloudtrail_event
    where event_source = 's3.amazonaws.com'
        and (
            event_name in ('PutObject', 'CopyObject', 'CompleteMultipartUpload')
            or event_name = 'GetObject'
            and (
                contains(coalesce(principal, ''), 'AmazonBedrockExecutionRoleForKnowledgeBase')
                or source_ip_address = 'bedrock.amazonaws.com'
                or invoked_by = 'bedrock.amazonaws.com'
            )
        )
        and error_code is null
        and event_time is not null
),
access as (
    select *
    from logged
    union all
    select recorded.*
    from recorded
    anti join logged
        on logged.request_id = recorded.request_id
),
-- What feeds which knowledge base: by snapshots, and by the calls that made or changed a data source.
feed as (
    select
        knowledge_base,
        data_source,
        regexp_extract(config ->> '$.s3Configuration.bucketArn', ':::(.+)$', 1) as bucket,
        unnest(
            coalesce(
                nullif(json_extract_string(config, '$.s3Configuration.inclusionPrefixes[*]'), []),
                ['']
            )
        ) as prefix
    from (
        select
            "json" ->> '$.dataSource.knowledgeBaseId' as knowledge_base,
            "json" ->> '$.dataSource.dataSourceId' as data_source,
            "json" -> '$.dataSource.dataSourceConfiguration' as config
        from api_snapshot
        where service = 'bedrock-agent'
            and operation = 'get-data-source'
        union
        select
            request_parameters ->> '$.knowledgeBaseId',
            coalesce(
                request_parameters ->> '$.dataSourceId',
                response_elements ->> '$.dataSource.dataSourceId'
            ),
            request_parameters -> '$.dataSourceConfiguration'
        from cloudtrail_event
        where event_source = 'bedrock.amazonaws.com'
            and event_name in ('CreateDataSource', 'UpdateDataSource')
            and error_code is null
    )
    where (config ->> '$.s3Configuration.bucketArn') is not null
),
document as (
    select
        place.bucket,
        place.key
    from (select distinct bucket, key from access where not is_read) as place
    where object_class(place.bucket, place.key) = 'kb'
        or exists (
            from feed
            where feed.bucket = place.bucket
                and starts_with(place.key, feed.prefix)
        )
),
written as (
    select access.*
    from access
    join document
        on document.bucket = access.bucket
        and document.key = access.key
    where not access.is_read
),
known_writer as (
    select distinct caller.principal
    from (select distinct principal from written) as caller
    join ref_principal as known
        on principal_matches(known.principal, caller.principal)
    where known.class = 'kb_writer'
    union
    select distinct principal
    from written
    where event_time < coalesce($base_to::timestamptz, $case_from::timestamptz)
        and not exists (
            from ref_principal
            where class = 'kb_writer'
        )
),
foreign_address as (
    select source_ip
    from (select distinct source_ip from written)
    where not is_own_class(ip_class(source_ip))
        and ip_class(source_ip) not in ('partner', 'unknown')
),
unexpected as (
    select
        written.*,
        's3://' || written.bucket || '/' || written.key as uri
    from written
    where written.principal is null
        or written.principal not in (select principal from known_writer where principal is not null)
        or written.source_ip in (select source_ip from foreign_address)
),
job as (
    select
        event_time,
        principal,
        request_parameters ->> '$.knowledgeBaseId' as knowledge_base,
        coalesce(request_parameters ->> '$.dataSourceId', 'unknown') as data_source,
        response_elements ->> '$.ingestionJob.ingestionJobId' as job_id,
        aws_region,
        recipient_account_id,
        artifact_id,
        record_no
    from cloudtrail_event
    where event_source = 'bedrock.amazonaws.com'
        and event_name = 'StartIngestionJob'
        and error_code is null
        and event_time is not null
),
-- The data sources that may take in a document; one whose bucket nobody tells may take in any.
taken_in as (
    select distinct
        place.bucket,
        place.key,
        source.data_source
    from (select distinct bucket, key from unexpected) as place
    cross join (select distinct data_source from job) as source
    where source.data_source not in (select data_source from feed where data_source is not null)
        or exists (
            from feed
            where feed.data_source = source.data_source
                and feed.bucket = place.bucket
                and starts_with(place.key, feed.prefix)
        )
),
pending as (
    select
        unexpected.*,
        taken_in.data_source as candidate,
        unexpected.event_time - interval 1 second as earliest
    from unexpected
    join taken_in
        on taken_in.bucket = unexpected.bucket
        and taken_in.key = unexpected.key
),
-- The first job after the write.
ingested as materialized (
    select
        pending.* exclude (candidate, earliest),
        job.event_time as job_time,
        job.principal as job_principal,
        job.knowledge_base,
        job.data_source,
        job.job_id,
        job.aws_region,
        job.recipient_account_id,
        job.artifact_id as job_artifact_id,
        job.record_no as job_record_no
    from pending
    asof join (
        select *
        from job
        qualify row_number() over (
            partition by data_source, event_time
            order by artifact_id, record_no
        ) = 1
    ) as job
        on job.data_source = pending.candidate
        and pending.earliest <= job.event_time
    where job.event_time <= pending.event_time + $reach::interval
),
fetched as (
    select
        ingested.uri,
        ingested.job_artifact_id,
        ingested.job_record_no,
        min(access.event_time) as fetched_at,
        arg_min(
            {'table': access.source, 'artifact_id': access.artifact_id, 'record_no': access.record_no},
            row(access.event_time, access.artifact_id, access.record_no)
        ) as record
    from (
        select distinct uri, bucket, key, job_time, job_artifact_id, job_record_no
        from ingested
    ) as ingested
    join access
        on access.is_read
        and access.bucket = ingested.bucket
        and access.key = ingested.key
        and access.event_time >= ingested.job_time - interval 1 second
        and access.event_time <= ingested.job_time + $reach::interval
    group by
        ingested.uri,
        ingested.job_artifact_id,
        ingested.job_record_no
),
index_line as (
    select
        event_time,
        "json" ->> '$.event.document_location.s3_location.uri' as uri,
        "json" ->> '$.event.ingestion_job_id' as job_id,
        artifact_id,
        record_no
    from cloudwatch_log_event
    where ("json" ->> '$.event_type') = 'StartIngestionJob.ResourceStatusChanged'
        and ("json" ->> '$.event.status') in ('INDEXING_COMPLETED', 'INDEXED', 'PARTIALLY_INDEXED')
),
indexed as (
    select
        ingested.uri,
        ingested.job_artifact_id,
        ingested.job_record_no,
        min(index_line.event_time) as indexed_at,
        arg_min(
            {
                'table': 'cloudwatch_log_event',
                'artifact_id': index_line.artifact_id,
                'record_no': index_line.record_no
            },
            row(index_line.event_time, index_line.artifact_id, index_line.record_no)
        ) as record
    from (
        select distinct uri, job_time, job_id, job_artifact_id, job_record_no
        from ingested
    ) as ingested
    join index_line
        on index_line.uri = ingested.uri
        and index_line.event_time >= ingested.job_time - interval 1 second
        and index_line.event_time <= ingested.job_time + $reach::interval
    where ingested.job_id is null
        or index_line.job_id is null
        or index_line.job_id = ingested.job_id
    group by
        ingested.uri,
        ingested.job_artifact_id,
        ingested.job_record_no
),
ready as (
    select
        ingested.uri,
        ingested.job_artifact_id,
        ingested.job_record_no,
        min(ingested.event_time) as written_at,
        min(coalesce(indexed.indexed_at, fetched.fetched_at, ingested.job_time)) as ready_at,
        min(fetched.fetched_at) as fetched_at,
        min(indexed.indexed_at) as indexed_at
    from ingested
    left join fetched
        on fetched.uri = ingested.uri
        and fetched.job_artifact_id = ingested.job_artifact_id
        and fetched.job_record_no = ingested.job_record_no
    left join indexed
        on indexed.uri = ingested.uri
        and indexed.job_artifact_id = ingested.job_artifact_id
        and indexed.job_record_no = ingested.job_record_no
    group by
        ingested.uri,
        ingested.job_artifact_id,
        ingested.job_record_no
),
-- Prompts that name a document or hold a canary; the same words are searched once.
wording as (
    select
        text,
        list_transform(
            regexp_extract_all(text, 's3://[a-z0-9.-]{3,63}/[^\s"''<>)\]]+'),
            lambda uri : rtrim(uri, '.,:;')
        ) as uri
    from (
        select distinct text
        from bedrock_message
        where direction = 'input'
            and text is not null
            and exists (from ingested)
    )
),
canary as (
    select value
    from ref_canary
    where length(value) >= 6
),
carrier as (
    select
        text,
        unnest(uri) as uri
    from wording
    where len(uri) > 0
    union
    select
        wording.text,
        null as uri
    from wording
    join canary
        on contains(wording.text, canary.value)
),
served as (
    select distinct
        ready.job_artifact_id,
        ready.job_record_no,
        message.artifact_id,
        message.record_no,
        message.event_time,
        message.principal
    from carrier
    join ready
        on ready.uri = carrier.uri
        or carrier.uri is null
    join (
        select *
        from bedrock_message
        where direction = 'input'
            -- From one list: it is seen to be small, and held instead of all prompts.
            and text in (select unnest((select list(distinct text order by text) from carrier)))
    ) as message
        on message.text = carrier.text
        and message.event_time >= ready.ready_at
        and message.event_time <= ready.written_at + $span::interval
),
consumer as (
    select
        job_artifact_id,
        job_record_no,
        min(event_time) as first_served,
        sum(prompts)::bigint as prompts,
        list(
            {'principal': principal, 'prompts': prompts, 'end_users': end_users}
            order by prompts desc, principal
        ) as consumer
    from (
        select
            served.job_artifact_id,
            served.job_record_no,
            served.principal,
            count(*) as prompts,
            count(distinct end_user(invocation.request_metadata)) as end_users,
            min(served.event_time) as event_time
        from served
        left join bedrock_invocation as invocation
            on invocation.artifact_id = served.artifact_id
            and invocation.record_no = served.record_no
        group by
            served.job_artifact_id,
            served.job_record_no,
            served.principal
    )
    group by
        job_artifact_id,
        job_record_no
),
serving as (
    select
        job_artifact_id,
        job_record_no,
        max(event_time) as last_served,
        arg_min(
            {'table': 'bedrock_invocation', 'artifact_id': artifact_id, 'record_no': record_no},
            row(event_time, artifact_id, record_no),
            60
        ) as records
    from served
    group by
        job_artifact_id,
        job_record_no
),
-- Retrievals that CloudTrail saw; they say nothing about the document.
retrieval as (
    select
        ready.job_artifact_id,
        ready.job_record_no,
        min(event.event_time) as first_retrieval,
        count(distinct (event.artifact_id, event.record_no)) as retrievals
    from (
        select
            job_artifact_id,
            job_record_no,
            min(ready_at) as ready_at,
            min(written_at) as written_at
        from ready
        group by
            job_artifact_id,
            job_record_no
    ) as ready
    join ingested
        on ingested.job_artifact_id = ready.job_artifact_id
        and ingested.job_record_no = ready.job_record_no
    join (
        select
            event_time,
            request_parameters ->> '$.knowledgeBaseId' as knowledge_base,
            artifact_id,
            record_no
        from cloudtrail_event
        where event_source = 'bedrock.amazonaws.com'
            and event_name in (
                'Retrieve',
                'RetrieveAndGenerate',
                'RetrieveAndGenerateStream',
                'AgenticRetrieveStream',
                'InvokeAgent'
            )
            and error_code is null
    ) as event
        on (event.knowledge_base is null or event.knowledge_base = ingested.knowledge_base)
        and event.event_time >= ready.ready_at
        and event.event_time <= ready.written_at + $span::interval
    group by
        ready.job_artifact_id,
        ready.job_record_no
),
sequence as (
    select
        ingested.principal,
        ingested.knowledge_base,
        ingested.data_source,
        ingested.job_id,
        ingested.job_time,
        ingested.job_principal,
        ingested.job_artifact_id,
        ingested.job_record_no,
        min(ingested.aws_region) as region,
        min(ingested.recipient_account_id) as account_id,
        min(ingested.event_time) as first_write,
        max(ingested.event_time) as last_write,
        distinct_values(ingested.uri) as uri,
        distinct_values(ingested.source_ip) as address,
        min(ready.fetched_at) as first_fetch,
        max(ready.fetched_at) as last_fetch,
        count(distinct ready.uri) filter (ready.fetched_at is not null) as fetched,
        min(ready.indexed_at) as first_index,
        count(distinct ready.uri) filter (ready.indexed_at is not null) as indexed,
        arg_min(
            {
                'table': ingested.source,
                'artifact_id': ingested.artifact_id,
                'record_no': ingested.record_no
            },
            row(ingested.event_time, ingested.artifact_id, ingested.record_no),
            40
        ) as write_records,
        arg_min(fetched.record, row(fetched.fetched_at, ingested.uri), 30)
            filter (fetched.record is not null) as fetch_records,
        arg_min(indexed.record, row(indexed.indexed_at, ingested.uri), 30)
            filter (indexed.record is not null) as index_records
    from ingested
    join ready
        on ready.uri = ingested.uri
        and ready.job_artifact_id = ingested.job_artifact_id
        and ready.job_record_no = ingested.job_record_no
    left join fetched
        on fetched.uri = ingested.uri
        and fetched.job_artifact_id = ingested.job_artifact_id
        and fetched.job_record_no = ingested.job_record_no
    left join indexed
        on indexed.uri = ingested.uri
        and indexed.job_artifact_id = ingested.job_artifact_id
        and indexed.job_record_no = ingested.job_record_no
    group by
        ingested.principal,
        ingested.knowledge_base,
        ingested.data_source,
        ingested.job_id,
        ingested.job_time,
        ingested.job_principal,
        ingested.job_artifact_id,
        ingested.job_record_no
),
finding as (
    select
        sequence.*,
        consumer.first_served,
        serving.last_served,
        coalesce(consumer.prompts, 0) as prompts,
        consumer.consumer,
        serving.records as served_records,
        retrieval.first_retrieval,
        coalesce(retrieval.retrievals, 0) as retrievals,
        2 + (fetched > 0)::bigint + (indexed > 0)::bigint
        + (consumer.prompts is not null or retrieval.retrievals is not null)::bigint as stages
    from sequence
    left join consumer
        on consumer.job_artifact_id = sequence.job_artifact_id
        and consumer.job_record_no = sequence.job_record_no
    left join serving
        on serving.job_artifact_id = sequence.job_artifact_id
        and serving.job_record_no = sequence.job_record_no
    left join retrieval
        on retrieval.job_artifact_id = sequence.job_artifact_id
        and retrieval.job_record_no = sequence.job_record_no
)
select
    'knowledge base' as entity_type,
    coalesce(knowledge_base, 'unknown') as entity,
    case when stages >= 4 then 'critical' when stages = 3 then 'high' else 'medium' end as severity,
    first_write as first_seen,
    greatest(
        last_write,
        job_time,
        coalesce(last_fetch, job_time),
        coalesce(first_index, job_time),
        coalesce(last_served, job_time)
    ) as last_seen,
    len(uri) + 1 + fetched + indexed + prompts as event_count,
    short_name(principal) || ' wrote ' || counted(len(uri), 'document') || ' ('
    || moment(first_write) || '), ' || short_name(job_principal) || ' started ingestion job '
    || coalesce(job_id, 'of unknown id') || ' (' || moment(job_time) || ')'
    || case
        when fetched > 0
        then ', the knowledge base read ' || fetched || ' (' || moment(first_fetch) || ')'
        else ''
    end
    || case
        when indexed > 0
        then ', indexed ' || indexed || ' (' || moment(first_index) || ')'
        else ''
    end
    || case
        when prompts > 0
        then ' and served them in ' || counted(prompts, 'prompt') || ' from ' || moment(first_served)
            || ' to ' || moment(last_served)
        when retrievals > 0
        then ' and was asked ' || counted(retrievals, 'time') || ' from ' || moment(first_retrieval)
        else ''
    end as summary,
    list_concat(
        write_records,
        list_concat(
            [
                {
                    'table': 'cloudtrail_event',
                    'artifact_id': job_artifact_id,
                    'record_no': job_record_no
                }
            ],
            list_concat(
                coalesce(fetch_records, []),
                list_concat(coalesce(index_records, []), coalesce(served_records, []))
            )
        )
    ) as records,
    principal as actor,
    case when len(address) = 1 then address[1] end as source_ip,
    region,
    account_id,
    nullif(data_source, 'unknown') as resource,
    {
        'stages': stages,
        'documents': list_slice(uri, 1, 50),
        'written_at': first_write,
        'last_write': last_write,
        'job_id': job_id,
        'job_started_at': job_time,
        'job_started_by': job_principal,
        'fetched': fetched,
        'fetched_at': first_fetch,
        'last_fetch': last_fetch,
        'indexed': indexed,
        'indexed_at': first_index,
        'served_prompts': prompts,
        'first_served': first_served,
        'last_served': last_served,
        'retrievals': retrievals,
        'consumers': list_slice(coalesce(consumer, []), 1, 20)
    } as metrics,
    len(uri) + 1 + fetched + indexed + prompts as record_total
from finding
order by
    first_seen,
    entity,
    job_id
