-- CloudTrail events: names and meaning as in the CloudTrail record contents, snake_case.

create table if not exists cloudtrail_event (
    artifact_id bigint not null,
    record_no bigint not null,
    event_time timestamptz,
    event_source varchar,
    event_name varchar,
    aws_region varchar,
    recipient_account_id varchar,
    principal varchar,
    credential varchar,
    identity_type varchar,
    principal_id varchar,
    principal_arn varchar,
    account_id varchar,
    user_name varchar,
    access_key_id varchar,
    session_name varchar,
    session_issuer_arn varchar,
    session_created timestamptz,
    mfa_authenticated boolean,
    source_identity varchar,
    invoked_by varchar,
    source_ip_address varchar,
    user_agent varchar,
    error_code varchar,
    error_message varchar,
    request_parameters json,
    response_elements json,
    additional_event_data json,
    service_event_details json,
    resources json,
    request_id varchar,
    event_id varchar,
    shared_event_id varchar,
    event_type varchar,
    event_category varchar,
    event_version varchar,
    api_version varchar,
    read_only boolean,
    management_event boolean,
    session_credential_from_console boolean,
    vpc_endpoint_id varchar,
    vpc_endpoint_account_id varchar,
    tls_details json,
    insight_details json,
    addendum json,
    superseded_by varchar,
    edge_device_details json,
    event_context json,
    user_identity json,
    unknown json,
    flags varchar[],
);
comment on table cloudtrail_event is 'One CloudTrail record of the management, data, network-activity or insight kind.';
comment on column cloudtrail_event.event_time is 'When the call completed, whole seconds, UTC; null when the record has no readable time.';
comment on column cloudtrail_event.principal is 'The identity behind the call, one spelling for every form: role ARN for a role session, user ARN, else the best there is.';
comment on column cloudtrail_event.credential is 'What signed the call: access key id, or <principal>#bearer, #console, #service.';
comment on column cloudtrail_event.principal_arn is 'userIdentity.arn as logged (for a role session: without the path of the role).';
comment on column cloudtrail_event.session_name is 'Last part of an assumed-role ARN or of principalId.';
comment on column cloudtrail_event.source_ip_address is 'An address, a service host name or "AWS Internal"; never cast it blindly.';
comment on column cloudtrail_event.user_identity is 'The whole userIdentity object as logged.';
comment on column cloudtrail_event.unknown is 'Top-level keys that this version does not know, with their values.';
comment on column cloudtrail_event.superseded_by is 'Id of the event with which AWS corrected this one (addendum UPDATED_DATA).';
comment on column cloudtrail_event.flags is 'What the reader must know: event_id_conflict, no_event_time, invalid_utf8; lossy: from a download that leaves most of an event out; excel_damage: a spreadsheet changed account id or time; superseded; ocsf: from Security Lake; identity_ambiguous: a Lake result names a part of the caller twice, none is used.';
