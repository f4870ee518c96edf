-- ---
-- id: h-containment-check
-- version: 1.0.1
-- title: Is the attacker still active, and what is still alive?
-- status: stable
-- description: >-
--   Finds each flagged credential (`reference/ioc.csv` and what follows from it) with its last use in CloudTrail, when
--   it was disabled or deleted, uses after that, when it expires, and whether it may still be alive at the end of the
--   evidence. Misses credentials that nobody flagged, and containment of a whole identity.
-- requires:
--   cloudtrail_event: needed
--   v_containment: optional
--   v_flagged: needed
-- parameters:
--   credentials: {type: text, default: null, description: "these credentials too, separated by commas"}
-- references: []
-- changelog:
--   1.0.1: takes containment from v_containment
--   1.0.0: first version
-- ---
with flag as materialized (
    select
        value as credential,
        min(since) as since,
        min(via) as via
    from (
        select
            value,
            since,
            via
        from v_flagged
        where kind = 'credential'
        union all
        select
            trim(unnest(string_split($credentials::varchar, ','))),
            null,
            'named here'
    )
    group by value
),
used as (
    select
        credential,
        min(principal) as principal,
        min(event_time) as first_seen,
        max(event_time) as last_seen,
        count(*) as event_count,
        arg_max(event_name, row(event_time, artifact_id, record_no)) as last_call,
        arg_max(source_ip_address, row(event_time, artifact_id, record_no)) as last_address,
        arg_max(artifact_id, row(event_time, artifact_id, record_no)) as artifact_id,
        arg_max(record_no, row(event_time, artifact_id, record_no)) as record_no
    from cloudtrail_event
    where credential in (select credential from flag)
    group by credential
),
stop as materialized (
    select
        node,
        min(event_time) as contained,
        arg_min(event_name, row(event_time, artifact_id, record_no)) as contained_by,
        arg_min(responder, row(event_time, artifact_id, record_no)) as contained_by_whom
    from v_containment
    group by node
),
issued as (
    select
        response_elements ->> '$.credentials.accessKeyId' as issued_key,
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
    group by issued_key
),
evidence_end as (
    select max(event_time) as ended
    from cloudtrail_event
),
node as (
    select
        flag.*,
        used.* exclude (credential),
        stop.contained,
        stop.contained_by,
        stop.contained_by_whom,
        issued.expires,
        evidence_end.ended
    from flag
    left join used
        on used.credential = flag.credential
    left join stop
        on stop.node = flag.credential
    left join issued
        on issued.issued_key = flag.credential
    cross join evidence_end
),
later as (
    select
        event.credential,
        count(*) as uses
    from cloudtrail_event as event
    join stop
        on stop.node = event.credential
    where event.credential in (select credential from flag)
        and event.event_time > stop.contained
        and event.error_code is null
    group by event.credential
)
select
    node.credential,
    node.principal,
    node.via,
    node.first_seen,
    node.last_seen,
    coalesce(node.event_count, 0) as event_count,
    node.last_call,
    node.last_address,
    node.contained,
    node.contained_by,
    node.contained_by_whom,
    coalesce(later.uses, 0) as uses_after_containment,
    node.expires,
    case
        when later.uses > 0 then 'used after containment'
        when node.contained is not null then 'contained'
        when node.expires <= node.ended then 'expired'
        when starts_with(node.credential, 'ASIA') and node.expires is null
        then 'session without a record of its issue: at most 36 hours from it'
        else 'may be alive at the end of the evidence'
    end as state,
    node.artifact_id,
    node.record_no
from node
left join later
    on later.credential = node.credential
order by
    node.first_seen,
    node.credential
