-- ---
-- id: iam-privesc-path
-- version: 1.0.0
-- title: Way to more permissions open to the attacker
-- status: stable
-- severity: high
-- element: access
-- attack: [T1548.005, T1078.004]
-- atlas: [AML.T0012]
-- description: >-
--   Finds the known ways by which the permissions of an identity that the attacker holds lead to more, one finding per
--   identity; a way whose calls the identity made successfully is marked as exercised. Identities with full power are left
--   out, because they need no way. Misses ways that the list of paths does not have, and does not evaluate conditions,
--   boundaries and the resources that a permission is limited to.
-- requires:
--   iam_statement: needed
--   v_iam_grant: optional
--   v_escalation_path: optional
--   v_flagged: optional
--   cloudtrail_event: helpful
-- preconditions:
--   - query: select count(*) > 0 from v_flagged
--     otherwise: not_evaluable
--     reason: nobody is known to be the attacker; name a key, an identity or an address in reference/ioc.csv
-- parameters: {}
-- false_positives:
--   - A way that a condition or a policy of the organization blocks.
-- references:
--   - https://pathfinding.cloud
-- changelog:
--   1.0.0: first version
-- ---
with flag as materialized (
    select
        kind,
        value,
        since
    from v_flagged
),
suspect as materialized (
    select
        principal_key(event.principal) as principal,
        min(flag.since) as since
    from flag
    join (
        select distinct
            principal,
            credential
        from cloudtrail_event
    ) as event
        on event.credential = flag.value
        or event.principal = flag.value
    group by principal_key(event.principal)
    union
    select
        principal_key(value),
        min(since)
    from flag
    where kind = 'principal'
    group by principal_key(value)
),
latest as (
    select
        account_id,
        max(collected_at) as collected_at
    from iam_statement
    group by account_id
),
grant_statement as materialized (
    select
        principal_key(v_iam_grant.principal_arn) as principal,
        v_iam_grant.effect,
        v_iam_grant.actions,
        v_iam_grant.not_actions,
        coalesce(v_iam_grant.resources, ['*']) as resources,
        v_iam_grant.conditions,
        v_iam_grant.policy_kind,
        v_iam_grant.artifact_id,
        v_iam_grant.record_no
    from v_iam_grant
    join latest
        on latest.account_id is not distinct from v_iam_grant.account_id
        and latest.collected_at is not distinct from v_iam_grant.collected_at
    where principal_key(v_iam_grant.principal_arn) in (select principal from suspect)
        and v_iam_grant.policy_kind <> 'boundary'
),
path as materialized (
    select *
    from v_escalation_path
),
step as materialized (
    select distinct unnest(actions) as action
    from path
),
decided as (
    select
        grant_statement.principal,
        step.action,
        grant_statement.effect,
        list_contains(grant_statement.resources, '*') as is_on_all,
        grant_statement.conditions is not null as is_conditional,
        grant_statement.resources,
        grant_statement.artifact_id,
        grant_statement.record_no
    from grant_statement
    cross join step
    where case
        when grant_statement.actions is not null
        then len(
            list_filter(
                grant_statement.actions,
                lambda pattern : action_matches(pattern, step.action)
            )
        ) > 0
        else len(
            list_filter(
                coalesce(grant_statement.not_actions, []),
                lambda pattern : action_matches(pattern, step.action)
            )
        ) = 0
    end
),
allowed as (
    select
        principal,
        action,
        bool_and(is_conditional) as is_conditional,
        list_sort(list_distinct(flatten(list(resources order by artifact_id, record_no))))
        as resources,
        list_sort(
            list(
                distinct {
                    'table': 'iam_statement',
                    'artifact_id': artifact_id,
                    'record_no': record_no
                }
            )
        ) as records
    from decided
    where effect = 'Allow'
    group by
        principal,
        action
),
denied as (
    select distinct
        principal,
        action
    from decided
    where effect = 'Deny'
        and is_on_all
        and not is_conditional
),
permitted as materialized (
    select allowed.*
    from allowed
    anti join denied
        on denied.principal = allowed.principal
        and denied.action = allowed.action
),
all_powerful as (
    select distinct principal
    from grant_statement
    where effect = 'Allow'
        and list_contains(actions, '*')
        and list_contains(resources, '*')
),
open_path as (
    select
        permitted.principal,
        path.path,
        path.actions,
        path.event_names,
        bool_or(permitted.is_conditional) as is_conditional,
        list_sort(list_distinct(flatten(list(permitted.resources order by permitted.action))))
        as resources,
        flatten(list(permitted.records order by permitted.action)) as records
    from path
    join permitted
        on list_contains(path.actions, permitted.action)
    where permitted.principal not in (select principal from all_powerful)
    group by
        permitted.principal,
        path.path,
        path.actions,
        path.event_names
    having count(*) = len(path.actions)
),
called as materialized (
    select
        principal_key(principal) as principal,
        regexp_replace(event_name, '20[0-9]{6}(v[0-9]+)?$', '') as event_name,
        min(event_time) as first_seen,
        max(event_time) as last_seen,
        arg_min(
            {
                'table': 'cloudtrail_event',
                'artifact_id': artifact_id,
                'record_no': record_no
            },
            row(event_time, artifact_id, record_no)
        ) as record
    from cloudtrail_event
    where error_code is null
        and principal_key(principal) in (select principal from suspect)
    group by
        principal_key(principal),
        regexp_replace(event_name, '20[0-9]{6}(v[0-9]+)?$', '')
),
walked as (
    select
        open_path.principal,
        open_path.path,
        max(called.first_seen) as walked_at,
        list(called.record order by called.first_seen, called.event_name) as records
    from open_path
    join called
        on called.principal = open_path.principal
        and list_contains(open_path.event_names, called.event_name)
    group by
        open_path.principal,
        open_path.path,
        open_path.event_names
    having count(*) = len(open_path.event_names)
),
finding as (
    select
        open_path.principal,
        count(*) as path_count,
        count(walked.path) as walked_count,
        list(
            {
                'path': open_path.path,
                'actions': open_path.actions,
                'resources': list_slice(open_path.resources, 1, 10),
                'conditional': open_path.is_conditional,
                'exercised': walked.path is not null,
                'exercised_at': walked.walked_at
            }
            order by (walked.path is not null) desc, open_path.path
        ) as paths,
        min(walked.walked_at) as walked_at,
        list_distinct(
            flatten(list(coalesce(walked.records, []) order by open_path.path))
            || flatten(list(open_path.records order by open_path.path))
        ) as records
    from open_path
    left join walked
        on walked.principal = open_path.principal
        and walked.path = open_path.path
    group by open_path.principal
)
select
    'principal' as entity_type,
    finding.principal as entity,
    'high' as severity,
    coalesce(finding.walked_at, suspect.since) as first_seen,
    coalesce(finding.walked_at, suspect.since) as last_seen,
    finding.path_count as event_count,
    short_name(finding.principal) || ' has ' || counted(finding.path_count, 'way')
    || ' to more permissions, ' || finding.walked_count || ' exercised: '
    || named(
        list_transform(
            finding.paths,
            lambda each : each.path || case when each.exercised then ' (exercised)' else '' end
        )
    ) as summary,
    list_sort(finding.records) as records,
    finding.principal as actor,
    nullif(split_part(finding.principal, ':', 5), '') as account_id,
    {
        'paths': finding.paths,
        'open': finding.path_count,
        'exercised': finding.walked_count
    } as metrics
from finding
join (
    select
        principal,
        min(since) as since
    from suspect
    group by principal
) as suspect
    on suspect.principal = finding.principal
order by
    finding.walked_count desc,
    first_seen,
    entity
