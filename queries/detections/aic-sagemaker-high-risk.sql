-- ---
-- id: aic-sagemaker-high-risk
-- version: 1.0.0
-- title: High-risk SageMaker action out of its usual context
-- status: stable
-- severity: medium
-- element: ai-changes
-- attack: [T1578, T1525]
-- atlas: [AML.T0018, AML.T0012]
-- description: >-
--   Finds SageMaker calls that run code, move models or open a door, scored by context: one point for the call, two when
--   its identity has never made it before the case, two from an external address, two when the attacker holds the
--   identity, one when it failed, one when the identity is no pipeline role. Calls of one identity, name and address are
--   one finding. Misses calls from inside by identities that made them before, and every term whose reference is empty.
-- requires:
--   cloudtrail_event: needed
--   named_set: optional
--   ref_principal: helpful
--   ref_cidr: helpful
--   v_flagged: optional
-- preconditions:
--   - query: >-
--       select coalesce(min(event_time) <= coalesce($base_to::timestamptz, $case_from::timestamptz)
--       - interval 7 days, false) from cloudtrail_event
--     otherwise: partial
--     reason: less than seven days of CloudTrail before the case, so unseen may only mean unrecorded
-- parameters:
--   medium_points: {type: integer, default: 3, description: points from which a call is a finding}
--   high_points: {type: integer, default: 5, description: points from which it is of high severity}
--   case_from: {type: timestamptz, default: case, description: start of the period of interest}
--   base_from: {type: timestamptz, default: case, description: start of the baseline}
--   base_to: {type: timestamptz, default: case, description: end of the baseline; the start of the case when empty}
-- false_positives:
--   - MLOps pipelines that are not listed as pipeline in reference/principal.csv.
--   - The first job of a new project.
-- references:
--   - https://docs.aws.amazon.com/sagemaker/latest/dg/logging-using-cloudtrail.html
-- changelog:
--   1.0.0: first version
-- ---
with call as (
    select
        event_time,
        event_name,
        principal,
        credential,
        source_ip_address,
        aws_region,
        recipient_account_id,
        event_resource(request_parameters, resources) as resource,
        error_code is not null as failed,
        event_name in (select member from named_set where name = 'SM_HIGH_RISK') as on_seed_list,
        artifact_id,
        record_no
    from cloudtrail_event
    where event_source = 'sagemaker.amazonaws.com'
        and event_name in (
            select member from named_set where name in ('SM_HIGH_RISK', 'SM_HIGH_RISK_EXT')
        )
),
habit as (
    select distinct
        principal,
        event_name
    from call
    where event_time < coalesce($base_to::timestamptz, $case_from::timestamptz)
        and ($base_from::timestamptz is null or event_time >= $base_from::timestamptz)
),
reference as (
    select
        (select count(*) > 0 from ref_cidr) as knows_places,
        (select count(*) > 0 from ref_principal where class = 'pipeline') as knows_pipelines
),
judged as (
    select
        call.*,
        coalesce(
            call.event_time >= coalesce($base_to::timestamptz, $case_from::timestamptz)
            and habit.principal is null,
            false
        ) as is_unseen,
        reference.knows_places
        and coalesce(not is_own_class(ip_class(call.source_ip_address)), false) as is_external,
        coalesce(call.event_time >= held.since - interval 1 second, false)
        or coalesce(call.event_time >= owned.since - interval 1 second, false) as is_flagged,
        reference.knows_pipelines
        and not exists (
            select 1
            from ref_principal as known
            where known.class = 'pipeline'
                and principal_matches(known.principal, call.principal)
        ) as is_outside_pipeline
    from call
    cross join reference
    left join habit
        on habit.principal = call.principal
        and habit.event_name = call.event_name
    left join v_flagged as held
        on held.value = call.credential
    left join v_flagged as owned
        on owned.value = call.principal
),
scored as (
    select
        *,
        1
        + 2 * is_unseen::bigint
        + 2 * is_external::bigint
        + 2 * is_flagged::bigint
        + failed::bigint
        + is_outside_pipeline::bigint as points
    from judged
),
grouped as (
    select
        principal,
        event_name,
        source_ip_address,
        bool_or(on_seed_list) as on_seed_list,
        max(points) as points,
        bool_or(is_unseen) as is_unseen,
        bool_or(is_external) as is_external,
        bool_or(is_flagged) as is_flagged,
        bool_or(is_outside_pipeline) as is_outside_pipeline,
        count(*) filter (failed) as failed_count,
        distinct_values(resource) as resource,
        distinct_values(aws_region) as region,
        distinct_values(credential) as credential,
        min(recipient_account_id) as account_id,
        min(event_time) as first_seen,
        max(event_time) as last_seen,
        count(*) as event_count,
        list(
            {'table': 'cloudtrail_event', 'artifact_id': artifact_id, 'record_no': record_no}
            order by event_time, artifact_id, record_no
        ) as records
    from scored
    where points >= $medium_points::bigint
    group by
        principal,
        event_name,
        source_ip_address
)
select
    'principal' as entity_type,
    principal as entity,
    case when points >= $high_points::bigint then 'high' else 'medium' end as severity,
    first_seen,
    last_seen,
    event_count,
    short_name(principal) || ' made ' || counted(event_count, event_name || ' call')
    || ' from ' || coalesce(source_ip_address, 'an unknown address')
    || case when len(resource) > 0 then ' on ' || named(resource) else '' end
    || ' (' || points || ' points: ' || concat_ws(
        ', ',
        'high-risk call',
        case when is_unseen then 'never made before the case' end,
        case when is_external then 'external address' end,
        case when is_flagged then 'held by the attacker' end,
        case when failed_count > 0 then failed_count || ' failed' end,
        case when is_outside_pipeline then 'no pipeline role' end
    ) || ')' as summary,
    records,
    principal as actor,
    source_ip_address as source_ip,
    case when len(region) = 1 then region[1] end as region,
    account_id,
    case when len(resource) = 1 then resource[1] end as resource,
    {
        'points': points,
        'event_name': event_name,
        'on_seed_list': on_seed_list,
        'unseen': is_unseen,
        'external': is_external,
        'flagged': is_flagged,
        'failed': failed_count,
        'outside_pipeline': is_outside_pipeline,
        'resources': list_slice(resource, 1, 20),
        'regions': region,
        'credentials': credential
    } as metrics
from grouped
order by
    points desc,
    first_seen,
    principal,
    event_name,
    source_ip_address
