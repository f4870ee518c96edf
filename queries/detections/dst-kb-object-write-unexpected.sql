-- ---
-- id: dst-kb-object-write-unexpected
-- version: 1.0.0
-- title: Document of a knowledge base written unexpectedly
-- status: stable
-- severity: high
-- element: data-store-changes
-- attack: [T1565.001]
-- atlas: [AML.T0070, AML.T0071, AML.T0066]
-- description: >-
--   Finds objects of knowledge bases that were written, overwritten or deleted by an identity that is no known writer,
--   or by a known writer from a kind of network, with a tool or at an hour that its baseline does not know. Where
--   reference/principal.csv names no writer, whoever wrote in the baseline is one. Tells overwritten from new documents
--   and what stood there before. Access logs lead, S3 data events of CloudTrail fill in. One finding per object, or per
--   bucket when there are many. Misses poison that a known writer brings in its usual way.
-- requires:
--   s3_access: helpful
--   cloudtrail_event: helpful
--   ref_principal: helpful
--   ref_cidr: helpful
--   ref_bucket: optional
--   ref_prefix: optional
--   api_snapshot: optional
--   s3_object_version: optional
--   named_set: optional
-- preconditions:
--   - query: >-
--       select exists (from cloudtrail_event) or exists (from s3_access)
--     otherwise: not_evaluable
--     reason: neither CloudTrail nor S3 access logs are there
--   - query: >-
--       select exists (from ref_prefix where class = 'kb') or exists (from ref_bucket where class = 'kb')
--       or exists (from api_snapshot where service = 'bedrock-agent' and operation = 'get-data-source')
--     otherwise: not_evaluable
--     reason: no bucket of a knowledge base is known; fill reference/bucket.csv
-- parameters:
--   min_baseline_events: {type: integer, default: 20, description: baseline writes of an identity that make a habit}
--   max_objects: {type: integer, default: 50, description: objects of one identity and bucket that are findings of their own; more of them are one}
--   case_from: {type: timestamptz, default: case, description: start of the period of interest}
--   base_from: {type: timestamptz, default: case, description: start of the baseline}
--   base_to: {type: timestamptz, default: case, description: end of the baseline; the start of the case when empty}
-- false_positives:
--   - A new owner of the content, a sync that was repeated by hand.
-- references:
--   - https://atlas.mitre.org/techniques/AML.T0070
-- changelog:
--   1.0.0: first version
-- ---
with logged as (
    select
        's3_access' as source,
        case
            when operation in (select member from named_set where name = 'S3_DELETE_OPERATION') then 'delete'
            else 'write'
        end as kind,
        event_time,
        principal,
        remote_ip as source_ip,
        user_agent,
        null as region,
        null as account_id,
        bucket,
        key,
        version_id,
        object_size as size,
        request_id,
        artifact_id,
        record_no
    from s3_access
    where operation in (
            select member
            from named_set
            where name in ('S3_WRITE_OPERATION', 'S3_DELETE_OPERATION')
        )
        and coalesce(http_status, 200) < 300
        and event_time is not null
),
recorded as (
    select
        'cloudtrail_event' as source,
        case when starts_with(event_name, 'Delete') then 'delete' else 'write' end as kind,
        event_time,
        principal,
        source_ip_address as source_ip,
        regexp_replace(user_agent, '^\[(.*)\]$', '\1') as user_agent,
        aws_region as region,
        recipient_account_id as account_id,
        request_parameters ->> '$.bucketName' as bucket,
        request_parameters ->> '$.key' as key,
        coalesce(
            response_elements ->> '$."x-amz-version-id"',
            request_parameters ->> '$.versionId'
        ) as version_id,
        nullif(
            try_cast(try_cast(additional_event_data ->> '$.bytesTransferredIn' as double) as bigint),
            0
        ) as size,
        request_id,
        artifact_id,
        record_no
    from cloudtrail_event
    where event_name in (
            'PutObject',
            'CopyObject',
            'CompleteMultipartUpload',
            'DeleteObject',
            'DeleteObjects'
        )
        and event_source = 's3.amazonaws.com'
        and error_code is null
        and event_time is not null
),
feed as (
    select
        regexp_extract(
            "json" ->> '$.dataSource.dataSourceConfiguration.s3Configuration.bucketArn',
            ':::(.+)$',
            1
        ) as bucket,
        unnest(
            coalesce(
                nullif(
                    json_extract_string(
                        "json",
                        '$.dataSource.dataSourceConfiguration.s3Configuration.inclusionPrefixes[*]'
                    ),
                    []
                ),
                ['']
            )
        ) as prefix
    from api_snapshot
    where service = 'bedrock-agent'
        and operation = 'get-data-source'
),
all_writes as (
    select *
    from logged
    union all
    select recorded.*
    from recorded
    anti join logged
        on logged.request_id = recorded.request_id
),
document as (
    select
        place.bucket,
        place.key
    from (select distinct bucket, key from all_writes where bucket is not null) as place
    where object_class(place.bucket, place.key) = 'kb'
        or exists (
            from feed
            where feed.bucket = place.bucket
                and starts_with(coalesce(place.key, ''), feed.prefix)
        )
),
written as (
    select
        all_writes.*,
        -- A new version of a tool is no new tool.
        regexp_replace(coalesce(user_agent, ''), '/[^ ;)]*|[0-9.]+', '', 'g') as tool,
        (epoch_us(event_time) // 3600000000) % 24 as hour,
        coalesce(
            event_time < coalesce($base_to::timestamptz, $case_from::timestamptz)
            and ($base_from::timestamptz is null or event_time >= $base_from::timestamptz),
            false
        ) as is_before
    from all_writes
    join document
        on document.bucket = all_writes.bucket
        and document.key is not distinct from all_writes.key
),
place as (
    select
        source_ip,
        ip_class(source_ip) as class
    from (select distinct source_ip from written)
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
    where is_before
        and not exists (
            from ref_principal
            where class = 'kb_writer'
        )
),
habit as (
    select
        written.principal,
        distinct_values(place.class) as class,
        distinct_values(written.tool) as tool,
        distinct_values(written.hour) as hour
    from written
    left join place
        on place.source_ip = written.source_ip
    where written.is_before
    group by written.principal
    having count(*) >= $min_baseline_events::bigint
        and min(written.event_time)
        <= coalesce($base_to::timestamptz, $case_from::timestamptz) - interval 7 days
),
judged as (
    select
        written.*,
        place.class,
        list_filter(
            [
                case when known_writer.principal is null then 'unexpected writer' end,
                case
                    when known_writer.principal is not null
                        and not list_contains(habit.class, place.class)
                    then 'new kind of network'
                end,
                case
                    when known_writer.principal is not null
                        and not list_contains(habit.tool, written.tool)
                    then 'new tool'
                end,
                case
                    when known_writer.principal is not null
                        and not list_contains(habit.hour, written.hour)
                    then 'new hour'
                end
            ],
            lambda term : term is not null
        ) as term
    from written
    left join place
        on place.source_ip = written.source_ip
    left join known_writer
        on known_writer.principal = written.principal
    left join habit
        on habit.principal = written.principal
        and not written.is_before
    -- The past of a known writer is its habit and no news.
    where known_writer.principal is null
        or not written.is_before
),
unexpected as (
    select *
    from judged
    where len(term) > 0
),
haul as (
    select
        principal,
        bucket,
        count(distinct key) as objects
    from unexpected
    group by
        principal,
        bucket
),
grouped as (
    select
        unexpected.*,
        haul.objects > $max_objects::bigint as is_folded,
        case
            when haul.objects > $max_objects::bigint then 's3://' || unexpected.bucket
            else 's3://' || unexpected.bucket || '/' || coalesce(unexpected.key, '')
        end as target
    from unexpected
    join haul
        on haul.principal is not distinct from unexpected.principal
        and haul.bucket = unexpected.bucket
),
finding as (
    select
        principal,
        bucket,
        target,
        is_folded,
        case when not is_folded then min(key) end as key,
        min(event_time) as first_seen,
        max(event_time) as last_seen,
        count(*) as event_count,
        count(distinct key) as objects,
        count(*) filter (kind = 'delete') as deletes,
        arg_max(size, row(event_time, artifact_id, record_no)) filter (kind = 'write') as size,
        distinct_values(version_id) as version,
        list_sort(
            list_distinct(flatten(list(term order by event_time, artifact_id, record_no)))
        ) as term,
        distinct_values(source_ip) as address,
        distinct_values(class) as class,
        distinct_values(user_agent) as user_agent,
        min(region) as region,
        min(account_id) as account_id,
        arg_min(
            {'table': source, 'artifact_id': artifact_id, 'record_no': record_no},
            row(event_time, artifact_id, record_no),
            200
        ) as records
    from grouped
    group by
        principal,
        bucket,
        target,
        is_folded
),
-- What stood there before, by logs and by lists of versions.
earlier as (
    select
        finding.principal,
        finding.target,
        arg_max(
            {
                'version_id': version.version_id,
                'size': version.size,
                'writer': version.principal,
                'at': version.since
            },
            row(version.since, version.principal is not null, version.version_id)
        ) as previous
    from finding
    join (
        select
            bucket,
            key,
            version_id,
            size,
            principal,
            event_time as since
        from written
        where kind = 'write'
        union all
        select
            bucket,
            key,
            version_id,
            size,
            null as principal,
            last_modified as since
        from s3_object_version
        where not coalesce(is_delete_marker, false)
    ) as version
        on version.bucket = finding.bucket
        and version.key = finding.key
        and version.since < finding.first_seen
    group by
        finding.principal,
        finding.target
),
listed as (
    select distinct bucket
    from s3_object_version
)
select
    case when finding.is_folded then 'bucket' else 'object' end as entity_type,
    finding.target as entity,
    'high' as severity,
    first_seen,
    last_seen,
    event_count,
    short_name(finding.principal) || case
        when finding.is_folded
        then ' wrote or deleted ' || counted(objects, 'object') || ' of '
        when deletes = event_count then ' deleted '
        when earlier.previous is not null then ' overwrote '
        when listed.bucket is not null then ' created '
        else ' wrote '
    end || finding.target || ' at ' || moment(first_seen)
    || case when len(address) = 1 then ' from ' || address[1] else '' end
    || ' (' || array_to_string(term, ', ') || ')'
    || coalesce(
        '; ' || format('{:,}', earlier.previous.size) || ' bytes became ' || format('{:,}', finding.size),
        ''
    ) as summary,
    records,
    finding.principal as actor,
    case when len(address) = 1 then address[1] end as source_ip,
    region,
    account_id,
    finding.target as resource,
    {
        'terms': term,
        'objects': objects,
        'deletes': deletes,
        'overwrote': case
            when finding.is_folded then null
            when earlier.previous is not null then true
            when listed.bucket is not null then false
        end,
        'versions': list_slice(version, 1, 20),
        'size': finding.size,
        'previous': earlier.previous,
        'size_delta': finding.size - earlier.previous.size,
        'network': class,
        'addresses': list_slice(address, 1, 20),
        'user_agents': list_slice(user_agent, 1, 5)
    } as metrics,
    event_count as record_total
from finding
left join earlier
    on earlier.principal is not distinct from finding.principal
    and earlier.target = finding.target
left join listed
    on listed.bucket = finding.bucket
order by
    first_seen,
    entity,
    actor
