-- What identities may do, of all actions that v_capability and v_escalation_path name and those that read logs: one row
-- per identity, action and pattern of resources, after denials and boundaries, as of the last time that IAM was asked about
-- the identity.
--
-- An action is allowed on a pattern when a statement of the identity or of its groups allows it. A statement without
-- conditions that denies the action on all of the pattern takes it away; one that denies a part leaves it with the caveat
-- partly_denied; one with conditions makes it conditional. A boundary, and a denial of everything but some resources,
-- leave what they have in common with the pattern: the narrower of the two where one covers the other, the pattern with
-- the caveat narrowed where they only overlap. Conditions are not evaluated: a permission that exists under conditions
-- only is conditional, and so is one on a resource with a variable other than the identity's own name. A boundary whose
-- text is not in the evidence leaves all, with the caveat boundary_missing. Policies of organizations, sessions and
-- resources are not looked at.

create or replace view v_iam_permission as
with asked as materialized (
    select action
    from v_capability
    union
    select unnest(actions)
    from v_escalation_path
    union
    select unnest(
        [
            'logs:filterlogevents', 'logs:getlogevents', 'logs:startquery', 'logs:createexporttask', 'logs:unmask'
        ]
    )
),
latest as (
    select
        arn,
        max(collected_at) as collected_at
    from iam_principal
    where principal_type in ('user', 'role')
    group by arn
),
-- Statements that reach an identity. Nobody is named by two statements with the same place.
reaching as materialized (
    select
        grant_row.principal_arn,
        grant_row.policy_kind = 'boundary' as is_boundary,
        grant_row.effect,
        -- A role has no user name, so that a resource named by it is none.
        list_filter(
            list_transform(
                grant_row.resources,
                lambda resource : own_resource(resource, grant_row.principal_arn)
            ),
            lambda resource : not contains(resource, '${aws:username}')
        ) as resources,
        list_transform(
            grant_row.not_resources,
            lambda resource : own_resource(resource, grant_row.principal_arn)
        ) as not_resources,
        grant_row.conditions is not null
            and json_type(grant_row.conditions) <> 'NULL'
            and grant_row.conditions::varchar <> '{}' as is_conditional,
        coalesce(list_contains(grant_row.flags, 'document_missing'), false)
            or coalesce(list_contains(grant_row.flags, 'document_unreadable'), false) as is_missing,
        grant_row.via,
        coalesce(grant_row.policy_name, grant_row.policy_arn) as policy,
        grant_row.collected_at,
        grant_row.artifact_id,
        grant_row.record_no,
        grant_row.statement_no
    from v_iam_grant as grant_row
    join latest
        on latest.arn = grant_row.principal_arn
        and latest.collected_at is not distinct from grant_row.collected_at
),
-- Each pattern of actions is compared with each action once, however many statements have it.
statement as materialized (
    select
        artifact_id,
        record_no,
        statement_no,
        actions,
        not_actions
    from iam_statement
    where policy_kind in ('inline', 'managed', 'boundary')
        and is_default is not false
),
fit as materialized (
    select
        pattern.pattern,
        asked.action
    from (
        select distinct unnest(coalesce(actions, not_actions)) as pattern
        from statement
    ) as pattern
    join asked
        on action_matches(pattern.pattern, asked.action)
),
fitting as materialized (
    select
        named.artifact_id,
        named.record_no,
        named.statement_no,
        fit.action,
        min(fit.pattern) as pattern
    from (
        select
            artifact_id,
            record_no,
            statement_no,
            unnest(actions) as pattern
        from statement
    ) as named
    join fit
        on fit.pattern = named.pattern
    group by
        named.artifact_id,
        named.record_no,
        named.statement_no,
        fit.action
    union all
    select
        statement.artifact_id,
        statement.record_no,
        statement.statement_no,
        asked.action,
        'not ' || array_to_string(list_sort(statement.not_actions), ', ') as pattern
    from statement
    cross join asked
    where statement.not_actions is not null
        and not exists (
            select 1
            from fit
            where fit.action = asked.action
                and list_contains(statement.not_actions, fit.pattern)
        )
),
ruling as materialized (
    select
        reaching.*,
        fitting.action,
        fitting.pattern
    from reaching
    join fitting
        on fitting.artifact_id = reaching.artifact_id
        and fitting.record_no = reaching.record_no
        and fitting.statement_no = reaching.statement_no
),
allowance as materialized (
    select
        principal_arn,
        action,
        pattern,
        resource_pattern(resource) as resource,
        list_transform(coalesce(not_resources, []), lambda other : resource_pattern(other)) as except_resources,
        is_conditional or contains(resource, '${') as is_conditional,
        via,
        policy,
        collected_at,
        artifact_id,
        record_no,
        statement_no
    from (
        select
            *,
            unnest(case when not_resources is not null then ['*'] else coalesce(resources, ['*']) end) as resource
        from ruling
        where effect = 'Allow'
            and not is_boundary
    )
),
-- Lists of resources that a permission must be on: the boundary is one, a denial of everything else another.
fence as materialized (
    select
        principal_arn,
        action,
        'boundary' as fence,
        resource_pattern(resource) as resource,
        is_conditional or contains(resource, '${') or not_resources is not null as is_conditional
    from (
        select
            *,
            unnest(case when not_resources is not null then ['*'] else coalesce(resources, ['*']) end) as resource
        from ruling
        where effect = 'Allow'
            and is_boundary
    )
    union
    select
        principal_arn,
        action,
        'denial ' || artifact_id || ' ' || record_no || ' ' || statement_no as fence,
        resource_pattern(resource) as resource,
        contains(resource, '${') as is_conditional
    from (
        select
            *,
            unnest(not_resources) as resource
        from ruling
        where effect = 'Deny'
            and not_resources is not null
            and not is_conditional
    )
),
bounded as (
    select
        principal_arn,
        bool_or(is_missing) as is_missing
    from reaching
    where is_boundary
    group by principal_arn
),
-- How many fences stand around an identity for an action.
fenced as materialized (
    select
        held.principal_arn,
        held.action,
        count(distinct fence.fence) filter (fence.fence <> 'boundary')
        + max(case when bounded.is_missing is false then 1 else 0 end) as fences,
        coalesce(bool_or(bounded.is_missing), false) as is_boundary_missing
    from (select distinct principal_arn, action from allowance) as held
    left join bounded
        using (principal_arn)
    left join fence
        using (principal_arn, action)
    group by
        held.principal_arn,
        held.action
    having fences > 0
        or is_boundary_missing
),
-- The pattern itself, and all narrower ones of the fences, are candidates for what is left.
candidate as (
    select
        allowance.*,
        fenced.fences,
        fenced.is_boundary_missing,
        unnest(
            list_distinct(
                list_prepend(
                    allowance.resource,
                    coalesce(narrower.resources, [])
                )
            )
        ) as piece
    from allowance
    join fenced
        using (principal_arn, action)
    left join (
        select
            allowance.principal_arn,
            allowance.action,
            allowance.resource,
            list_sort(list(distinct fence.resource)) as resources
        from (select distinct principal_arn, action, resource from allowance) as allowance
        join fence
            using (principal_arn, action)
        where pattern_covers(allowance.resource, fence.resource)
        group by
            allowance.principal_arn,
            allowance.action,
            allowance.resource
    ) as narrower
        using (principal_arn, action, resource)
),
piece_check as (
    select
        piece.principal_arn,
        piece.action,
        piece.piece,
        count(distinct fence.fence) filter (pattern_covers(fence.resource, piece.piece)) as inside,
        count(distinct fence.fence) filter (patterns_overlap(fence.resource, piece.piece)) as touching,
        -- Conditional when one of the fences lets it through under conditions only.
        count(distinct fence.fence) filter (
            pattern_covers(fence.resource, piece.piece)
            and not fence.is_conditional
        ) as inside_unconditionally
    from (select distinct principal_arn, action, piece from candidate) as piece
    left join fence
        using (principal_arn, action)
    group by
        piece.principal_arn,
        piece.action,
        piece.piece
),
checked as (
    select
        candidate.*,
        piece_check.inside >= candidate.fences as is_inside,
        piece_check.touching >= candidate.fences and candidate.piece = candidate.resource as is_touching,
        piece_check.inside_unconditionally < candidate.fences as is_fence_conditional,
        bool_or(piece_check.inside >= candidate.fences) over (
            partition by
                candidate.principal_arn,
                candidate.action,
                candidate.artifact_id,
                candidate.record_no,
                candidate.statement_no,
                candidate.resource
        ) as has_inside
    from candidate
    join piece_check
        using (principal_arn, action, piece)
),
left_over as (
    select
        * exclude (
            fences,
            is_boundary_missing,
            piece,
            is_inside,
            is_touching,
            is_fence_conditional,
            has_inside,
            resource,
            is_conditional
        ),
        piece as resource,
        is_conditional or is_inside and is_fence_conditional as is_conditional,
        list_concat(
            case when is_inside then [] else ['narrowed'] end,
            case when is_boundary_missing then ['boundary_missing'] else [] end
        ) as caveats
    from checked
    where is_inside
        or not has_inside
        and is_touching
    union all by name
    select
        *,
        [] as caveats
    from allowance
    where not exists (
        select 1
        from fenced
        where fenced.principal_arn = allowance.principal_arn
            and fenced.action = allowance.action
    )
),
-- What a statement itself leaves out (NotResource) is denied by it.
denial as materialized (
    select
        principal_arn,
        action,
        resource_pattern(resource) as resource,
        is_conditional or contains(resource, '${') as is_conditional
    from (
        select
            *,
            unnest(coalesce(resources, ['*'])) as resource
        from ruling
        where effect = 'Deny'
            and (not_resources is null or is_conditional)
    )
),
denial_check as (
    select
        piece.principal_arn,
        piece.action,
        piece.resource,
        bool_or(not denial.is_conditional and pattern_covers(denial.resource, piece.resource)) as is_denied,
        bool_or(not denial.is_conditional) as is_partly_denied,
        bool_or(denial.is_conditional) as is_denied_conditionally
    from (select distinct principal_arn, action, resource from left_over) as piece
    join denial
        using (principal_arn, action)
    where patterns_overlap(denial.resource, piece.resource)
    group by
        piece.principal_arn,
        piece.action,
        piece.resource
)
select
    left_over.principal_arn as principal,
    left_over.action,
    left_over.resource,
    pattern_reach(left_over.resource) as reach,
    bool_and(left_over.is_conditional) or coalesce(bool_or(denial_check.is_denied_conditionally), false)
        as is_conditional,
    list_sort(
        list_distinct(
            list_concat(
                flatten(list(left_over.caveats order by left_over.artifact_id, left_over.record_no)),
                case
                    when bool_or(denial_check.is_partly_denied)
                        or bool_and(
                            len(
                                list_filter(
                                    left_over.except_resources,
                                    lambda other : patterns_overlap(other, left_over.resource)
                                )
                            ) > 0
                        )
                        then ['partly_denied']
                    else []
                end
            )
        )
    ) as caveats,
    bool_or(left_over.pattern in ('*', '*:*')) as is_any_action,
    distinct_values(left_over.pattern) as patterns,
    distinct_values(left_over.via) as via,
    distinct_values(left_over.policy) as policies,
    max(left_over.collected_at) as collected_at,
    list_sort(
        list(
            distinct {
                'artifact_id': left_over.artifact_id,
                'record_no': left_over.record_no,
                'statement_no': left_over.statement_no
            }
        )
    ) as statements
from left_over
left join denial_check
    using (principal_arn, action, resource)
where denial_check.is_denied is not true
    and len(
        list_filter(
            left_over.except_resources,
            lambda other : pattern_covers(other, left_over.resource)
        )
    ) = 0
group by
    left_over.principal_arn,
    left_over.action,
    left_over.resource;
comment on view v_iam_permission is
'What identities may do of the actions that matter to AI workloads, by pattern of resources, after denials and boundaries.';
