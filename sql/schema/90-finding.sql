-- What detections found.

create table if not exists detection_run (
    run_id varchar not null,
    detection_id varchar not null,
    version varchar not null,
    sha256 varchar not null,
    parameters json not null,
    status varchar not null,
    reason varchar,
    findings bigint not null,
    suppressed bigint not null,
);
comment on table detection_run is 'One detection of one run.';
comment on column detection_run.status is 'fired, not_fired, partial or not_evaluable; reason says what was missing.';

create table if not exists finding (
    run_id varchar not null,
    finding_no bigint not null,
    detection_id varchar not null,
    version varchar not null,
    sha256 varchar not null,
    parameters json not null,
    severity varchar not null,
    score bigint not null,
    title varchar not null,
    element varchar not null,
    attack varchar[],
    atlas varchar[],
    entity_type varchar,
    entity varchar,
    actor varchar,
    source_ip varchar,
    region varchar,
    account_id varchar,
    resource varchar,
    first_seen timestamptz,
    last_seen timestamptz,
    event_count bigint,
    metrics json,
    summary varchar,
    records json,
    record_total bigint,
    suppressed_by varchar,
);
comment on table finding is 'One finding of one run, with the records that it rests on.';
comment on column finding.records is 'List of {table, artifact_id, record_no}; at most the first ones, record_total says how many there are.';
comment on column finding.suppressed_by is 'The line of reference/allow.csv that makes this known noise; null when nothing does.';
