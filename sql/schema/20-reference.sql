-- What the analyst knows, from reference/*.csv of the case. origin: analyst, derived or default.

create table if not exists ref_principal (principal varchar, class varchar, note varchar, origin varchar);
create table if not exists ref_bucket (bucket varchar, class varchar, note varchar, origin varchar);
create table if not exists ref_prefix (bucket varchar, prefix varchar, class varchar, note varchar, origin varchar);
create table if not exists ref_cidr (cidr varchar, class varchar, note varchar, origin varchar);
create table if not exists ref_account (account varchar, class varchar, note varchar, origin varchar);
create table if not exists ref_region (region varchar, class varchar, note varchar, origin varchar);
create table if not exists ref_ioc (kind varchar, value varchar, note varchar, origin varchar);
create table if not exists ref_price (
    model varchar,
    region varchar,
    valid_from timestamptz,
    input_per_million double,
    output_per_million double,
    cache_read_per_million double,
    cache_write_per_million double,
    origin varchar,
);
create table if not exists ref_hash (kind varchar, name varchar, sha256 varchar, note varchar, origin varchar);
create table if not exists ref_canary (value varchar, note varchar, origin varchar);
create table if not exists ref_design (app varchar, kind varchar, target varchar, note varchar, origin varchar);
create table if not exists ref_domain (domain varchar, class varchar, note varchar, origin varchar);
create table if not exists ref_inventory (app varchar, resource varchar, note varchar, origin varchar);
create table if not exists ref_classification (
    bucket varchar,
    key varchar,
    category varchar,
    records bigint,
    note varchar,
    origin varchar,
);
create table if not exists ref_event_class (
    event_source varchar,
    event_name varchar,
    class varchar,
    note varchar,
    origin varchar,
);
create table if not exists ref_geo (
    cidr varchar,
    country varchar,
    city varchar,
    latitude double,
    longitude double,
    origin varchar,
);
create table if not exists ref_acl (document varchar, principal varchar, note varchar, origin varchar);
create table if not exists ref_allow (
    detection varchar,
    entity varchar,
    valid_from timestamptz,
    valid_to timestamptz,
    reason varchar,
    ticket varchar,
    origin varchar,
);
create table if not exists ref_case (
    case_from timestamptz,
    case_to timestamptz,
    base_from timestamptz,
    base_to timestamptz,
    accounts varchar[],
    regions varchar[],
);
comment on table ref_case is 'The one row of case.yaml that queries need: period of interest, baseline, scope.';

create table if not exists named_set (name varchar not null, member varchar not null);
comment on table named_set is 'Named sets of queries/vocabulary/named-set.yaml, such as the events that read AI configuration.';
