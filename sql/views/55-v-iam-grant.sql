-- Which statement reaches which principal, and how: what a principal may do is what its grants allow, its boundary
-- allows too and nothing denies. Policies of organizations, sessions and resources are not in it.
create or replace view v_iam_grant as
with holder as (
    -- A group acts by its users: they have its policies.
    select
        arn as principal_arn,
        principal_type,
        arn as holder_arn,
        attached_policy_arns,
        collected_at,
    from iam_principal
    where principal_type <> 'group'
    union all
    select
        member.arn as principal_arn,
        member.principal_type,
        team.arn as holder_arn,
        team.attached_policy_arns,
        member.collected_at,
    from iam_principal as member
    join iam_principal as team
        on team.principal_type = 'group'
        and list_contains(member.groups, team.name)
        and team.account_id is not distinct from member.account_id
        and team.collected_at is not distinct from member.collected_at
    where member.principal_type = 'user'
)

select
    holder.principal_arn,
    holder.principal_type,
    case when holder.holder_arn <> holder.principal_arn then 'group ' else '' end || statement.policy_kind as via,
    holder.holder_arn,
    statement.* exclude (principal_arn),
from holder
join iam_statement as statement
    on statement.collected_at is not distinct from holder.collected_at
    and statement.principal_arn = holder.holder_arn
    and (
        statement.policy_kind = 'inline'
        or statement.policy_kind = 'boundary' and holder.holder_arn = holder.principal_arn
    )
union all
select
    holder.principal_arn,
    holder.principal_type,
    case when holder.holder_arn <> holder.principal_arn then 'group ' else '' end || statement.policy_kind as via,
    holder.holder_arn,
    statement.* exclude (principal_arn),
from (select *, unnest(attached_policy_arns) as policy_arn from holder) as holder
join iam_statement as statement
    on statement.collected_at is not distinct from holder.collected_at
    and statement.policy_kind = 'managed'
    and statement.is_default
    and statement.policy_arn = holder.policy_arn;
comment on view v_iam_grant is 'Statements that reach a principal: inline, managed and boundary, its own and those of its groups.';
