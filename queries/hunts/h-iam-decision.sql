-- ---
-- id: h-iam-decision
-- version: 1.0.0
-- title: Who may do this, by the policies as collected?
-- status: stable
-- description: >-
--   Finds what the collected policies say to one action on one resource, for every user and role or those that a pattern
--   names: allowed, allowed under conditions, denied explicitly, not allowed, not allowed by the boundary. Without a permission
--   it takes the questions that simulate-principal-policy was asked, and says whether its answers are the same. Policies of
--   groups, boundaries and of the resource count; a resource with wildcards is allowed when all of it is. Misses policies
--   of organizations and sessions, and does not evaluate conditions.
-- requires:
--   iam_principal: needed
--   v_iam_grant: optional
--   iam_statement: optional
--   api_snapshot: optional
-- parameters:
--   permission: {type: text, default: null, description: "an action such as s3:GetObject; empty for the questions of the simulator"}
--   resource: {type: text, default: "*", description: "ARN of the resource, or a pattern of which all must be allowed"}
--   principal: {type: text, default: null, description: "ARN, name, or a pattern with * of an identity"}
-- references:
--   - https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html
-- changelog:
--   1.0.0: first version
-- ---
with identity as (
    select
        arn,
        any_value(name order by artifact_id, record_no) as name,
        any_value(account_id order by artifact_id, record_no) as account_id,
        any_value(permissions_boundary_arn order by artifact_id, record_no) as boundary,
        any_value(artifact_id order by artifact_id, record_no) as artifact_id,
        any_value(record_no order by artifact_id, record_no) as record_no,
        collected_at
    from iam_principal
    where principal_type in ('user', 'role')
        and arn is not null
        and (
            $principal::varchar is null
            or principal_matches($principal::varchar, arn)
            or name = $principal::varchar
        )
    group by
        arn,
        collected_at
    qualify collected_at is not distinct from max(collected_at) over (partition by arn)
),
simulation as (
    select
        resource as asked_about,
        unnest(json_extract(json, '$.EvaluationResults[*]')) as answer,
        artifact_id,
        record_no
    from api_snapshot
    where service = 'iam'
        and operation = 'simulate-principal-policy'
        and $permission::varchar is null
),
question as (
    select
        identity.arn as principal,
        identity.account_id,
        identity.boundary,
        identity.collected_at,
        $permission::varchar as action,
        $resource::varchar as resource,
        null::varchar as simulated,
        identity.artifact_id,
        identity.record_no
    from identity
    where $permission::varchar is not null
    union all
    select
        identity.arn as principal,
        identity.account_id,
        identity.boundary,
        identity.collected_at,
        simulation.answer ->> '$.EvalActionName' as action,
        coalesce(simulation.answer ->> '$.EvalResourceName', '*') as resource,
        simulation.answer ->> '$.EvalDecision' as simulated,
        simulation.artifact_id,
        simulation.record_no
    from simulation
    join identity
        on identity.arn = simulation.asked_about
        or identity.name = simulation.asked_about
),
asked as (
    select distinct
        principal,
        account_id,
        collected_at,
        action,
        resource
    from question
),
voice as (
    select
        asked.principal,
        asked.action,
        asked.resource,
        spoken.policy_kind = 'boundary' as is_boundary,
        false as is_resource_policy,
        spoken.effect,
        list_transform(spoken.resources, lambda pattern : own_resource(pattern, asked.principal)) as resources,
        list_transform(spoken.not_resources, lambda pattern : own_resource(pattern, asked.principal)) as not_resources,
        spoken.conditions,
        spoken.flags,
        concat_ws(' ', spoken.via, coalesce(spoken.policy_name, spoken.policy_arn), spoken.sid) as place,
        spoken.artifact_id,
        spoken.record_no
    from asked
    join v_iam_grant as spoken
        on spoken.principal_arn = asked.principal
        and spoken.collected_at is not distinct from asked.collected_at
    where list_contains(coalesce(spoken.flags, []), 'document_missing')
        or case
            when spoken.actions is not null
                then len(
                    list_filter(spoken.actions, lambda pattern : action_matches(pattern, asked.action))
                ) > 0
            else len(
                list_filter(spoken.not_actions, lambda pattern : action_matches(pattern, asked.action))
            ) = 0
        end
    union all
    -- The root of the account in a policy of a resource leaves it to the policies of the identities.
    select
        asked.principal,
        asked.action,
        asked.resource,
        false as is_boundary,
        true as is_resource_policy,
        spoken.effect,
        spoken.resources,
        spoken.not_resources,
        spoken.conditions,
        spoken.flags,
        concat_ws(' ', 'policy of', spoken.principal_arn, spoken.sid) as place,
        spoken.artifact_id,
        spoken.record_no
    from asked
    join iam_statement as spoken
        on spoken.policy_kind = 'resource'
        and spoken.actions is not null
        and (
            list_contains(spoken.principals, '*')
            or list_contains(spoken.principals, 'AWS:*')
            or list_contains(spoken.principals, 'AWS:' || asked.principal)
        )
    where len(list_filter(spoken.actions, lambda pattern : action_matches(pattern, asked.action))) > 0
    qualify spoken.collected_at is not distinct from max(spoken.collected_at) over (partition by spoken.principal_arn)
),
ruling as (
    select
        *,
        conditions is not null
        and json_type(conditions) <> 'NULL'
        and conditions::varchar <> '{}'
        or len(
            list_filter(
                list_concat(coalesce(resources, []), coalesce(not_resources, [])),
                lambda pattern : contains(pattern, '${')
            )
        ) > 0 as is_conditional
    from voice
    where list_contains(coalesce(flags, []), 'document_missing')
        or case
            when not_resources is not null
                then len(
                    list_filter(
                        not_resources,
                        lambda pattern : patterns_overlap(resource_pattern(pattern), resource)
                    )
                ) = 0
            else len(
                list_filter(
                    coalesce(resources, ['*']),
                    lambda pattern : pattern_covers(resource_pattern(pattern), resource)
                    -- A denial of a part is enough to deny all of it.
                    or effect = 'Deny' and patterns_overlap(resource_pattern(pattern), resource)
                )
            ) > 0
        end
),
weighed as (
    select
        principal,
        action,
        resource,
        coalesce(bool_or(effect = 'Deny' and not is_conditional), false) as is_denied,
        coalesce(bool_or(effect = 'Deny' and is_conditional), false) as is_denied_sometimes,
        coalesce(bool_or(effect = 'Allow' and not is_boundary and not is_conditional), false) as is_allowed,
        coalesce(bool_or(effect = 'Allow' and not is_boundary), false) as is_allowed_sometimes,
        coalesce(bool_or(effect = 'Allow' and is_resource_policy), false) as is_allowed_by_resource,
        coalesce(bool_or(effect = 'Allow' and is_boundary and not is_conditional), false) as is_bounded,
        coalesce(bool_or(effect = 'Allow' and is_boundary), false) as is_bounded_sometimes,
        coalesce(bool_or(is_boundary and list_contains(coalesce(flags, []), 'document_missing')), false)
            as is_boundary_missing,
        distinct_values(case when effect = 'Allow' then place end) as allowed_by,
        distinct_values(case when effect = 'Deny' then place end) as denied_by,
        distinct_values(case when is_conditional then conditions::varchar end) as conditions,
        list_sort(
            list(distinct {'table': 'iam_statement', 'artifact_id': artifact_id, 'record_no': record_no})
        ) as records
    from ruling
    group by
        principal,
        action,
        resource
),
decided as (
    select
        question.principal,
        question.action,
        question.resource,
        case
            when weighed.is_denied then 'denied explicitly'
            when weighed.is_allowed_sometimes is not true then 'not allowed'
            when question.boundary is not null
                and not weighed.is_boundary_missing
                and not weighed.is_bounded_sometimes
                and not weighed.is_allowed_by_resource
                then 'not allowed by the boundary'
            when not weighed.is_allowed
                or weighed.is_denied_sometimes
                or question.boundary is not null
                and not weighed.is_boundary_missing
                and not weighed.is_bounded
                and not weighed.is_allowed_by_resource
                then 'allowed under conditions'
            when weighed.is_boundary_missing then 'allowed unless the boundary forbids it'
            else 'allowed'
        end as decision,
        question.simulated,
        coalesce(weighed.allowed_by, []) as allowed_by,
        coalesce(weighed.denied_by, []) as denied_by,
        coalesce(weighed.conditions, []) as conditions,
        question.collected_at,
        question.artifact_id,
        question.record_no,
        coalesce(weighed.records, []) as records
    from question
    left join weighed
        using (principal, action, resource)
)
select
    principal,
    action,
    resource,
    decision,
    simulated,
    case
        when simulated is null then null
        when starts_with(decision, 'allowed un') then null
        when simulated = 'allowed' then decision = 'allowed'
        when simulated = 'explicitDeny' then decision = 'denied explicitly'
        else starts_with(decision, 'not allowed')
    end as agrees,
    allowed_by,
    denied_by,
    conditions,
    collected_at,
    artifact_id,
    record_no,
    records
from decided
order by
    case
        when decision = 'allowed' then 1
        when starts_with(decision, 'allowed') then 2
        else 3
    end,
    principal,
    action,
    resource,
    artifact_id,
    record_no
