-- ---
-- id: acc-use-after-containment
-- version: 1.0.1
-- title: Access continued after containment
-- status: stable
-- severity: critical
-- element: access
-- attack: [T1078.004, T1550.001]
-- atlas: [AML.T0012]
-- description: >-
--   Finds every use, more than a minute after an identity was contained, of its credentials and of all that came from them:
--   sessions, federated users, keys, passwords, API keys and users that they made; one finding per credential. Containment
--   is a key, password, API key or user that was switched off or deleted, and a policy that denies, quarantines or ends
--   sessions. Critical when a call succeeded, high when all failed. Misses containment outside IAM, and what came from a
--   credential without a record that names it.
-- requires:
--   cloudtrail_event: needed
--   v_containment: optional
--   v_lineage: optional
-- preconditions:
--   - query: select count(*) > 0 from v_containment
--     otherwise: not_evaluable
--     reason: the evidence holds no containment
-- parameters:
--   slack: {type: interval, default: 60 seconds, description: time in which a containment takes effect}
-- false_positives:
--   - Responders who test whether a key still works.
-- references:
--   - https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_temp_control-access_disable-perms.html
-- changelog:
--   1.0.1: without any containment it is not evaluable, whatever other changes of identities there are
--   1.0.0: first version
-- ---
with containment as materialized (
    select *
    from v_containment
),
holder as materialized (
    select distinct
        principal,
        principal_key(principal) as holder_key,
        credential
    from cloudtrail_event
    where credential is not null
        and exists (from containment)
),
edge as materialized (
    select distinct
        parent,
        child
    from v_lineage
    where exists (from containment)
),
tree as (
    with recursive reach(node, contained, contained_at, contained_by) as (
        select
            node,
            node,
            event_time,
            event_name
        from containment
        union
        (
            select
                edge.child,
                reach.contained,
                reach.contained_at,
                reach.contained_by
            from reach
            join edge
                on edge.parent = reach.node
            union
            select
                holder.credential,
                reach.contained,
                reach.contained_at,
                reach.contained_by
            from reach
            join holder
                on holder.holder_key = reach.node
        )
    )
    select
        node,
        arg_min(
            {'contained': contained, 'at': contained_at, 'by': contained_by},
            row(contained_at, contained, contained_by)
        ) as first_containment,
        min(contained_at) as contained_at,
        list_sort(list(distinct contained)) as contained
    from reach
    group by node
),
finding as (
    select
        event.principal,
        event.credential,
        tree.first_containment,
        tree.contained,
        min(event.event_time) as first_seen,
        max(event.event_time) as last_seen,
        count(*) as event_count,
        count(event.error_code) as error_count,
        distinct_values(short_source(event.event_source) || ':' || event.event_name) as action,
        distinct_values(event.source_ip_address) as address,
        distinct_values(event.user_agent) as user_agent,
        distinct_values(event.aws_region) as region,
        min(event.recipient_account_id) as account_id,
        arg_min(
            {
                'table': 'cloudtrail_event',
                'artifact_id': event.artifact_id,
                'record_no': event.record_no
            },
            row(event.event_time, event.artifact_id, event.record_no),
            200
        ) as records
    from tree
    join cloudtrail_event as event
        on event.credential = tree.node
    where event.event_time > tree.contained_at + $slack::interval
        and not exists (
            select 1
            from containment
            where containment.artifact_id = event.artifact_id
                and containment.record_no = event.record_no
        )
    group by
        event.principal,
        event.credential,
        tree.first_containment,
        tree.contained
)
select
    'credential' as entity_type,
    credential as entity,
    case when error_count < event_count then 'critical' else 'high' end as severity,
    first_seen,
    last_seen,
    event_count,
    short_name(principal) || ' made ' || counted(event_count, 'call') || ' between '
    || moment(first_seen) || ' and ' || moment(last_seen) || ', ' || counted(error_count, 'error')
    || ', after ' || short_name(first_containment.contained) || ' was contained at '
    || moment(first_containment.at) || ' by ' || first_containment.by as summary,
    records,
    principal as actor,
    case when len(address) = 1 then address[1] end as source_ip,
    case when len(region) = 1 then region[1] end as region,
    account_id,
    {
        'contained': contained,
        'contained_at': first_containment.at,
        'contained_by': first_containment.by,
        'is_derived': credential <> first_containment.contained,
        'errors': error_count,
        'actions': action,
        'addresses': list_slice(address, 1, 50),
        'user_agents': list_slice(user_agent, 1, 10)
    } as metrics,
    event_count as record_total
from finding
order by
    first_seen,
    entity
