-- ---
-- id: iam-permission-risk-summary
-- version: 1.1.0
-- title: What an identity may do to the AI workload
-- status: stable
-- severity: medium
-- element: access
-- attack: [T1078.004, T1548.005]
-- atlas: [AML.T0012]
-- description: >-
--   Finds what each user and role may do to the AI workload, by capability and not by number of actions: weight of the
--   capability times reach of the resource (all 1.0, a pattern 0.6, one resource 0.3), after denials and boundaries.
--   Critical with full power, permissions on anything, or code on AI compute with any role; high from 12, medium from 5,
--   low above 0. Low ones are told for identities that are known or held by the attacker. What runs code through a role
--   that it passes counts only together with PassRole. Says what was used, and what holds under conditions only. Without
--   IAM details the calls that succeeded give a lower bound. Misses policies of organizations, resources and sessions, and
--   does not evaluate conditions.
-- requires:
--   cloudtrail_event: helpful
--   iam_statement: helpful
--   iam_principal: helpful
--   v_iam_permission: optional
--   v_capability: optional
--   v_flagged: optional
--   ref_bucket: helpful
--   ref_principal: optional
-- preconditions:
--   - query: select (select count(*) > 0 from iam_statement) or (select count(*) > 0 from cloudtrail_event)
--     otherwise: not_evaluable
--     reason: neither IAM details nor CloudTrail are in the evidence
-- parameters:
--   high_score: {type: double, default: 12, description: score from which the risk is high}
--   medium_score: {type: double, default: 5, description: score from which the risk is medium}
-- false_positives:
--   - None; this is an inventory. Conditions may narrow what is said here.
-- references:
--   - https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html
-- changelog:
--   1.0.0: first version
--   1.1.0: decides by v_iam_permission, so that partial denials, NotAction, NotResource and boundaries count as IAM has them
-- ---
with permission as materialized (
    select *
    from v_iam_permission
),
capability as materialized (
    select *
    from v_capability
),
place as (
    select
        bucket,
        case when class = 'private' then 'private' else 'data' end as kind
    from ref_bucket
    where class in ('training', 'model', 'kb', 'private')
),
passing as (
    select
        principal,
        max(reach) as reach
    from permission
    where action = 'iam:passrole'
    group by principal
),
allowed as (
    select
        permission.*,
        capability.capability
    from permission
    join (
        select distinct
            capability,
            kind,
            action,
            needs_role
        from capability
    ) as capability
        on capability.action = permission.action
    -- Data of the workload and private data are what the analyst says they are; all data are both.
    where (
            capability.kind = 'any'
            or permission.reach = 1.0
            or exists (
                select 1
                from place
                where place.kind = capability.kind
                    and patterns_overlap(
                        regexp_replace(permission.resource, '^arn:[^:]*:s3:::', ''),
                        place.bucket || '/*'
                    )
            )
        )
        and (
            not capability.needs_role
            or permission.principal in (select principal from passing)
        )
),
all_powerful as (
    select principal
    from permission
    where is_any_action
        and resource = '*'
        and len(caveats) = 0
        and action in (select action from capability)
    group by principal
    having count(distinct action) = (select count(distinct action) from capability)
),
called as materialized (
    select
        principal_key(principal) as principal,
        short_source(event_source) as service,
        regexp_replace(event_name, '20[0-9]{6}(v[0-9]+)?$', '') as event_name,
        case
            when event_source = 's3.amazonaws.com' then request_parameters ->> '$.bucketName'
        end as bucket,
        count(*) as event_count,
        min(event_time) as first_seen,
        max(event_time) as last_seen,
        arg_min(artifact_id, row(event_time, artifact_id, record_no)) as artifact_id,
        arg_min(record_no, row(event_time, artifact_id, record_no)) as record_no
    from cloudtrail_event
    where error_code is null
        and event_name is not null
        and regexp_replace(event_name, '20[0-9]{6}(v[0-9]+)?$', '') in (
            select event_name from capability
        )
    group by all
),
used as materialized (
    select
        called.principal,
        capability.capability,
        sum(called.event_count)::bigint as event_count,
        min(called.first_seen) as first_seen,
        max(called.last_seen) as last_seen,
        list_sort(list(distinct capability.action)) as actions,
        arg_min(
            {
                'table': 'cloudtrail_event',
                'artifact_id': called.artifact_id,
                'record_no': called.record_no
            },
            row(called.first_seen, called.artifact_id, called.record_no)
        ) as record
    from called
    join capability
        on capability.event_name = called.event_name
        and split_part(capability.action, ':', 1) = called.service
    where capability.kind = 'any'
        or called.bucket in (
            select bucket from place where place.kind = capability.kind
        )
    group by
        called.principal,
        capability.capability
),
held as (
    select
        allowed.principal,
        allowed.capability,
        max(allowed.reach) as reach,
        distinct_values(allowed.action) as actions,
        distinct_values(allowed.resource) as resources,
        list_sort(list_distinct(flatten(list(allowed.policies order by allowed.action, allowed.resource)))) as policies,
        bool_and(allowed.is_conditional) as is_conditional,
        list_sort(list_distinct(flatten(list(allowed.caveats order by allowed.action, allowed.resource)))) as caveats,
        bool_or(allowed.principal in (select principal from all_powerful)) as is_everything,
        bool_or(
            allowed.action <> 'iam:passrole'
            and allowed.capability = 'C10'
            and allowed.reach = 1.0
        ) as writes_iam,
        bool_or(allowed.action = 'iam:passrole' and allowed.reach = 1.0) as passes_any_role,
        list_sort(list_distinct(flatten(list(allowed.statements order by allowed.action, allowed.resource)))) as statements,
        list_sort(
            list_distinct(
                flatten(
                    list(
                        list_transform(
                            allowed.statements,
                            lambda statement : {
                                'table': 'iam_statement',
                                'artifact_id': statement.artifact_id,
                                'record_no': statement.record_no
                            }
                        )
                        order by allowed.action, allowed.resource
                    )
                )
            )
        ) as records,
        max(allowed.collected_at) as collected_at
    from allowed
    group by
        allowed.principal,
        allowed.capability
    union all
    -- Without IAM details: what an identity did, it may do, at least on that one resource.
    select
        principal,
        capability,
        0.3,
        actions,
        [],
        [],
        false,
        [],
        false,
        false,
        false,
        [],
        [record],
        last_seen
    from used
    where not exists (from iam_statement)
),
summarised as (
    select
        held.principal,
        sum(weight.weight * held.reach)::double as score,
        bool_or(held.is_everything) as is_everything,
        bool_or(held.writes_iam) as writes_iam,
        bool_or(held.passes_any_role) and bool_or(held.capability = 'C5')
        as runs_code_with_any_role,
        list(
            {
                'capability': held.capability,
                'name': weight.name,
                'points': round(weight.weight * held.reach, 2),
                'actions': list_slice(held.actions, 1, 20),
                'resources': list_slice(held.resources, 1, 10),
                'policies': held.policies,
                'statements': list_slice(held.statements, 1, 10),
                'conditional': held.is_conditional,
                'caveats': held.caveats,
                'used': coalesce(used.event_count, 0)
            }
            order by length(held.capability), held.capability
        ) as capabilities,
        count(*) filter (used.event_count > 0) as used_count,
        list_sort(list_distinct(flatten(list(held.records order by held.capability)))) as records,
        max(held.collected_at) as collected_at
    from held
    join (
        select
            capability,
            min(name) as name,
            min(weight) as weight
        from capability
        group by capability
    ) as weight
        on weight.capability = held.capability
    left join used
        on used.principal = principal_key(held.principal)
        and used.capability = held.capability
    group by held.principal
),
flag as materialized (
    select distinct principal_key(event.principal) as principal
    from v_flagged as flagged
    join (
        select distinct
            principal,
            credential
        from cloudtrail_event
    ) as event
        on event.credential = flagged.value
        or event.principal = flagged.value
),
graded as (
    select
        *,
        case
            when is_everything or writes_iam or runs_code_with_any_role then 'critical'
            when score >= $high_score::double then 'high'
            when score >= $medium_score::double then 'medium'
            else 'low'
        end as level,
        principal_key(principal) in (select principal from flag) as is_flagged,
        exists (
            select 1
            from ref_principal as known
            where principal_matches(known.principal, summarised.principal)
        ) as is_known
    from summarised
    where score > 0
)
select
    'principal' as entity_type,
    principal as entity,
    level as severity,
    collected_at as first_seen,
    collected_at as last_seen,
    len(records)::bigint as event_count,
    short_name(principal) || case
        when is_everything then ' may do everything'
        else ' may ' || array_to_string(list_transform(capabilities, lambda each : each.name), ', ')
            || ' (score ' || round(score, 1) || ')'
    end
    || '; ' || used_count || ' of ' || len(capabilities) || ' capabilities were used'
    || case when is_flagged then '; the attacker holds this identity' else '' end as summary,
    records,
    principal as actor,
    nullif(split_part(principal, ':', 5), '') as account_id,
    {
        'score': round(score, 2),
        'level': level,
        'everything': is_everything,
        'writes_permissions': writes_iam,
        'code_with_any_role': runs_code_with_any_role,
        'flagged': is_flagged,
        'used_capabilities': used_count,
        'capabilities': capabilities
    } as metrics
from graded
where level <> 'low'
    or is_flagged
    or is_known
order by
    score desc,
    entity
