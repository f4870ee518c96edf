-- ---
-- id: h-role-chain-up
-- version: 1.0.0
-- title: Who was behind this session?
-- status: stable
-- description: >-
--   Finds the chain from a session or credential up to whoever issued it, with address, tool, source identity and
--   invoking service of each step, until no record says more. Misses sessions that were issued before the evidence
--   begins, and services that act for somebody without saying for whom.
-- requires:
--   v_lineage: needed
--   cloudtrail_event: needed
-- parameters:
--   access_key: {type: text, default: null, description: access key id or other credential to begin with}
--   session: {type: text, default: null, description: "ARN of the role session, or its session name"}
-- references: []
-- changelog:
--   1.0.0: first version
-- ---
with recursive asked as (
    select distinct credential as node
    from cloudtrail_event
    where credential is not null
        and coalesce($access_key::varchar, $session::varchar) is not null
        and ($access_key::varchar is null or credential = $access_key::varchar)
        and ($session::varchar is null
            or principal_arn = $session::varchar
            or session_name = $session::varchar)
),
edge as materialized (
    select *
    from v_lineage
),
chain as (
    select
        0 as depth,
        node,
        null::varchar as via,
        null::timestamptz as event_time,
        null::bigint as artifact_id,
        null::bigint as record_no,
        [node] as path
    from asked
    union all
    select
        chain.depth + 1,
        edge.parent,
        edge.via,
        edge.event_time,
        edge.artifact_id,
        edge.record_no,
        list_append(chain.path, edge.parent)
    from chain
    join edge
        on edge.child = chain.node
    where chain.depth < 12
        and not list_contains(chain.path, edge.parent)
),
used as (
    select
        credential,
        min(principal) as principal,
        min(identity_type) as identity_type,
        min(event_time) as first_seen,
        max(event_time) as last_seen,
        count(*) as event_count,
        distinct_values(source_ip_address) as addresses,
        distinct_values(tool_of(user_agent)) as tools,
        distinct_values(source_identity) as source_identities,
        distinct_values(invoked_by) as invoked_by,
        arg_min(artifact_id, row(event_time, artifact_id, record_no)) as artifact_id,
        arg_min(record_no, row(event_time, artifact_id, record_no)) as record_no
    from cloudtrail_event
    where credential in (select node from chain)
    group by credential
)
select
    chain.depth,
    chain.node as credential,
    used.principal,
    used.identity_type,
    chain.via as issued_next_by,
    chain.event_time as issued_at,
    issue.source_ip_address as issued_from,
    issue.user_agent as issued_with,
    used.first_seen,
    used.last_seen,
    coalesce(used.event_count, 0) as event_count,
    coalesce(used.addresses, []) as addresses,
    coalesce(used.tools, []) as tools,
    coalesce(used.source_identities, []) as source_identities,
    coalesce(used.invoked_by, []) as invoked_by,
    chain.node not in (select child from edge) as is_top,
    coalesce(chain.artifact_id, used.artifact_id) as artifact_id,
    coalesce(chain.record_no, used.record_no) as record_no
from chain
left join used
    on used.credential = chain.node
left join cloudtrail_event as issue
    on issue.artifact_id = chain.artifact_id
    and issue.record_no = chain.record_no
order by
    chain.path[1],
    chain.depth,
    chain.event_time,
    chain.node
