-- ---
-- id: iam-privesc-path
-- version: 1.1.0
-- title: Way to more permissions open to the attacker
-- status: stable
-- severity: high
-- element: access
-- attack: [T1548.005, T1078.004]
-- atlas: [AML.T0012]
-- description: >-
--   Finds the known ways by which the permissions of an identity that the attacker holds lead to more, one finding per
--   identity; a way whose calls the identity made successfully is marked as exercised. All steps on one function or
--   notebook must be allowed on the same one, and credentials of the identity itself are no way. Identities with full
--   power are left out, because they need none. What it says about a permission is what v_iam_permission says, so denials
--   and boundaries count. Misses ways that the list of paths does not have, and does not evaluate conditions, which it
--   marks.
-- requires:
--   iam_statement: needed
--   iam_principal: helpful
--   v_iam_permission: optional
--   api_snapshot: optional
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
--   1.1.0: decides by v_iam_permission, and asks all steps of a path for the same function or notebook
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
permission as materialized (
    select
        principal_key(principal) as principal,
        principal as principal_arn,
        action,
        resource,
        reach,
        is_conditional,
        caveats,
        is_any_action,
        statements
    from v_iam_permission
    where principal_key(principal) in (select principal from suspect)
),
path as materialized (
    select *
    from v_escalation_path
),
all_powerful as (
    select principal
    from permission
    where is_any_action
        and resource = '*'
        and len(caveats) = 0
    group by principal
    having count(distinct action) >= (
        select count(distinct action)
        from (select unnest(actions) as action from path)
    )
),
step as materialized (
    select
        path.path,
        path.action,
        -- Steps on the thing that is taken over; a role to pass and a script to attach are others.
        path.action not in ('iam:passrole', 'sagemaker:createnotebookinstancelifecycleconfig', 'sts:assumerole')
            as is_on_target,
        permission.principal,
        permission.resource,
        permission.is_conditional,
        permission.caveats,
        permission.statements
    from (
        select
            path,
            unnest(actions) as action
        from path
    ) as path
    join permission
        on permission.action = path.action
    where permission.principal not in (select principal from all_powerful)
        -- Its own keys and passwords give it nothing new, in whatever account the pattern says.
        and not (
            path.action in ('iam:createaccesskey', 'iam:createloginprofile', 'iam:updateloginprofile')
            and regexp_replace(permission.resource, '^arn:[^:]*:iam::[^:]*:', '')
                = regexp_replace(permission.principal_arn, '^arn:[^:]*:iam::[^:]*:', '')
        )
),
size as (
    select
        path,
        count(*) as steps,
        count(*) filter (
            action not in ('iam:passrole', 'sagemaker:createnotebookinstancelifecycleconfig', 'sts:assumerole')
        ) as target_steps
    from (
        select
            path,
            unnest(actions) as action
        from path
    )
    group by path
),
-- Patterns that every step on the target is allowed on.
target as (
    select
        candidate.principal,
        candidate.path,
        candidate.resource
    from (
        select distinct
            principal,
            path,
            resource
        from step
        where is_on_target
    ) as candidate
    join step
        on step.principal = candidate.principal
        and step.path = candidate.path
        and step.is_on_target
        and pattern_covers(step.resource, candidate.resource)
    join size
        on size.path = candidate.path
    group by
        candidate.principal,
        candidate.path,
        candidate.resource,
        size.target_steps
    having count(distinct step.action) = size.target_steps
),
complete as (
    select
        step.principal,
        step.path
    from step
    join size
        using (path)
    group by
        step.principal,
        step.path,
        size.steps
    having count(distinct step.action) = size.steps
),
-- What is known to lie behind a pattern: functions and notebooks with their roles.
known_target as (
    select
        json ->> '$.FunctionArn' as resource,
        'lambda' as service,
        principal_key(json ->> '$.Role') as role
    from api_snapshot
    where operation = 'get-function-configuration'
    union
    select
        json ->> '$.NotebookInstanceArn' as resource,
        'sagemaker' as service,
        principal_key(json ->> '$.RoleArn') as role
    from api_snapshot
    where operation = 'describe-notebook-instance'
),
reachable as (
    select
        target.principal,
        target.path,
        distinct_values(known_target.resource || ' (' || short_name(known_target.role) || ')') as known
    from target
    join path
        on path.path = target.path
    join known_target
        on list_contains(
            list_transform(path.actions, lambda action : split_part(action, ':', 1)),
            known_target.service
        )
        and pattern_covers(target.resource, known_target.resource)
    where known_target.role <> target.principal
    group by
        target.principal,
        target.path
),
open_path as (
    select
        step.principal,
        step.path,
        any_value(path.actions order by path.path) as actions,
        any_value(path.event_names order by path.path) as event_names,
        bool_or(step.is_conditional) as is_conditional,
        list_sort(list_distinct(flatten(list(step.caveats order by step.action)))) as caveats,
        distinct_values(case when step.action = 'iam:passrole' then step.resource end) as passed,
        flatten(
            list(
                list_transform(
                    step.statements,
                    lambda statement : {
                        'table': 'iam_statement',
                        'artifact_id': statement.artifact_id,
                        'record_no': statement.record_no
                    }
                )
                order by step.action
            )
        ) as records
    from step
    join complete
        using (principal, path)
    join path
        on path.path = step.path
    where step.path in (select path from size where target_steps = 0)
        or (step.principal, step.path) in (select (principal, path) from target)
    group by
        step.principal,
        step.path
),
resource as (
    select
        principal,
        path,
        distinct_values(resource) as resources
    from target
    group by
        principal,
        path
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
                'resources': list_slice(coalesce(resource.resources, []), 1, 10),
                'passes': list_slice(open_path.passed, 1, 10),
                'known_targets': list_slice(coalesce(reachable.known, []), 1, 10),
                'conditional': open_path.is_conditional,
                'caveats': open_path.caveats,
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
    left join resource
        on resource.principal = open_path.principal
        and resource.path = open_path.path
    left join reachable
        on reachable.principal = open_path.principal
        and reachable.path = open_path.path
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
