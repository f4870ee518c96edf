-- What the attacker holds, and since when: what the analyst names in reference/ioc.csv (access_key, principal, ip, cidr),
-- what follows from it by v_lineage, the outside addresses that these credentials were used from, and the credentials
-- that were used from such an address. Empty without ioc.csv. Addresses of our own never spread it, and no address does
-- while cidr.csv is empty, because an office that nobody named would make everybody an attacker. What the steps follow stands
-- outside of the recursion: inside of it DuckDB makes it anew for each step.

create or replace view v_flagged as
with seed as materialized (
    select
        value,
        kind,
        coalesce((select min(case_from) from ref_case), timestamptz '1970-01-01 00:00:00+00') as since
    from ref_ioc
    where kind in ('access_key', 'principal', 'ip', 'cidr')
),
edge as materialized (
    select
        parent,
        child,
        via,
        event_time
    from v_lineage
    where exists (from seed)
),
visit as materialized (
    select
        principal,
        credential,
        source_ip_address as address,
        min(event_time) as first_seen,
        max(event_time) as last_seen
    from cloudtrail_event
    where credential is not null
        and exists (from seed)
    group by
        principal,
        credential,
        source_ip_address
),
holder as materialized (
    select distinct
        principal,
        credential
    from visit
),
place as materialized (
    select distinct address
    from visit
    where not is_own_class(ip_class(address))
        and address_number(address) is not null
)
select
    kind,
    value,
    min(since) as since,
    arg_min(via, row(since, via)) as via
from (
    with recursive flag(kind, value, since, via) as (
        select
            'credential',
            value,
            since,
            'named in ioc.csv'
        from seed
        where kind = 'access_key'
        union
        select
            'principal',
            holder.principal,
            seed.since,
            'named in ioc.csv'
        from seed
        join holder
            on principal_matches(seed.value, holder.principal)
        where seed.kind = 'principal'
        union
        select
            'address',
            place.address,
            seed.since,
            'named in ioc.csv'
        from seed
        join place
            on cidr_contains(seed.value, place.address)
        where seed.kind in ('ip', 'cidr')
        union
        (
            select
                case
                    when starts_with(edge.child, 'arn:') and not contains(edge.child, '#')
                    then 'principal'
                    else 'credential'
                end,
                edge.child,
                edge.event_time,
                edge.via || ' by ' || flag.value
            from flag
            join edge
                on edge.parent = flag.value
                and edge.event_time >= flag.since - interval 1 second
            where flag.kind = 'credential'
            union
            select
                'credential',
                holder.credential,
                flag.since,
                'credential of ' || flag.value
            from flag
            join holder
                on holder.principal = flag.value
            where flag.kind = 'principal'
            union
            select
                'address',
                visit.address,
                greatest(visit.first_seen, flag.since),
                'used by ' || flag.value
            from flag
            join visit
                on visit.credential = flag.value
                and visit.last_seen >= flag.since
            where flag.kind = 'credential'
                and visit.address in (select address from place)
                and exists (from ref_cidr)
            union
            select
                'credential',
                visit.credential,
                greatest(visit.first_seen, flag.since),
                'used from ' || flag.value
            from flag
            join visit
                on visit.address = flag.value
                and visit.last_seen >= flag.since
            where flag.kind = 'address'
        )
    )
    select *
    from flag
) as flag
group by
    kind,
    value;
comment on view v_flagged is
'Credentials, identities and addresses that the attacker holds, since when and by which step.';
