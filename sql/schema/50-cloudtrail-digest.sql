-- Digest files of CloudTrail and the keys that they are signed with.

create table if not exists cloudtrail_digest (
    artifact_id bigint not null,
    record_no bigint not null,
    account_id varchar,
    region varchar,
    trail varchar,
    digest_start_time timestamptz,
    digest_end_time timestamptz,
    is_backfill boolean,
    digest_s3_bucket varchar,
    digest_s3_object varchar,
    digest_public_key_fingerprint varchar,
    digest_signature_algorithm varchar,
    newest_event_time timestamptz,
    oldest_event_time timestamptz,
    previous_digest_s3_bucket varchar,
    previous_digest_s3_object varchar,
    previous_digest_hash_value varchar,
    previous_digest_hash_algorithm varchar,
    previous_digest_signature varchar,
    log_files json,
    log_file_count bigint,
    digest_end_time_text varchar,
    unknown json,
    flags varchar[],
);
comment on table cloudtrail_digest is 'One digest file: what CloudTrail says it delivered in one hour of one region. Loaded, not validated: `coldtrail verify` does that.';
comment on column cloudtrail_digest.region is 'Region whose log files the digest lists, from its own location.';
comment on column cloudtrail_digest.trail is 'Name of the trail, from its own location.';
comment on column cloudtrail_digest.digest_start_time is 'Start of the interval in which the listed files were delivered, UTC.';
comment on column cloudtrail_digest.digest_end_time is 'End of that interval, UTC.';
comment on column cloudtrail_digest.is_backfill is 'A digest made later for an old interval; such digests form a chain of their own.';
comment on column cloudtrail_digest.previous_digest_s3_object is 'Null in the first digest of a chain.';
comment on column cloudtrail_digest.log_files is 'The logFiles array as logged; cloudtrail_digest_file has a row for each element.';
comment on column cloudtrail_digest.log_file_count is 'Number of listed files; 0 is positive evidence that nothing was delivered.';
comment on column cloudtrail_digest.digest_end_time_text is 'digestEndTime exactly as written: the signature is over this text.';
comment on column cloudtrail_digest.unknown is 'Top-level keys that this version does not know, with their values.';
comment on column cloudtrail_digest.flags is 'no_end_time, no_log_files, digest_conflict, invalid_utf8.';

create table if not exists cloudtrail_digest_file (
    artifact_id bigint not null,
    record_no bigint not null,
    file_no bigint not null,
    account_id varchar,
    region varchar,
    digest_end_time timestamptz,
    s3_bucket varchar,
    s3_object varchar,
    hash_value varchar,
    hash_algorithm varchar,
    newest_event_time timestamptz,
    oldest_event_time timestamptz,
);
comment on table cloudtrail_digest_file is 'One log file that a digest lists, in the order of the digest.';
comment on column cloudtrail_digest_file.file_no is 'Place in logFiles, from 1.';
comment on column cloudtrail_digest_file.hash_value is 'SHA-256 of the uncompressed log file, hex.';

create table if not exists cloudtrail_public_key (
    artifact_id bigint not null,
    record_no bigint not null,
    collected_at timestamptz,
    region varchar,
    fingerprint varchar,
    value varchar,
    validity_start_time timestamptz,
    validity_end_time timestamptz,
    unknown json,
    flags varchar[],
);
comment on table cloudtrail_public_key is 'One public key of list-public-keys. Nothing offline vouches for it but the hash of its sealed file.';
comment on column cloudtrail_public_key.region is 'Region of the folder that holds the answer; the answer itself does not say.';
comment on column cloudtrail_public_key.fingerprint is 'Lower-case hex MD5 of the DER bytes.';
comment on column cloudtrail_public_key.value is 'DER of the key (PKCS#1, sometimes SubjectPublicKeyInfo) in base64.';
comment on column cloudtrail_public_key.flags is 'fingerprint_mismatch: value has another fingerprint than the answer says. value_unreadable: not base64.';

create table if not exists cloudtrail_lake_sign (
    artifact_id bigint not null,
    record_no bigint not null,
    account_id varchar,
    region varchar,
    query_id varchar,
    query_complete_time timestamptz,
    files json,
    file_count bigint,
    hash_signature varchar,
    public_key_fingerprint varchar,
    unknown json,
    flags varchar[],
);
comment on table cloudtrail_lake_sign is 'One sign file of saved CloudTrail Lake query results (result_sign.json). Loaded, not validated: `coldtrail verify` does that.';
comment on column cloudtrail_lake_sign.account_id is 'From the path AWSLogs/<account>/CloudTrail-Lake/; null elsewhere.';
comment on column cloudtrail_lake_sign.query_id is 'Folder of the results, from the path; null elsewhere.';
comment on column cloudtrail_lake_sign.query_complete_time is 'When the query was complete, UTC.';
comment on column cloudtrail_lake_sign.files is 'The files array as written: name and SHA-256 of each compressed result file.';
comment on column cloudtrail_lake_sign.unknown is 'Top-level keys that this version does not know, with their values.';
comment on column cloudtrail_lake_sign.flags is 'no_files, no_complete_time, invalid_utf8.';
