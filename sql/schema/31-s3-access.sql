-- S3 server access log lines: the 27 documented fields, "-" as null.

create table if not exists s3_access (
    artifact_id bigint not null,
    record_no bigint not null,
    event_time timestamptz,
    bucket_owner varchar,
    bucket varchar,
    remote_ip varchar,
    requester varchar,
    principal varchar,
    request_id varchar,
    operation varchar,
    key varchar,
    raw_key varchar,
    request_uri varchar,
    http_status integer,
    error_code varchar,
    bytes_sent bigint,
    object_size bigint,
    total_time_ms bigint,
    turn_around_time_ms bigint,
    referer varchar,
    user_agent varchar,
    version_id varchar,
    host_id varchar,
    signature_version varchar,
    cipher_suite varchar,
    authentication_type varchar,
    host_header varchar,
    tls_version varchar,
    access_point_arn varchar,
    acl_required varchar,
    source_region varchar,
    extra varchar[],
    flags varchar[],
);
comment on table s3_access is 'One line of an S3 server access log.';
comment on column s3_access.event_time is 'When S3 received the request, UTC.';
comment on column s3_access.principal is 'requester in the spelling of cloudtrail_event.principal.';
comment on column s3_access.key is 'Object key, URL-decoded once; as logged where its bytes are no UTF-8.';
comment on column s3_access.raw_key is 'Object key as logged.';
comment on column s3_access.extra is 'Fields after the 27 documented ones.';
comment on column s3_access.flags is 'ambiguous_quotes: quotes inside a quoted field; request_uri, referer and user_agent may be forged. tail_unreadable: the line holds no referer and user agent that end. key_not_utf8.';
