-- ---
-- id: inv-indirect-injection
-- version: 1.0.2
-- title: Orders to the model inside documents or tool results
-- status: stable
-- severity: high
-- element: invocation
-- attack: [T1059, T1199]
-- atlas: [AML.T0051.001, AML.T0070, AML.T0093]
-- description: >-
--   Finds prompts whose documents, tool results or retrieved context speak to the model: orders to an assistant or agent,
--   orders to ignore instructions, hidden markup, forged delimiters, addresses of credentials, links that carry data.
--   Only what came after the last answer counts. One finding per identity and day; it names the S3 objects that the
--   words came from and who wrote them last, by access log, CloudTrail or list of versions. Misses orders in other
--   languages, in pictures, and in context that nothing sets apart from the question.
-- requires:
--   bedrock_message: needed
--   v_new_block: optional
--   bedrock_invocation: optional
--   s3_access: optional
--   cloudtrail_event: optional
--   s3_object_version: optional
--   named_set: optional
-- parameters: {}
-- false_positives:
--   - Documents about prompt injection, policies that say what the assistant must do.
-- references:
--   - https://genai.owasp.org/llmrisk/llm01-prompt-injection/
-- changelog:
--   1.0.2: the same rows, from the view of new blocks, faster
--   1.0.1: the same rows, from the view of last answers
--   1.0.0: first version
-- ---
with block as (
    select
        message.artifact_id,
        message.record_no,
        message.message_no,
        message.event_time,
        message.principal,
        message.model_id,
        message.block_type,
        message.tool_name,
        message.text
    from v_new_block as message
    where message.role in ('user', 'tool')
        and message.block_type in ('text', 'guard', 'other', 'tool_result', 'document')
        and message.event_time is not null
),
-- The same words are judged once, however often they were sent; kept, so that no filter moves below the distinct.
wording_text as materialized (
    select distinct
        text,
        block_type in ('tool_result', 'document') as is_whole
    from block
),
wording as materialized (
    select
        text,
        is_whole,
        case when is_whole then text else context_words(text) end as context
    from wording_text
),
spelling as materialized (
    select
        text,
        is_whole,
        context,
        normal_text(context) as normal
    from wording
    where context is not null
),
judged as (
    select
        *,
        regexp_matches(normal, rx_indirect_order()) as is_order,
        regexp_matches(normal, rx_override()) as is_override,
        regexp_matches(normal, rx_hidden_markup()) as is_markup,
        regexp_matches(normal, rx_delim_forge()) as is_delimiter,
        regexp_matches(normal, rx_cred_harvest()) as is_credential,
        regexp_matches(normal, rx_exfil_any()) as is_link
    from spelling
),
marked as (
    select
        *,
        list_filter(
            [
                case when is_order then 'order to the model' end,
                case when is_override then 'override' end,
                case when is_markup then 'hidden markup' end,
                case when is_delimiter then 'forged delimiter' end,
                case when is_credential then 'credential address' end,
                case when is_link then 'link with data' end
            ],
            lambda term : term is not null
        ) as term,
        case
            when is_order then regexp_extract(normal, rx_indirect_order())
            when is_override then regexp_extract(normal, rx_override())
            when is_markup then regexp_extract(normal, rx_hidden_markup())
            when is_delimiter then regexp_extract(normal, rx_delim_forge())
            when is_credential then regexp_extract(normal, rx_cred_harvest())
            else regexp_extract(normal, rx_exfil_any())
        end as piece
    from judged
    where is_order
        or is_override
        or is_markup
        or is_delimiter
        or is_credential
        or is_link
),
-- The document that a piece stands in: the last address before it, else the first one of all.
placed as (
    select
        text,
        is_whole,
        term,
        masked_piece(text, piece) as piece,
        rtrim(
            coalesce(
                regexp_extract_all(
                    left(context, strpos(context, piece)),
                    's3://[a-z0-9.-]{3,63}/[^\s"''<>)\]]+'
                )[-1],
                regexp_extract_all(context, 's3://[a-z0-9.-]{3,63}/[^\s"''<>)\]]+')[1]
            ),
            '.,:;'
        ) as uri
    from marked
),
hit as (
    select
        block.artifact_id,
        block.record_no,
        block.event_time,
        block.principal,
        block.model_id,
        flatten(list(placed.term order by block.message_no)) as term,
        distinct_values(placed.uri) as uri,
        distinct_values(block.block_type) as block_type,
        distinct_values(block.tool_name) as tool_name,
        arg_min(
            {
                'message_no': block.message_no,
                'piece': placed.piece
            },
            block.message_no
        ) as sample
    from block
    join placed
        on placed.text = block.text
        and placed.is_whole = (block.block_type in ('tool_result', 'document'))
    group by
        block.artifact_id,
        block.record_no,
        block.event_time,
        block.principal,
        block.model_id
),
hit_source as (
    select
        principal,
        day_of(event_time) as day,
        uri,
        count(*) as prompts,
        min(event_time) as first_served
    from (
        select
            principal,
            event_time,
            unnest(uri) as uri
        from hit
    )
    group by
        principal,
        day,
        uri
),
object as (
    select distinct
        uri,
        regexp_extract(uri, '^s3://([^/]+)/', 1) as bucket,
        regexp_extract(uri, '^s3://[^/]+/(.*)$', 1) as key
    from hit_source
),
written as (
    select
        object.uri,
        access.event_time,
        access.principal,
        access.version_id
    from object
    join s3_access as access
        on access.bucket = object.bucket
        and access.key = object.key
    where access.operation in (select member from named_set where name = 'S3_WRITE_OPERATION')
        and coalesce(access.http_status, 200) < 300
    union all
    select
        object.uri,
        event.event_time,
        event.principal,
        event.response_elements ->> '$."x-amz-version-id"'
    from object
    join (
        select
            event_time,
            principal,
            response_elements,
            request_parameters ->> '$.bucketName' as bucket,
            request_parameters ->> '$.key' as key
        from cloudtrail_event
        where event_name in ('PutObject', 'CopyObject', 'CompleteMultipartUpload')
            and event_source = 's3.amazonaws.com'
            and error_code is null
    ) as event
        on event.bucket = object.bucket
        and event.key = object.key
    union all
    select
        object.uri,
        version.last_modified,
        null as principal,
        version.version_id
    from object
    join s3_object_version as version
        on version.bucket = object.bucket
        and version.key = object.key
    where not coalesce(version.is_delete_marker, false)
),
origin as (
    select
        hit_source.principal,
        hit_source.day,
        hit_source.uri,
        hit_source.prompts,
        arg_max(
            {
                'principal': written.principal,
                'at': written.event_time,
                'version_id': written.version_id
            },
            row(written.event_time, written.principal is not null, written.version_id)
        ) as writer
    from hit_source
    left join written
        on written.uri = hit_source.uri
        and written.event_time <= hit_source.first_served
    group by
        hit_source.principal,
        hit_source.day,
        hit_source.uri,
        hit_source.prompts
),
origins as (
    select
        principal,
        day,
        distinct_values(writer.principal) as writer,
        list(
            {
                'uri': uri,
                'prompts': prompts,
                'writer': writer.principal,
                'written_at': writer."at",
                'version_id': writer.version_id
            }
            order by prompts desc, uri
        ) as source
    from origin
    group by
        principal,
        day
),
finding as (
    select
        hit.principal,
        day_of(hit.event_time) as day,
        min(hit.event_time) as first_seen,
        max(hit.event_time) as last_seen,
        count(*) as prompts,
        list_sort(
            list_distinct(flatten(list(hit.term order by hit.event_time, hit.artifact_id, hit.record_no)))
        ) as term,
        list_sort(
            list_distinct(
                flatten(list(hit.tool_name order by hit.event_time, hit.artifact_id, hit.record_no))
            )
        ) as tool_name,
        distinct_values(hit.model_id) as model,
        distinct_values(invocation.region) as region,
        min(invocation.account_id) as account_id,
        arg_min(
            {
                'table': 'bedrock_invocation',
                'artifact_id': hit.artifact_id,
                'record_no': hit.record_no,
                'message_no': hit.sample.message_no,
                'offset': hit.sample.piece."offset",
                'length': hit.sample.piece.length,
                'sha256': hit.sample.piece.sha256,
                'last4': hit.sample.piece.last4
            },
            row(hit.event_time, hit.artifact_id, hit.record_no),
            5
        ) as sample,
        arg_min(
            {
                'table': 'bedrock_invocation',
                'artifact_id': hit.artifact_id,
                'record_no': hit.record_no
            },
            row(hit.event_time, hit.artifact_id, hit.record_no),
            200
        ) as records
    from hit
    left join bedrock_invocation as invocation
        on invocation.artifact_id = hit.artifact_id
        and invocation.record_no = hit.record_no
    group by
        hit.principal,
        day
)
select
    'principal' as entity_type,
    coalesce(finding.principal, 'unknown') as entity,
    'high' as severity,
    first_seen,
    last_seen,
    prompts as event_count,
    counted(prompts, 'prompt') || ' of ' || short_name(finding.principal)
    || ' carried orders to the model inside their context (' || array_to_string(term, ', ')
    || ') from ' || moment(first_seen) || ' to ' || moment(last_seen)
    || case
        when len(origins.source) > 0
        then '; they come from ' || named(list_transform(origins.source, lambda each : each.uri))
        else ''
    end
    || case
        when len(origins.writer) > 0
        then ', written by ' || named(list_transform(origins.writer, lambda each : short_name(each)))
        else ''
    end as summary,
    records,
    finding.principal as actor,
    case when len(region) = 1 then region[1] end as region,
    account_id,
    {
        'prompts': prompts,
        'terms': term,
        'sources': list_slice(coalesce(origins.source, []), 1, 50),
        'writers': coalesce(origins.writer, []),
        'tools': tool_name,
        'models': list_slice(model, 1, 20),
        'samples': sample
    } as metrics,
    prompts as record_total
from finding
left join origins
    on origins.principal is not distinct from finding.principal
    and origins.day = finding.day
order by
    first_seen,
    entity
