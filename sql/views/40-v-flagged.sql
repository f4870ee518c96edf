-- What the attacker holds, and since when: what the analyst names in reference/ioc.csv (access_key, principal, ip, cidr),
-- every credential used from a named address, and all that follows from these by v_lineage. Empty without that file.

create or replace view v_flagged as
with recursive edge as materialized (
    select
        parent,
        child,
        via,
        event_time
    from v_lineage
),
holder as materialized (
    select
        principal,
        credential,
        min(event_time) as first_seen
    from cloudtrail_event
    where credential is not null
    group by
        principal,
        credential
),
seed as materialized (
    select
        value,
        kind,
        coalesce((select min(case_from) from ref_case), timestamptz '1970-01-01 00:00:00+00') as since
    from ref_ioc
    where kind in ('access_key', 'principal', 'ip', 'cidr')
),
visit as (
    select
        credential,
        source_ip_address,
        min(event_time) as first_seen
    from cloudtrail_event
    where credential is not null
        and exists (from seed where kind in ('ip', 'cidr'))
    group by
        credential,
        source_ip_address
),
flag(value, since, via) as (
    select
        value,
        since,
        'named in ioc.csv'
    from seed
    where kind = 'access_key'
    union
    select
        holder.principal,
        seed.since,
        'named in ioc.csv'
    from seed
    join holder
        on principal_matches(seed.value, holder.principal)
    where seed.kind = 'principal'
    union
    select
        visit.credential,
        visit.first_seen,
        'used from ' || visit.source_ip_address
    from seed
    join visit
        on cidr_contains(seed.value, visit.source_ip_address)
    where seed.kind in ('ip', 'cidr')
        -- A shared address of ours says nothing about who used it.
        and not is_own_class(ip_class(visit.source_ip_address))
    union
    (
        select
            edge.child,
            edge.event_time,
            edge.via || ' by ' || flag.value
        from flag
        join edge
            on edge.parent = flag.value
            and edge.event_time >= flag.since - interval 1 second
        union
        select
            holder.credential,
            flag.since,
            'credential of ' || flag.value
        from flag
        join holder
            on holder.principal = flag.value
    )
)
select
    case when starts_with(value, 'arn:') and not contains(value, '#') then 'principal' else 'credential' end as kind,
    value,
    min(since) as since,
    arg_min(via, row(since, via)) as via
from flag
group by value;
comment on view v_flagged is 'Credentials and identities that the attacker holds, with the time from which and the reason.';
