-- ---
-- id: dst-new-requester-network
-- version: 1.0.0
-- title: Known requester reads data from a new network
-- status: stable
-- severity: high
-- element: data-store-changes
-- attack: [T1530, T1078.004]
-- atlas: [AML.T0035, AML.T0012]
-- description: >-
--   Finds identities that were active on buckets with sensitive data in the baseline and use such a bucket afterwards
--   from an address that they never used and that belongs neither to us nor to AWS, or, when all their addresses were
--   private ones until then, from any public one. One finding per identity and address. Misses a thief behind a network
--   that the identity used before, and identities without a baseline.
-- requires:
--   s3_access: needed
--   ref_bucket: helpful
--   ref_cidr: helpful
--   ref_prefix: optional
-- preconditions:
--   - query: >-
--       select coalesce(min(event_time) <= coalesce($base_to::timestamptz, $case_from::timestamptz)
--       - interval 7 days, false) from s3_access
--     otherwise: not_evaluable
--     reason: less than seven days of S3 access logs before the case, so unseen may only mean unrecorded
-- parameters:
--   min_baseline_events: {type: integer, default: 20, description: baseline requests of an identity that make it known}
--   case_from: {type: timestamptz, default: case, description: start of the period of interest}
--   case_to: {type: timestamptz, default: case, description: end of the period of interest}
--   base_from: {type: timestamptz, default: case, description: start of the baseline}
--   base_to: {type: timestamptz, default: case, description: end of the baseline; the start of the case when empty}
-- false_positives:
--   - A re-designed network, a new exit of the company's VPN.
-- references:
--   - https://docs.aws.amazon.com/AmazonS3/latest/userguide/LogFormat.html
-- changelog:
--   1.0.0: first version
-- ---
with sensitive as (
    select bucket
    from ref_bucket
    union
    select bucket
    from ref_prefix
),
-- Few rows: one per identity and address, the buckets and figures of the case beside those of the baseline.
visit as (
    select
        principal_key(principal) as identity,
        min(principal) as principal,
        remote_ip,
        count(*) filter (is_before) as earlier,
        count(*) filter (not is_before) as event_count,
        min(event_time) filter (not is_before) as first_seen,
        max(event_time) filter (not is_before) as last_seen,
        distinct_values(case when not is_before then bucket end) as bucket,
        distinct_values(case when not is_before then operation end) as operation,
        count(distinct key) filter (not is_before) as objects,
        coalesce(sum(bytes_sent) filter (not is_before and starts_with(operation, 'REST.GET.')), 0)::bigint
        as bytes,
        count(*) filter (not is_before and http_status in (401, 403)) as denied,
        min(user_agent) filter (not is_before) as user_agent
    from (
        select
            *,
            event_time < coalesce($base_to::timestamptz, $case_from::timestamptz) as is_before
        from s3_access
        where bucket in (select bucket from sensitive)
            and principal is not null
            and remote_ip is not null
            and ($base_from::timestamptz is null or event_time >= $base_from::timestamptz)
            and ($case_to::timestamptz is null or event_time < $case_to::timestamptz)
    )
    group by
        identity,
        remote_ip
),
place as (
    select
        remote_ip,
        address_site(remote_ip) as site,
        ip_class(remote_ip) as class
    from (select distinct remote_ip from visit)
),
known as (
    select
        visit.identity,
        distinct_values(place.site) as site,
        bool_and(place.class in ('own_vpc', 'internal')) as was_private,
        sum(visit.earlier)::bigint as earlier
    from visit
    join place
        on place.remote_ip = visit.remote_ip
    where visit.earlier > 0
    group by visit.identity
    having sum(visit.earlier) >= $min_baseline_events::bigint
),
finding as (
    select
        visit.*,
        place.class,
        known.earlier as baseline_events,
        known.site as known_site,
        not is_own_class(place.class) as is_foreign
    from visit
    join place
        on place.remote_ip = visit.remote_ip
    join known
        on known.identity = visit.identity
    where visit.event_count > 0
        and not list_contains(known.site, place.site)
        and place.class <> 'unknown'
        and (
            not is_own_class(place.class)
            or known.was_private
            and place.class in ('corp', 'own_eip')
        )
),
evidence as (
    select
        finding.identity,
        finding.remote_ip,
        arg_min(
            {
                'table': 's3_access',
                'artifact_id': access.artifact_id,
                'record_no': access.record_no
            },
            row(access.event_time, access.artifact_id, access.record_no),
            200
        ) as records
    from finding
    join s3_access as access
        on access.remote_ip = finding.remote_ip
        and principal_key(access.principal) = finding.identity
    where access.bucket in (select bucket from sensitive)
        and access.event_time between finding.first_seen and finding.last_seen
    group by
        finding.identity,
        finding.remote_ip
)
select
    'principal@address' as entity_type,
    finding.principal || '@' || finding.remote_ip as entity,
    'high' as severity,
    first_seen,
    last_seen,
    event_count,
    short_name(finding.principal) || ' made ' || counted(event_count, 'request') || ' to '
    || named(bucket) || ' from ' || finding.remote_ip || ' (' || class || '), '
    || format('{:,}', bytes) || ' bytes read; in ' || counted(baseline_events, 'earlier request')
    || ' it came from ' || named(known_site) as summary,
    evidence.records,
    finding.principal as actor,
    finding.remote_ip as source_ip,
    case when len(bucket) = 1 then bucket[1] end as resource,
    {
        'buckets': bucket,
        'operations': operation,
        'objects': objects,
        'bytes': bytes,
        'denied': denied,
        'class': class,
        'left_private_network': not is_foreign,
        'baseline_events': baseline_events,
        'known_addresses': list_slice(known_site, 1, 20),
        'user_agent': user_agent
    } as metrics,
    event_count as record_total
from finding
join evidence
    on evidence.identity = finding.identity
    and evidence.remote_ip = finding.remote_ip
order by
    first_seen,
    entity
