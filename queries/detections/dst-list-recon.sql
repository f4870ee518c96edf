-- ---
-- id: dst-list-recon
-- version: 1.0.1
-- title: Buckets or objects listed by one identity
-- status: stable
-- severity: medium
-- element: data-store-changes
-- attack: [T1619, T1580]
-- atlas: [AML.T0007]
-- description: >-
--   Finds identities that list objects page by page or prefix by prefix, or read how many buckets are protected, inside
--   a sliding window, and IAM users that list the buckets of the account for the first time. Misses readers that keep
--   below the thresholds and roles that list buckets.
-- requires:
--   s3_access: helpful
--   cloudtrail_event: helpful
--   named_set: optional
-- preconditions:
--   - query: >-
--       select exists (from cloudtrail_event) or exists (from s3_access)
--     otherwise: not_evaluable
--     reason: neither CloudTrail nor S3 access logs are there
--   - query: >-
--       select coalesce(min(event_time) <= coalesce($base_to::timestamptz, $case_from::timestamptz)
--       - interval 7 days, false) from cloudtrail_event
--     otherwise: partial
--     reason: less than seven days of CloudTrail before the case, so nobody lists buckets for the first time
-- parameters:
--   min_pages: {type: integer, default: 20, description: lists of objects in a window}
--   min_prefixes: {type: integer, default: 10, description: different prefixes listed in a window}
--   min_buckets: {type: integer, default: 5, description: buckets whose protection is read in a window}
--   window: {type: interval, default: 10 minutes, description: length of the sliding window}
--   case_from: {type: timestamptz, default: case, description: start of the period of interest}
--   case_to: {type: timestamptz, default: case, description: end of the period of interest}
--   base_from: {type: timestamptz, default: case, description: start of the baseline}
--   base_to: {type: timestamptz, default: case, description: end of the baseline; the start of the case when empty}
-- false_positives:
--   - Inventory tools, posture scanners, backup software.
-- references:
--   - https://docs.aws.amazon.com/AmazonS3/latest/userguide/LogFormat.html
-- changelog:
--   1.0.1: the same rows, in time that grows with the events and no faster
--   1.0.0: first version
-- ---
with logged_list as (
    select
        's3_access' as source,
        'list' as kind,
        event_time,
        principal,
        bucket,
        bucket || '/' || coalesce(
            nullif(regexp_extract(request_uri, '[?&]prefix=([^& ]*)', 1), ''),
            key,
            ''
        ) as prefix,
        remote_ip as source_ip,
        null as region,
        null as account_id,
        null as error_code,
        request_id,
        artifact_id,
        record_no
    from s3_access
    where operation = 'REST.GET.BUCKET'
        and event_time is not null
),
recorded as (
    select
        'cloudtrail_event' as source,
        case
            when event_name = 'ListBuckets' then 'list_buckets'
            when starts_with(event_name, 'ListObject') then 'list'
            else 'posture'
        end as kind,
        event_time,
        principal,
        request_parameters ->> '$.bucketName' as bucket,
        (request_parameters ->> '$.bucketName') || '/'
        || coalesce(request_parameters ->> '$.prefix', '') as prefix,
        source_ip_address as source_ip,
        aws_region as region,
        recipient_account_id as account_id,
        error_code,
        request_id,
        identity_type,
        artifact_id,
        record_no
    from cloudtrail_event
    where event_source = 's3.amazonaws.com'
        and (
            event_name in ('ListObjects', 'ListObjectsV2', 'ListObjectVersions', 'ListBuckets')
            or event_name in (select member from named_set where name = 'S3_POSTURE_READ')
        )
        and event_time is not null
        and invoked_by is null
),
-- Both logs tell of one list; the access log stands for it.
request as (
    select *
    from logged_list
    union all
    select recorded.* exclude (identity_type)
    from recorded
    anti join logged_list
        on logged_list.request_id = recorded.request_id
    where recorded.kind <> 'list_buckets'
),
candidate as (
    select
        kind,
        principal
    from request
    group by
        kind,
        principal
    having kind = 'list' and count(*) >= least($min_pages::bigint, $min_prefixes::bigint)
        or kind = 'posture' and count(distinct bucket) >= $min_buckets::bigint
),
read as (
    select
        request.*,
        case when request.kind = 'list' then request.prefix else request.bucket end as target
    from request
    join candidate
        on candidate.kind = request.kind
        and candidate.principal is not distinct from request.principal
),
-- Different values in a sliding window, without a self join: a row counts from its own time until the same value comes
-- again or the window has passed it, whichever is earlier.
spell as (
    select
        kind,
        principal,
        event_time,
        event_time + $window::interval + interval 1 microsecond as row_end,
        least(lead(event_time) over same_target, row_end) as target_end
    from read
    window same_target as (
        partition by kind, principal, target
        order by event_time, artifact_id, record_no
    )
),
change as (
    select
        kind,
        principal,
        event_time as instant,
        true as is_event,
        1 as target_change,
        1 as row_change
    from spell
    union all
    select kind, principal, target_end, false, -1, 0
    from spell
    union all
    select kind, principal, row_end, false, 0, -1
    from spell
),
level as (
    select
        kind,
        principal,
        instant,
        is_event,
        sum(target_change) over sweep as target_count,
        sum(row_change) over sweep as row_count
    from change
    window sweep as (
        partition by kind, principal
        order by instant
        range between unbounded preceding and current row
    )
),
hot as (
    select distinct
        kind,
        principal,
        instant,
        target_count,
        row_count
    from level
    where is_event
        and case
            when kind = 'list'
            then row_count >= $min_pages::bigint or target_count >= $min_prefixes::bigint
            else target_count >= $min_buckets::bigint
        end
),
started as (
    select
        *,
        instant - lag(instant) over same_reader > $window::interval as starts_burst
    from hot
    window same_reader as (partition by kind, principal order by instant)
),
numbered as (
    select
        *,
        count(case when starts_burst then 1 end) over (partition by kind, principal order by instant) as burst
    from started
),
burst as (
    select
        kind,
        principal,
        burst,
        min(instant) as reached,
        max(instant) as last_instant,
        max(row_count)::bigint as peak_requests,
        max(target_count)::bigint as peak_targets
    from numbered
    group by
        kind,
        principal,
        burst
),
baseline as (
    select coalesce($base_to::timestamptz, $case_from::timestamptz) as base_end
    from cloudtrail_event
    having min(event_time) <= base_end - interval 7 days
),
known_lister as (
    select distinct recorded.principal
    from recorded
    cross join baseline
    where recorded.kind = 'list_buckets'
        and recorded.event_time < baseline.base_end
        and ($base_from::timestamptz is null or recorded.event_time >= $base_from::timestamptz)
),
evidence as (
    select
        burst.kind,
        burst.burst,
        burst.reached,
        burst.peak_requests,
        burst.peak_targets,
        read.* exclude (kind, target)
    from burst
    join read
        on read.kind = burst.kind
        and read.principal is not distinct from burst.principal
        and read.event_time between burst.reached - $window::interval and burst.last_instant
    union all by name
    select
        recorded.* exclude (identity_type, bucket, prefix),
        0 as burst,
        min(recorded.event_time) over (partition by recorded.principal) as reached,
        null as peak_requests,
        null as peak_targets
    from recorded
    cross join baseline
    where recorded.kind = 'list_buckets'
        and recorded.identity_type = 'IAMUser'
        and recorded.event_time >= baseline.base_end
        and ($case_to::timestamptz is null or recorded.event_time < $case_to::timestamptz)
        and not exists (
            from known_lister
            where known_lister.principal is not distinct from recorded.principal
        )
)
select
    'principal' as entity_type,
    coalesce(principal, 'anonymous') as entity,
    'medium' as severity,
    min(event_time) as first_seen,
    max(event_time) as last_seen,
    count(*) as event_count,
    short_name(principal) || case kind
        when 'list'
        then ' listed objects with ' || counted(count(*), 'request') || ' over '
            || counted(count(distinct prefix), 'prefix') || ' in ' || named(distinct_values(bucket))
        when 'posture'
        then ' read the protection of ' || counted(count(distinct bucket), 'bucket') || ' in '
            || counted(count(*), 'request')
        else ' listed the buckets of the account for the first time, ' || counted(count(*), 'call')
    end
    || ' (' || moment(min(event_time)) || ' to ' || moment(max(event_time)) || ')' as summary,
    list(
        {'table': source, 'artifact_id': artifact_id, 'record_no': record_no}
        order by event_time, artifact_id, record_no
    ) as records,
    principal as actor,
    case when count(distinct source_ip) = 1 then min(source_ip) end as source_ip,
    case when count(distinct region) = 1 then min(region) end as region,
    min(account_id) as account_id,
    case when count(distinct bucket) = 1 then min(bucket) end as resource,
    {
        'kind': kind,
        'requests': count(*),
        'prefixes': count(distinct prefix) filter (kind = 'list'),
        'buckets': list_slice(distinct_values(bucket), 1, 50),
        'reached': reached,
        'peak_requests': peak_requests,
        'peak_targets': peak_targets,
        'failed': count(error_code),
        'addresses': list_slice(distinct_values(source_ip), 1, 50)
    } as metrics
from evidence
group by
    kind,
    principal,
    burst,
    reached,
    peak_requests,
    peak_targets
order by
    first_seen,
    entity,
    kind
