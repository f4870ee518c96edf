-- ---
-- id: prv-macie-or-classification-hit
-- version: 1.0.1
-- title: Classified data among the objects that were read
-- status: stable
-- severity: medium
-- element: private-data
-- attack: [T1530]
-- atlas: [AML.T0036]
-- description: >-
--   Finds successful reads and copies, in the period of interest, of objects that Macie or reference/classification.csv
--   classifies, one finding per classified object or prefix, with categories, number of records, and who read it. A key of
--   classification.csv that ends with * stands for all keys that begin so, and an empty one for the whole bucket. It
--   judges no reader: what was read is what a notification is about. Misses objects that no classification covers, which
--   says nothing about what is in them.
-- requires:
--   s3_access: helpful
--   cloudtrail_event: helpful
--   ref_classification: optional
--   security_finding: optional
--   v_flagged: optional
-- preconditions:
--   - query: >-
--       select exists (from ref_classification)
--       or exists (from security_finding where contains(type, 'SensitiveData'))
--     otherwise: not_evaluable
--     reason: nothing is classified; fill reference/classification.csv or add the findings of Macie
--   - query: select exists (from s3_access) or exists (from cloudtrail_event)
--     otherwise: not_evaluable
--     reason: neither S3 access logs nor CloudTrail are in the evidence
-- parameters:
--   case_from: {type: timestamptz, default: case, description: start of the period of interest}
--   case_to: {type: timestamptz, default: case, description: end of the period of interest}
-- false_positives:
--   - Everyday use of classified data by those who work with it.
-- references:
--   - https://docs.aws.amazon.com/macie/latest/user/findings-types.html
-- changelog:
--   1.0.1: a copy source that is no UTF-8 when decoded stays as it is written
--   1.0.0: first version
-- ---
with current_finding as (
    select *
    from security_finding
    where contains(type, 'SensitiveData')
        and starts_with(resource_arn, 'arn:')
    qualify row_number() over (
        partition by product, finding_id
        order by updated_at desc, artifact_id, record_no
    ) = 1
),
classified as materialized (
    select
        bucket,
        coalesce(key, '') as key,
        category,
        records,
        'reference/classification.csv' as origin
    from ref_classification
    union all
    select
        regexp_extract(resource_arn, '^arn:[^:]*:s3:::([^/]+)', 1) as bucket,
        regexp_extract(resource_arn, '^arn:[^:]*:s3:::[^/]+/(.+)$', 1) as key,
        regexp_replace(type, '^.*SensitiveData:S3Object/', '') as category,
        list_sum(
            list_transform(
                json_extract_string(json, '$.classificationDetails.result.sensitiveData[*].totalCount'),
                lambda number : try_cast(number as bigint)
            )
        )::bigint as records,
        'Macie ' || type as origin
    from current_finding
),
read_line as (
    select
        event_time,
        bucket,
        key,
        coalesce(principal, requester, 'anonymous') as principal,
        remote_ip as source_ip,
        bytes_sent as bytes,
        request_id,
        's3_access' as source,
        artifact_id,
        record_no
    from s3_access
    where http_status between 200 and 299
        and bucket in (select bucket from classified)
        and (
            operation in ('REST.GET.OBJECT', 'REST.COPY.OBJECT_GET', 'REST.COPY.PART_GET', 'WEBSITE.GET.OBJECT')
            or contains(operation, '.SELECT')
        )
        and ($case_from::timestamptz is null or event_time >= $case_from::timestamptz)
        and ($case_to::timestamptz is null or event_time < $case_to::timestamptz)
),
read_call as (
    select
        event_time,
        coalesce(request_parameters ->> '$.bucketName', '') as named_bucket,
        request_parameters ->> '$.key' as named_key,
        percent_decoded(request_parameters ->> '$.x-amz-copy-source') as copy_source,
        event_name,
        principal,
        credential,
        source_ip_address,
        event_bytes(additional_event_data) as bytes,
        request_id,
        artifact_id,
        record_no
    from cloudtrail_event
    where event_source = 's3.amazonaws.com'
        and event_name in ('GetObject', 'SelectObjectContent', 'CopyObject', 'UploadPartCopy')
        and error_code is null
        and exists (from classified)
        and ($case_from::timestamptz is null or event_time >= $case_from::timestamptz)
        and ($case_to::timestamptz is null or event_time < $case_to::timestamptz)
),
reading as (
    select
        read_line.* exclude (request_id),
        known.credential
    from read_line
    left join (
        select
            request_id,
            min(credential) as credential
        from read_call
        group by request_id
    ) as known
        on known.request_id = read_line.request_id
    union all by name
    select
        event_time,
        case
            when copy_source is null then named_bucket
            else regexp_extract(copy_source, '^/?([^/]+)/', 1)
        end as bucket,
        case
            when copy_source is null then named_key
            else regexp_extract(copy_source, '^/?[^/]+/([^?]*)', 1)
        end as key,
        principal,
        source_ip_address as source_ip,
        bytes,
        'cloudtrail_event' as source,
        artifact_id,
        record_no,
        credential
    from read_call
    where not exists (
        select 1
        from read_line
        where read_line.request_id = read_call.request_id
    )
),
hit as (
    select
        reading.*,
        classified.key as pattern,
        classified.category,
        classified.records as classified_records,
        classified.origin
    from reading
    join classified
        on classified.bucket = reading.bucket
        and (
            classified.key = reading.key
            or classified.key = ''
            or ends_with(classified.key, '*')
            and starts_with(reading.key, classified.key[:-2])
        )
),
-- The closest classification of an object: its own key, else the longest prefix.
touch as (
    select distinct on (source, artifact_id, record_no)
        *
    from hit
    order by
        source,
        artifact_id,
        record_no,
        pattern = key desc,
        len(pattern) desc
),
judgement as (
    select
        bucket,
        key as pattern,
        distinct_values(category) as category,
        -- Of several counts of the same object the greatest: what they have in common is not known.
        max(records) as classified_records,
        distinct_values(origin) as origin
    from classified
    group by
        bucket,
        key
),
flagged as materialized (
    select
        value,
        min(since) - interval 1 second as since
    from v_flagged
    group by value
),
grouped as (
    select
        touch.bucket,
        touch.pattern,
        distinct_values(touch.key) as object,
        min(touch.event_time) as first_seen,
        max(touch.event_time) as last_seen,
        count(*) as event_count,
        coalesce(sum(touch.bytes), 0)::bigint as bytes,
        distinct_values(touch.principal) as reader,
        distinct_values(touch.source_ip) as address,
        count(*) filter (
            touch.event_time >= by_credential.since
            or touch.event_time >= by_principal.since
            or touch.event_time >= by_address.since
        ) as attacker_reads,
        list(
            {'table': touch.source, 'artifact_id': touch.artifact_id, 'record_no': touch.record_no}
            order by touch.event_time, touch.artifact_id, touch.record_no
        ) as records
    from touch
    left join flagged as by_credential
        on by_credential.value = touch.credential
    left join flagged as by_principal
        on by_principal.value = touch.principal
    left join flagged as by_address
        on by_address.value = touch.source_ip
    group by
        touch.bucket,
        touch.pattern
)
select
    'object' as entity_type,
    grouped.bucket || '/' || grouped.pattern as entity,
    'medium' as severity,
    grouped.first_seen,
    grouped.last_seen,
    grouped.event_count,
    named(grouped.object) || ' of ' || grouped.bucket
    || ', classified as ' || array_to_string(judgement.category, ', ')
    || coalesce(' with ' || counted(judgement.classified_records, 'record'), '')
    || ', read ' || case grouped.event_count when 1 then 'once' else grouped.event_count || ' times' end
    || ' (' || counted(grouped.bytes, 'byte') || ') by '
    || named(list_transform(grouped.reader, lambda reader : short_name(reader)))
    || coalesce(' from ' || nullif(named(grouped.address), ''), '')
    || case
        when grouped.attacker_reads > 0
            then '; ' || counted(grouped.attacker_reads, 'read') || ' in the attacker''s hands'
        else ''
    end as summary,
    grouped.records,
    case when len(grouped.reader) = 1 then grouped.reader[1] end as actor,
    case when len(grouped.address) = 1 then grouped.address[1] end as source_ip,
    'arn:aws:s3:::' || grouped.bucket || '/' || grouped.pattern as resource,
    {
        'categories': judgement.category,
        'records': judgement.classified_records,
        'objects': len(grouped.object),
        'object_names': list_slice(grouped.object, 1, 20),
        'bytes': grouped.bytes,
        'readers': grouped.reader,
        'addresses': list_slice(grouped.address, 1, 20),
        'attacker_reads': grouped.attacker_reads,
        'classified_by': judgement.origin
    } as metrics
from grouped
join judgement
    on judgement.bucket = grouped.bucket
    and judgement.pattern = grouped.pattern
order by
    first_seen,
    entity
