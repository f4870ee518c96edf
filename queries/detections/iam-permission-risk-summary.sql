-- ---
-- id: iam-permission-risk-summary
-- version: 1.0.0
-- title: What an identity may do to the AI workload
-- status: stable
-- severity: medium
-- element: access
-- attack: [T1078.004, T1548.005]
-- atlas: [AML.T0012]
-- description: >-
--   Finds what each user and role may do to the AI workload, by capability and not by number of actions: weight of the
--   capability times reach of the resource (all 1.0, a pattern 0.6, one resource 0.3), less what is denied outright or
--   outside the boundary. Critical with full power, permissions on anything, or code on AI compute with any role; high from
--   12, medium from 5, low above 0. Low ones are told for identities that are known or held by the attacker. Says what was
--   used. Without IAM details the calls that succeeded give a lower bound. Misses policies of organizations, resources and
--   sessions, and does not evaluate conditions, which it marks.
-- requires:
--   cloudtrail_event: helpful
--   iam_statement: helpful
--   v_iam_grant: optional
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
-- ---
with latest as (
    select
        account_id,
        max(collected_at) as collected_at
    from iam_statement
    group by account_id
),
grant_statement as materialized (
    select
        v_iam_grant.principal_arn,
        v_iam_grant.policy_kind,
        v_iam_grant.effect,
        v_iam_grant.actions,
        v_iam_grant.not_actions,
        coalesce(v_iam_grant.resources, ['*']) as resources,
        v_iam_grant.not_resources is not null as has_not_resource,
        v_iam_grant.conditions is not null as is_conditional,
        coalesce(v_iam_grant.policy_name, v_iam_grant.policy_arn) as policy,
        v_iam_grant.collected_at,
        v_iam_grant.artifact_id,
        v_iam_grant.record_no
    from v_iam_grant
    join latest
        on latest.account_id is not distinct from v_iam_grant.account_id
        and latest.collected_at is not distinct from v_iam_grant.collected_at
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
-- Each pattern and each action once, however many statements share them.
matched_action as materialized (
    select distinct
        pattern,
        capability.action
    from (
        select distinct unnest(actions || coalesce(not_actions, [])) as pattern
        from (
            select coalesce(actions, []) as actions, not_actions
            from grant_statement
        )
    )
    join capability
        on action_matches(pattern, capability.action)
),
reached as (
    select
        grant_statement.*,
        capability.capability,
        capability.kind,
        capability.action,
        unnest(
            case
                when grant_statement.has_not_resource then ['*']
                else grant_statement.resources
            end
        ) as resource
    from grant_statement
    join capability
        on exists (
            select 1
            from matched_action
            where matched_action.action = capability.action
                and list_contains(grant_statement.actions, matched_action.pattern)
        )
        or grant_statement.actions is null
        and not exists (
            select 1
            from matched_action
            where matched_action.action = capability.action
                and list_contains(grant_statement.not_actions, matched_action.pattern)
        )
),
measured as (
    select
        reached.*,
        case
            when regexp_matches(resource, '^(\*|arn:[^:]*:[^:]*:[^:]*:[^:]*:\*)$') then 1.0
            when regexp_matches(resource, '[*?]') then 0.6
            else 0.3
        end as reach
    from reached
    -- Data of the workload and private data are what the analyst says they are.
    where kind = 'any'
        or exists (
            select 1
            from place
            where place.kind = reached.kind
                and (
                    resource_matches(reached.resource, 'arn:aws:s3:::' || place.bucket || '/any')
                    or starts_with(reached.resource, 'arn:aws:s3:::' || place.bucket || '/')
                )
        )
),
-- What is denied for everything, without conditions, is not there.
denied as (
    select distinct
        principal_arn,
        capability,
        action
    from measured
    where effect = 'Deny'
        and reach = 1.0
        and not is_conditional
),
bounded as (
    select
        principal_arn,
        capability,
        action,
        max(reach) as reach
    from measured
    where policy_kind = 'boundary'
        and effect = 'Allow'
    group by
        principal_arn,
        capability,
        action
),
has_boundary as (
    select distinct principal_arn
    from grant_statement
    where policy_kind = 'boundary'
),
allowed as (
    select
        measured.*,
        case
            when has_boundary.principal_arn is null then measured.reach
            else least(measured.reach, bounded.reach)
        end as final_reach
    from measured
    anti join denied
        on denied.principal_arn = measured.principal_arn
        and denied.capability = measured.capability
        and denied.action = measured.action
    left join has_boundary
        on has_boundary.principal_arn = measured.principal_arn
    left join bounded
        on bounded.principal_arn = measured.principal_arn
        and bounded.capability = measured.capability
        and bounded.action = measured.action
    where measured.effect = 'Allow'
        and measured.policy_kind <> 'boundary'
        and (has_boundary.principal_arn is null or bounded.reach is not null)
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
        principal_arn as principal,
        capability,
        max(final_reach) as reach,
        list_sort(list(distinct action)) as actions,
        list_sort(list(distinct resource)) as resources,
        list_sort(list(distinct policy) filter (policy is not null)) as policies,
        bool_and(is_conditional) as is_conditional,
        bool_or(
            list_contains(coalesce(actions, []), '*') and resource = '*'
        ) as is_everything,
        bool_or(action <> 'iam:passrole' and capability = 'C10' and final_reach = 1.0)
        as writes_iam,
        bool_or(action = 'iam:passrole' and final_reach = 1.0) as passes_any_role,
        list_sort(
            list(
                distinct {
                    'table': 'iam_statement',
                    'artifact_id': artifact_id,
                    'record_no': record_no
                }
            )
        ) as records,
        max(collected_at) as collected_at
    from allowed
    group by
        principal_arn,
        capability
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
        false,
        false,
        false,
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
                'conditional': held.is_conditional,
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
