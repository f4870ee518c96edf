-- What was read, and what became of every record of it.

create table if not exists artifact (
    artifact_id bigint not null,
    acquisition varchar not null,
    path varchar not null,
    original varchar not null,
    member varchar,
    size bigint not null,
    sha256 varchar not null,
    source varchar,
    source_version varchar,
    container varchar,
    encoding varchar,
    state varchar not null,
    note varchar,
    records bigint not null,
    duplicate_of bigint,
    wrapper json,
);
comment on table artifact is 'One row per sealed file, or per member of a sealed zip, that ingest has seen.';
comment on column artifact.artifact_id is 'Running number over all sealed files in the order of acquisition and path; stable for a case.';
comment on column artifact.acquisition is 'The bag that holds the file: 0001, 0002, …';
comment on column artifact.path is 'Path of the sealed file, relative to the case folder.';
comment on column artifact.original is 'Where the file came from, as its origin spelt it.';
comment on column artifact.member is 'Name inside the zip at path; null for an ordinary file.';
comment on column artifact.size is 'Bytes as sealed (for a member: inflated bytes).';
comment on column artifact.sha256 is 'SHA-256 of those bytes, lower-case hex; checked while reading.';
comment on column artifact.source is 'Kind of evidence that claimed it; null when nobody did.';
comment on column artifact.source_version is 'Version of sql/sources/<source>.sql that loaded it.';
comment on column artifact.container is 'How the records lie in it: Records, array, lines, object, …';
comment on column artifact.encoding is 'What had to be undone to read it: gzip, utf-16le, bom; null for plain text.';
comment on column artifact.state is 'loaded, unclaimed, empty, duplicate, zip, unreadable or refused.';
comment on column artifact.note is 'One sentence when there is something to say about the file.';
comment on column artifact.records is 'Records that framing found, including those that it had to reject.';
comment on column artifact.duplicate_of is 'The artifact with the same bytes that was loaded instead.';
comment on column artifact.wrapper is 'Small members beside the records in the last object around them: NextToken, IsTruncated, Name, …';

create table if not exists record_count (
    artifact_id bigint not null,
    source varchar not null,
    records bigint not null,
    row_count bigint not null,
    duplicates bigint not null,
    skipped bigint not null,
    rejected bigint not null,
);
comment on table record_count is 'The conservation law per artifact: records = row_count + duplicates + skipped + rejected.';

create table if not exists duplicate (
    artifact_id bigint not null,
    record_no bigint not null,
    of_artifact_id bigint not null,
    of_record_no bigint not null,
);
comment on table duplicate is 'A record that repeats one already loaded, field for field; it is not loaded twice.';

create table if not exists skip (
    artifact_id bigint not null,
    record_no bigint not null,
    reason varchar not null,
);
comment on table skip is 'A record that is understood and is no event, such as a permission-test message.';

create table if not exists reject (
    artifact_id bigint not null,
    record_no bigint not null,
    reason varchar not null,
    excerpt varchar,
);
comment on table reject is 'A record that is not understood, with the reason and its first characters.';

create table if not exists knowledge (
    name varchar primary key,
    fingerprint varchar not null,
);
comment on table knowledge is 'Fingerprints of what was loaded beside the evidence: schema, reference tables, vocabulary.';
