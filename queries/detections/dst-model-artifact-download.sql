-- ---
-- id: dst-model-artifact-download
-- version: 1.0.0
-- title: Model artifact downloaded by an unusual requester
-- status: stable
-- severity: high
-- element: data-store-changes
-- attack: [T1530]
-- atlas: [AML.T0044, AML.T0048.004, AML.T0035]
-- description: >-
--   Finds downloads of model files from known model prefixes by an identity that is no role of AI workloads, pipelines
--   or the registry, or from an external address, when the identity got at least a number of bytes from one address.
--   Also finds container images pulled by a foreign account and models packaged or exported by such an identity. Access
--   logs lead, S3 data events of CloudTrail fill in. Misses models outside the prefixes of reference/prefix.csv, small
--   models, and thieves who are one of the expected roles inside our own network.
-- requires:
--   s3_access: helpful
--   cloudtrail_event: helpful
--   ref_principal: helpful
--   ref_cidr: helpful
--   ref_prefix: optional
--   ref_bucket: optional
--   ref_account: optional
-- preconditions:
--   - query: >-
--       select exists (from cloudtrail_event) or exists (from s3_access)
--     otherwise: not_evaluable
--     reason: neither CloudTrail nor S3 access logs are there
--   - query: >-
--       select exists (from ref_prefix where class = 'model') or exists (from ref_bucket where class = 'model')
--     otherwise: not_evaluable
--     reason: no place of models is known; fill reference/prefix.csv
-- parameters:
--   min_bytes: {type: integer, default: 100000000, description: bytes that an identity got from one address}
--   max_objects: {type: integer, default: 20, description: files of one download that are findings of their own; more of them are one}
-- false_positives:
--   - Data scientists who evaluate a model on their own machine.
-- references:
--   - https://atlas.mitre.org/techniques/AML.T0044
-- changelog:
--   1.0.0: first version
-- ---
with logged as (
    select
        's3_access' as source,
        event_time,
        principal,
        remote_ip as source_ip,
        null as region,
        null as account_id,
        bucket,
        key,
        version_id,
        coalesce(bytes_sent, 0) as bytes,
        user_agent,
        request_id,
        artifact_id,
        record_no
    from s3_access
    where operation = 'REST.GET.OBJECT'
        and http_status in (200, 206)
        and event_time is not null
        and regexp_matches(key, '(?i)\.(tar\.gz|safetensors|bin|pt|onnx|gguf)$')
),
recorded as (
    select
        'cloudtrail_event' as source,
        event_time,
        principal,
        source_ip_address as source_ip,
        aws_region as region,
        recipient_account_id as account_id,
        request_parameters ->> '$.bucketName' as bucket,
        request_parameters ->> '$.key' as key,
        request_parameters ->> '$.versionId' as version_id,
        coalesce(event_bytes(additional_event_data), 0) as bytes,
        user_agent,
        request_id,
        artifact_id,
        record_no
    from cloudtrail_event
    where event_name = 'GetObject'
        and event_source in ('s3.amazonaws.com', 's3express.amazonaws.com')
        and error_code is null
        and event_time is not null
        and regexp_matches(
            request_parameters ->> '$.key',
            '(?i)\.(tar\.gz|safetensors|bin|pt|onnx|gguf)$'
        )
),
download as (
    select *
    from logged
    union all
    select recorded.*
    from recorded
    anti join logged
        on logged.request_id = recorded.request_id
),
model_object as (
    select
        bucket,
        key
    from (select distinct bucket, key from download)
    where object_class(bucket, key) = 'model'
),
expected as (
    select distinct caller.principal
    from (select distinct principal from download) as caller
    join ref_principal as known
        on principal_matches(known.principal, caller.principal)
    where known.class in ('ai_role', 'model_writer', 'pipeline')
),
place as (
    select
        source_ip,
        ip_class(source_ip) as class
    from (select distinct source_ip from download)
),
suspect as (
    select
        download.*,
        place.class,
        not is_own_class(place.class) and place.class <> 'unknown' as is_external,
        expected.principal is not null as is_expected
    from download
    join model_object
        on model_object.bucket = download.bucket
        and model_object.key = download.key
    left join place
        on place.source_ip = download.source_ip
    left join expected
        on expected.principal = download.principal
    -- Services of AWS fetch artifacts under the role of the job.
    where (expected.principal is null or not is_own_class(place.class) and place.class <> 'unknown')
        and coalesce(place.class, '') <> 'service'
),
haul as (
    select
        principal,
        source_ip,
        bucket,
        count(distinct key) as objects,
        sum(bytes)::bigint as bytes
    from suspect
    group by
        principal,
        source_ip,
        bucket
),
large as (
    select
        principal,
        source_ip
    from haul
    group by
        principal,
        source_ip
    having sum(bytes) >= $min_bytes::bigint
),
taken as (
    select
        'download' as kind,
        suspect.principal,
        suspect.source_ip,
        suspect.class,
        suspect.is_external,
        suspect.is_expected,
        case
            when haul.objects > $max_objects::bigint then 's3://' || suspect.bucket
            else 's3://' || suspect.bucket || '/' || suspect.key
        end as target,
        haul.objects > $max_objects::bigint as is_folded,
        count(*) as event_count,
        count(distinct suspect.key) as objects,
        sum(suspect.bytes)::bigint as bytes,
        min(suspect.event_time) as first_seen,
        max(suspect.event_time) as last_seen,
        min(suspect.region) as region,
        min(suspect.account_id) as account_id,
        distinct_values(suspect.version_id) as version,
        min(suspect.user_agent) as user_agent,
        ['GetObject'] as event_name,
        arg_min(
            {
                'table': suspect.source,
                'artifact_id': suspect.artifact_id,
                'record_no': suspect.record_no
            },
            row(suspect.event_time, suspect.artifact_id, suspect.record_no),
            200
        ) as records
    from suspect
    join large
        on large.principal is not distinct from suspect.principal
        and large.source_ip is not distinct from suspect.source_ip
    join haul
        on haul.principal is not distinct from suspect.principal
        and haul.source_ip is not distinct from suspect.source_ip
        and haul.bucket = suspect.bucket
    group by
        suspect.principal,
        suspect.source_ip,
        suspect.class,
        suspect.is_external,
        suspect.is_expected,
        target,
        is_folded
),
known_account as (
    select account
    from ref_account
    union
    select distinct recipient_account_id as account
    from cloudtrail_event
    where recipient_account_id is not null
),
control as (
    select
        case when event_source = 'ecr.amazonaws.com' then 'image' else 'export' end as kind,
        event_time,
        event_name,
        principal,
        account_id as caller_account,
        source_ip_address as source_ip,
        aws_region as region,
        recipient_account_id as account_id,
        case
            when event_source = 'ecr.amazonaws.com' then request_parameters ->> '$.repositoryName'
            else coalesce(
                request_parameters ->> '$.modelPackageGroupName',
                request_parameters ->> '$.modelPackageName',
                request_parameters ->> '$.modelName',
                event_name
            )
        end as target,
        user_agent,
        artifact_id,
        record_no
    from cloudtrail_event
    where error_code is null
        and event_time is not null
        and invoked_by is null
        and (
            event_source = 'ecr.amazonaws.com'
            and event_name in ('GetDownloadUrlForLayer', 'BatchGetImage')
            and account_id is not null
            or event_source in ('sagemaker.amazonaws.com', 'bedrock.amazonaws.com')
            and event_name in ('CreateModelPackage', 'CreateEdgePackagingJob', 'ExportModel')
        )
),
packager as (
    select distinct caller.principal
    from (select distinct principal from control where kind = 'export') as caller
    join ref_principal as known
        on principal_matches(known.principal, caller.principal)
    where known.class in ('ai_role', 'model_writer', 'pipeline', 'ci')
),
handed_out as (
    select
        kind,
        principal,
        source_ip,
        null as class,
        null::boolean as is_external,
        false as is_expected,
        coalesce(target, 'unknown') as target,
        false as is_folded,
        count(*) as event_count,
        null::bigint as objects,
        null::bigint as bytes,
        min(event_time) as first_seen,
        max(event_time) as last_seen,
        min(region) as region,
        min(account_id) as account_id,
        []::varchar[] as version,
        min(user_agent) as user_agent,
        distinct_values(event_name) as event_name,
        arg_min(
            {
                'table': 'cloudtrail_event',
                'artifact_id': artifact_id,
                'record_no': record_no
            },
            row(event_time, artifact_id, record_no),
            200
        ) as records
    from control
    where case
        when kind = 'image'
        then caller_account not in (select account from known_account where account is not null)
        else not exists (
            from packager
            where packager.principal is not distinct from control.principal
        )
    end
    group by
        kind,
        principal,
        source_ip,
        target
),
finding as (
    select *
    from taken
    union all
    select *
    from handed_out
)
select
    case kind
        when 'download' then case when is_folded then 'bucket' else 'object' end
        when 'image' then 'repository'
        else 'model'
    end as entity_type,
    target as entity,
    case when kind = 'export' then 'medium' else 'high' end as severity,
    first_seen,
    last_seen,
    event_count,
    short_name(principal) || case kind
        when 'download'
        then ' downloaded ' || target || ' (' || counted(objects, 'file') || ', '
            || format('{:,}', bytes) || ' bytes)'
        when 'image' then ' of a foreign account pulled the image ' || target
        else ' packaged or exported the model ' || target
    end
    || ' from ' || coalesce(source_ip, 'an unknown address') || coalesce(' (' || class || ')', '')
    || ' at ' || moment(first_seen)
    || case
        when is_external and is_expected then '; the identity is expected, the address is not'
        else ''
    end
    as summary,
    records,
    principal as actor,
    source_ip,
    region,
    account_id,
    target as resource,
    {
        'kind': kind,
        'objects': objects,
        'bytes': bytes,
        'versions': list_slice(version, 1, 20),
        'expected_identity': is_expected,
        'external_address': is_external,
        'event_names': event_name,
        'user_agent': user_agent
    } as metrics,
    event_count as record_total
from finding
order by
    first_seen,
    entity,
    actor
