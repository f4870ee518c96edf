-- ---
-- id: prv-ai-role-private-bucket
-- version: 1.0.0
-- title: Private data store used by the role of an AI workload
-- status: stable
-- severity: high
-- element: private-data
-- attack: [T1530, T1213]
-- atlas: [AML.T0085, AML.T0036]
-- description: >-
--   Finds requests of AI workload roles on data that reference/bucket.csv or reference/prefix.csv calls private, one finding
--   per role and store; refused requests apart, as medium. A store that reference/design.csv gives to the application is
--   reported only for days on which the role made more than so many times the requests of an ordinary day. A role belongs
--   to the applications whose resource it is in reference/inventory.csv, else to every one. Misses private data that nobody
--   listed, queries whose request names no store (such as Athena's GetQueryResults), and reads that no log holds.
-- requires:
--   v_private_access: optional
--   v_ai_role: optional
--   ref_bucket: optional
--   ref_prefix: optional
--   ref_design: optional
--   ref_inventory: optional
--   ref_cidr: optional
--   s3_access: helpful
--   cloudtrail_event: helpful
-- preconditions:
--   - query: >-
--       select (select count(*) from ref_bucket where class = 'private')
--       + (select count(*) from ref_prefix where class = 'private') > 0
--     otherwise: not_evaluable
--     reason: no private data is known; fill reference/bucket.csv
--   - query: select exists (from s3_access) or exists (from cloudtrail_event)
--     otherwise: not_evaluable
--     reason: neither S3 access logs nor CloudTrail are in the evidence
--   - query: select exists (from v_ai_role)
--     otherwise: partial
--     reason: no role of an AI workload is known; fill reference/principal.csv
-- parameters:
--   volume_factor: {type: double, default: 5, description: times the P95 of ordinary days from which designed use is too much}
--   min_base_events: {type: integer, default: 20, description: baseline requests of the role on the store that make an ordinary day}
--   case_from: {type: timestamptz, default: case, description: start of the period of interest}
--   base_from: {type: timestamptz, default: case, description: start of the baseline}
--   base_to: {type: timestamptz, default: case, description: end of the baseline; the start of the case when empty}
-- false_positives:
--   - Applications that are meant to read such data; list the store in reference/design.csv.
-- references:
--   - https://aws.amazon.com/blogs/security/methodology-for-incident-response-on-generative-ai-workloads/
-- changelog:
--   1.0.0: first version
-- ---
with request as (
    select
        access.*,
        role.class,
        role.origin,
        time_bucket(interval 1 day, access.event_time) as day
    from v_private_access as access
    join v_ai_role as role
        on role.principal = access.principal
    where access.kind in ('read', 'write', 'delete', 'list')
),
application as (
    select distinct
        request.principal,
        inventory.app
    from (select distinct principal from request) as request
    join ref_inventory as inventory
        on principal_matches(inventory.resource, request.principal)
),
designed as (
    select distinct
        request.principal,
        request.store
    from (select distinct principal, store from request) as request
    join ref_design as design
        on design.kind = 'store'
        and regexp_replace(design.target, '^(arn:[^:]*:s3:::|s3://)', '') = request.store
    where design.app in (select app from application where application.principal = request.principal)
        or request.principal not in (select principal from application)
),
daily as (
    select
        request.principal,
        request.store,
        request.day,
        count(*) as requests,
        coalesce(
            request.day < coalesce($base_to::timestamptz, $case_from::timestamptz)
            and ($base_from::timestamptz is null or request.day >= $base_from::timestamptz),
            false
        ) as in_baseline
    from request
    join designed
        using (principal, store)
    group by
        request.principal,
        request.store,
        request.day
),
ordinary as (
    select
        principal,
        store,
        quantile_cont(requests, 0.95) as p95
    from daily
    where in_baseline
    group by
        principal,
        store
    having sum(requests) >= $min_base_events::bigint
),
excess as (
    select
        daily.principal,
        daily.store,
        daily.day,
        ordinary.p95
    from daily
    join ordinary
        using (principal, store)
    where not daily.in_baseline
        and daily.requests > $volume_factor::double * ordinary.p95
),
reported as (
    select
        request.*,
        excess.p95,
        ip_class(request.source_ip) as address_class,
        case
            when excess.p95 is not null then 'volume'
            when is_refused then 'refused'
            else 'undesigned'
        end as reason
    from request
    left join designed
        using (principal, store)
    left join excess
        using (principal, store, day)
    where designed.principal is null
        or excess.principal is not null
),
grouped as (
    select
        principal,
        store,
        reason,
        case when reason = 'volume' then day end as day,
        min(event_time) as first_seen,
        max(event_time) as last_seen,
        count(*) as event_count,
        count(*) filter (is_refused) as refused,
        count(distinct object) as objects,
        coalesce(sum(bytes) filter (not is_refused), 0)::bigint as bytes,
        distinct_values(object) as object,
        distinct_values(operation) as operation,
        distinct_values(kind) as kind,
        distinct_values(source_ip) as address,
        distinct_values(address_class) as address_class,
        distinct_values(credential) as credential,
        min(region) as region,
        min(account_id) as account_id,
        any_value(class order by event_time, artifact_id, record_no) as class,
        any_value(origin order by event_time, artifact_id, record_no) as origin,
        max(p95) as p95,
        list(
            {'table': source, 'artifact_id': artifact_id, 'record_no': record_no}
            order by event_time, artifact_id, record_no
        ) as records
    from reported
    group by all
)
select
    'principal' as entity_type,
    principal as entity,
    case when reason = 'refused' then 'medium' else 'high' end as severity,
    first_seen,
    last_seen,
    event_count,
    short_name(principal)
    || case reason
        when 'refused' then ' was refused ' || counted(event_count, 'request')
        else ' made ' || counted(event_count, 'request')
    end
    || ' (' || array_to_string(operation, ', ') || ') on private ' || store
    || case when len(object) > 0 then ': ' || named(object) else '' end
    || ', ' || counted(bytes, 'byte')
    || coalesce(', from ' || nullif(named(address), ''), '')
    || case reason
        when 'volume'
            then '; the design allows it, and ' || format('{:g}', p95) || ' requests a day were ordinary'
        when 'undesigned' then '; the design of no application of this role has the store'
        else ''
    end as summary,
    records,
    principal as actor,
    case when len(address) = 1 then address[1] end as source_ip,
    region,
    account_id,
    case when starts_with(store, 'arn:') or reported_store.is_bucket is null then store else 'arn:aws:s3:::' || store end
        as resource,
    {
        'store': store,
        'reason': reason,
        'kinds': kind,
        'operations': operation,
        'objects': objects,
        'object_names': list_slice(object, 1, 20),
        'bytes': bytes,
        'refused': refused,
        'ordinary_requests_a_day': p95,
        'addresses': address,
        'address_classes': address_class,
        'credentials': credential,
        'role_classes': class,
        'known_by': origin
    } as metrics
from grouped
left join (
    select distinct
        store,
        true as is_bucket
    from request
    where object is not null
) as reported_store
    using (store)
order by
    first_seen,
    entity,
    store,
    reason
