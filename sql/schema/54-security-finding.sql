-- What AWS's own detectors found.

create table if not exists security_finding (
    artifact_id bigint not null,
    record_no bigint not null,
    finding_id varchar,
    product varchar,
    provider varchar,
    type varchar,
    severity double,
    severity_label varchar,
    title varchar,
    description varchar,
    account_id varchar,
    region varchar,
    first_seen timestamptz,
    last_seen timestamptz,
    created_at timestamptz,
    updated_at timestamptz,
    count bigint,
    access_key_id varchar,
    principal varchar,
    user_name varchar,
    resource_arn varchar,
    resource_type varchar,
    api varchar,
    remote_ip varchar,
    record_state varchar,
    workflow_state varchar,
    compliance_status varchar,
    json json,
    flags varchar[],
);
comment on table security_finding is 'One finding of GuardDuty, Security Hub, Access Analyzer or Macie, as one export or answer has it. The same finding comes again when it is updated: the latest updated_at is the current one.';
comment on column security_finding.product is 'Where the record comes from: guardduty, securityhub, access-analyzer, macie.';
comment on column security_finding.provider is 'For securityhub the product that found it (GuardDuty, Inspector, Security Hub, …); else the product.';
comment on column security_finding.type is 'Type as the product names it; of several the first.';
comment on column security_finding.severity is 'Number as the product gives it: GuardDuty 1 to 10, Security Hub 0 to 100 (OCSF: severity_id), Macie 1 to 3.';
comment on column security_finding.severity_label is 'INFORMATIONAL, LOW, MEDIUM, HIGH or CRITICAL; null when the product gives none.';
comment on column security_finding.first_seen is 'First event behind the finding, UTC.';
comment on column security_finding.last_seen is 'Last event behind the finding so far, UTC.';
comment on column security_finding.count is 'Events behind the finding so far.';
comment on column security_finding.principal is 'ARN of the identity that acted, or for Access Analyzer of the one that has access.';
comment on column security_finding.resource_arn is 'ARN or id of the first resource.';
comment on column security_finding.api is 'API that was called, when the finding is about a call.';
comment on column security_finding.remote_ip is 'Address of the other side.';
comment on column security_finding.record_state is 'ACTIVE or ARCHIVED (Access Analyzer: also RESOLVED).';
comment on column security_finding.workflow_state is 'NEW, NOTIFIED, SUPPRESSED or RESOLVED, for Security Hub.';
comment on column security_finding.json is 'The whole record.';
comment on column security_finding.flags is 'no_time: neither seen nor updated can be read. sample: a generated sample finding. invalid_utf8.';
