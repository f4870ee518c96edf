-- ---
-- id: h-lineage-tree
-- version: 1.0.0
-- title: Which credentials and identities came out of this one?
-- status: stable
-- description: >-
--   Finds everything that a credential brought into being, step by step: sessions, keys, API keys, sign-ins, users,
--   roles, sessions of functions whose code it changed (strong edges, where the record names both ends), and sessions of
--   notebooks, jobs and models that it reached by a signed URL or a passed role (weak edges, by time). Each node says
--   when it was first and last used, when it expires and what contained it. Misses credentials that were handed over
--   outside AWS.
-- requires:
--   v_lineage: needed
--   cloudtrail_event: helpful
--   api_snapshot: optional
-- parameters:
--   access_key: {type: text, required: true, description: "access key id, other credential or ARN to begin with"}
--   weak_edges: {type: boolean, default: true, description: follow edges that rest on time alone}
--   weak_window: {type: interval, default: 12 hours, description: how long after the call a session may begin to follow from it}
-- references: []
-- changelog:
--   1.0.0: first version
-- ---
with recursive notebook as (
    select
        json ->> '$.NotebookInstanceName' as name,
        role_name(json ->> '$.RoleArn') as role
    from api_snapshot
    where operation = 'describe-notebook-instance'
        and error_code is null
    group by all
),
handle as (
    select
        event.credential,
        event.event_name,
        event.event_time,
        coalesce(
            role_name(event.request_parameters ->> '$.roleArn'),
            role_name(event.request_parameters ->> '$.executionRoleArn'),
            role_name(event.request_parameters ->> '$.role'),
            notebook.role
        ) as role,
        event.artifact_id,
        event.record_no
    from cloudtrail_event as event
    left join notebook
        on notebook.name = (event.request_parameters ->> '$.notebookInstanceName')
    where event.error_code is null
        and event.event_name in (
            'CreatePresignedNotebookInstanceUrl',
            'StartNotebookInstance',
            'CreateNotebookInstance',
            'CreateTrainingJob',
            'CreateProcessingJob',
            'CreateModel',
            'CreateAgent',
            'UpdateAgent',
            'CreateFunction20150331'
        )
),
use as materialized (
    select
        credential,
        principal,
        role_name(principal) as role,
        min(event_time) as first_used,
        max(event_time) as last_used,
        count(*) as event_count,
        distinct_values(source_ip_address) as addresses
    from cloudtrail_event
    where credential is not null
    group by
        credential,
        principal
),
weak as (
    select distinct
        handle.credential as parent,
        use.credential as child,
        handle.event_name as via,
        handle.event_time,
        handle.artifact_id,
        handle.record_no
    from handle
    join use
        on use.role = handle.role
        and use.last_used >= handle.event_time
        and use.first_used <= handle.event_time + $weak_window::interval
        and use.credential <> handle.credential
    where $weak_edges::boolean
),
edge as materialized (
    select
        parent,
        child,
        via,
        'strong' as strength,
        event_time,
        artifact_id,
        record_no
    from v_lineage
    union all
    select
        parent,
        child,
        via,
        'weak' as strength,
        event_time,
        artifact_id,
        record_no
    from weak
    union all
    -- An identity that was made leads to the credentials that it then used.
    select
        use.principal,
        use.credential,
        'used by it',
        'strong',
        use.first_used,
        null,
        null
    from use
    where use.principal in (select child from v_lineage)
        and use.credential <> use.principal
),
tree as (
    select
        0 as depth,
        null::varchar as parent,
        $access_key::varchar as node,
        null::varchar as via,
        'strong' as strength,
        null::timestamptz as event_time,
        null::bigint as artifact_id,
        null::bigint as record_no,
        [$access_key::varchar] as path
    union all
    select
        tree.depth + 1,
        tree.node,
        edge.child,
        edge.via,
        case when tree.strength = 'weak' then 'weak' else edge.strength end,
        edge.event_time,
        edge.artifact_id,
        edge.record_no,
        list_append(tree.path, edge.child)
    from tree
    join edge
        on edge.parent = tree.node
    where tree.depth < 12
        and not list_contains(tree.path, edge.child)
        and (tree.event_time is null or edge.event_time >= tree.event_time - interval 1 second)
),
node as (
    select *
    from tree
    qualify row_number() over (
        partition by node
        order by strength, depth, event_time, artifact_id, record_no
    ) = 1
),
used as (
    select
        credential as node,
        min(principal) as principal,
        min(first_used) as first_used,
        max(last_used) as last_used,
        sum(event_count)::bigint as event_count,
        list_sort(list_distinct(flatten(list(addresses order by first_used)))) as addresses
    from use
    group by credential
    union all
    select
        principal,
        principal,
        min(first_used),
        max(last_used),
        sum(event_count)::bigint,
        list_sort(list_distinct(flatten(list(addresses order by first_used))))
    from use
    where principal <> credential
    group by principal
),
issued as (
    select
        response_elements ->> '$.credentials.accessKeyId' as node,
        max(
            coalesce(
                try_strptime(response_elements ->> '$.credentials.expiration', '%b %d, %Y, %I:%M:%S %p')::timestamptz,
                instant_of(response_elements ->> '$.credentials.expiration')
            )
        ) as expires
    from cloudtrail_event
    where event_source = 'sts.amazonaws.com'
        and error_code is null
        and event_name <> 'GetCallerIdentity'
    group by node
),
containment as (
    select
        coalesce(
            request_parameters ->> '$.accessKeyId',
            'user/' || (request_parameters ->> '$.userName') || case
                when contains(event_name, 'LoginProfile') then '#console'
                when contains(event_name, 'ServiceSpecific') then '#bearer'
                else ''
            end
        ) as target,
        arg_max(event_name, row(event_time, artifact_id, record_no)) as contained_by,
        max(event_time) as contained
    from cloudtrail_event
    where event_source = 'iam.amazonaws.com'
        and error_code is null
        and (
            event_name in (
                'DeleteAccessKey',
                'DeleteLoginProfile',
                'DeleteServiceSpecificCredential',
                'DeleteUser'
            )
            or event_name in ('UpdateAccessKey', 'UpdateServiceSpecificCredential')
            and (request_parameters ->> '$.status') = 'Inactive'
        )
    group by target
)
select
    node.depth,
    repeat('  ', node.depth) || node.node as tree,
    node.parent,
    node.node,
    node.via,
    node.strength,
    node.event_time as created,
    used.principal,
    used.first_used as first_seen,
    used.last_used as last_seen,
    coalesce(used.event_count, 0) as event_count,
    coalesce(used.addresses, []) as addresses,
    issued.expires,
    containment.contained_by,
    containment.contained,
    used.last_used > containment.contained as is_used_after_containment,
    node.artifact_id,
    node.record_no
from node
left join used
    on used.node = node.node
left join issued
    on issued.node = node.node
left join containment
    on containment.target = regexp_replace(node.node, '^arn:[^:]+:iam::[0-9]*:(user/)(?:.*/)?', '\1')
order by
    array_to_string(node.path, ' > ')
