-- ---
-- id: rdy-evidence-integrity
-- version: 1.0.0
-- title: Integrity of the evidence and of the stores that it came from
-- status: stable
-- severity: info
-- element: readiness
-- attack: [T1070]
-- atlas: []
-- description: >-
--   Finds what vouches for the evidence: each acquisition with its files, all sealed with SHA-256 and checked while they
--   are read; each CloudTrail trail with the verdicts of the last verify on its digests and log files; the share of S3
--   objects whose version and checksum were listed. Info as long as all is in order; high when sealed bytes changed, when
--   a digest or a log file is invalid, missing or a chain has a gap. Also high, one finding per bucket and identity: since
--   the case began somebody other than an AWS service wrote to or deleted from a bucket of class log, bedrock_log or
--   capture. Misses changes in place before the first digest, and writes to log buckets that no data event or access log
--   recorded.
-- requires:
--   artifact: helpful
--   integrity_verdict: helpful
--   s3_object_version: optional
--   cloudtrail_event: optional
--   s3_access: optional
--   ref_bucket: optional
--   ref_principal: optional
--   named_set: optional
-- parameters:
--   case_from: {type: timestamptz, default: case, description: start of the period of interest}
-- false_positives:
--   - Collection of evidence by the responders themselves; name them as log_reader in reference/principal.csv.
-- references:
--   - https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-log-file-validation-intro.html
-- changelog:
--   1.0.0: first version
-- ---
with acquisition as (
    select
        'acquisition' as entity_type,
        'acquisition ' || acquisition as entity,
        count(*) filter (state in ('changed', 'refused')) as bad,
        count(*)::bigint as things,
        counted(count(distinct path), 'file') || ' sealed with SHA-256, '
        || format('{:,} bytes', (sum(size) filter (member is null))::bigint)
        || case
            when count(*) filter (state in ('changed', 'refused')) > 0
                then '; ' || counted(count(*) filter (state in ('changed', 'refused')), 'file')
                    || ' no longer as sealed'
            else '; all were as sealed when they were read'
        end
        || case
            when count(*) filter (state = 'unreadable') > 0
                then '; ' || counted(count(*) filter (state = 'unreadable'), 'file') || ' unreadable'
            else ''
        end as told,
        null::varchar as region,
        null::varchar as account_id
    from artifact
    group by acquisition
),
trail as (
    select
        'trail' as entity_type,
        'digests of ' || coalesce(trail, 'an unknown trail') || coalesce(' in ' || region, '') as entity,
        count(*) filter (verdict in ('invalid', 'missing', 'gap')) as bad,
        count(*)::bigint as things,
        array_to_string(
            list_sort(list(counted(verdicts, verdict || ' ' || kind) order by kind, verdict)),
            ', '
        ) as told,
        region,
        min(account_id) as account_id
    from (
        select
            trail,
            region,
            kind,
            verdict,
            count(*) as verdicts,
            min(account_id) as account_id
        from integrity_verdict
        group by
            trail,
            region,
            kind,
            verdict
    )
    group by
        trail,
        region
),
object as (
    select
        'bucket' as entity_type,
        'objects of ' || bucket as entity,
        0 as bad,
        count(*)::bigint as things,
        counted(count(*), 'version') || ' listed, ' || format('{:,}', count(version_id)) || ' with a version id, '
        || format('{:,}', count(etag)) || ' with an ETag, '
        || format('{:,}', count(coalesce(sha256, checksum_sha256))) || ' with a SHA-256' as told,
        null::varchar as region,
        null::varchar as account_id
    from s3_object_version
    where bucket is not null
        and not coalesce(is_delete_marker, false)
    group by bucket
),
log_bucket as (
    select bucket
    from ref_bucket
    where class in ('log', 'bedrock_log', 'capture')
),
write as (
    select
        request_parameters ->> '$.bucketName' as bucket,
        principal,
        event_time,
        event_name as action,
        source_ip_address as source_ip,
        'cloudtrail_event' as source,
        artifact_id,
        record_no
    from cloudtrail_event
    where event_source = 's3.amazonaws.com'
        and event_name in (
            'PutObject', 'CopyObject', 'CompleteMultipartUpload', 'DeleteObject', 'DeleteObjects', 'RestoreObject',
            'PutObjectRetention', 'PutObjectLegalHold'
        )
        and error_code is null
        and identity_type is distinct from 'AWSService'
        and invoked_by is null
        and (request_parameters ->> '$.bucketName') in (select bucket from log_bucket)
    union all
    select
        bucket,
        principal,
        event_time,
        operation,
        remote_ip,
        's3_access',
        artifact_id,
        record_no
    from s3_access
    where operation in (
            select member
            from named_set
            where name in ('S3_WRITE_OPERATION', 'S3_DELETE_OPERATION')
        )
        and http_status between 200 and 299
        and bucket in (select bucket from log_bucket)
        and not contains(principal, 'amazonaws.com')
),
tampered as (
    select
        bucket,
        principal,
        min(event_time) as first_seen,
        max(event_time) as last_seen,
        count(*) as writes,
        distinct_values(action) as actions,
        distinct_values(source_ip) as address,
        list(
            {'table': source, 'artifact_id': artifact_id, 'record_no': record_no}
            order by event_time, artifact_id, record_no
        ) as records
    from write
    where ($case_from::timestamptz is null or event_time >= $case_from::timestamptz)
        and not exists (
            select 1
            from ref_principal
            where class = 'log_reader'
                and principal_matches(ref_principal.principal, write.principal)
        )
    group by
        bucket,
        principal
)
select
    entity_type,
    entity,
    case when bad > 0 then 'high' else 'info' end as severity,
    null::timestamptz as first_seen,
    null::timestamptz as last_seen,
    things as event_count,
    entity || ': ' || told as summary,
    []::struct("table" varchar, artifact_id bigint, record_no bigint)[] as records,
    null::varchar as actor,
    null::varchar as source_ip,
    region,
    account_id,
    entity as resource,
    {'in_order': bad = 0, 'bad': bad, 'actions': []::varchar[]} as metrics
from (
    from acquisition
    union all
    from trail
    union all
    from object
)
union all
select
    'bucket' as entity_type,
    bucket as entity,
    'high' as severity,
    first_seen,
    last_seen,
    writes as event_count,
    coalesce(short_name(principal), 'nobody known') || ' wrote to the log bucket ' || bucket || ' '
    || counted(writes, 'time') || ' since the case began (' || array_to_string(actions, ', ') || '), first at '
    || moment(first_seen) as summary,
    records,
    principal as actor,
    case when len(address) = 1 then address[1] end as source_ip,
    null::varchar as region,
    null::varchar as account_id,
    'arn:aws:s3:::' || bucket as resource,
    {'in_order': false, 'bad': writes, 'actions': actions} as metrics
from tampered
order by
    first_seen nulls first,
    entity_type,
    entity,
    actor
