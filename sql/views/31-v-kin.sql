-- Every credential with itself and with all credentials that it descends from by v_lineage, twelve steps at most; a created
-- user or role counts for the credentials that it is used with. The steps stand outside of the recursion, as in v_flagged.

create or replace view v_kin as
with edge as materialized (
    select distinct
        parent,
        child
    from v_lineage
    where parent <> child
),
holder as materialized (
    select distinct
        principal,
        credential
    from cloudtrail_event
    where credential is not null
        and principal in (select child from edge)
),
step as materialized (
    select
        parent,
        child
    from edge
    union
    select
        principal,
        credential
    from holder
)
select distinct
    ancestor,
    descendant
from (
    with recursive tree(ancestor, descendant, depth) as (
        select
            parent,
            child,
            1
        from step
        where parent not in (select principal from holder)
        union
        select
            tree.ancestor,
            step.child,
            tree.depth + 1
        from tree
        join step
            on step.parent = tree.descendant
        where tree.depth < 12
            and step.child <> tree.ancestor
    )
    select *
    from tree
) as tree;
comment on view v_kin is 'Credentials (ancestor) with the credentials and identities that came of them (descendant); not with themselves.';
