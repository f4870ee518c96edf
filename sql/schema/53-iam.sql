-- IAM as it was when it was collected.

create table if not exists iam_principal (
    artifact_id bigint not null,
    record_no bigint not null,
    collected_at timestamptz,
    account_id varchar,
    principal_type varchar,
    arn varchar,
    name varchar,
    principal_id varchar,
    path varchar,
    create_date timestamptz,
    groups varchar[],
    attached_policy_arns varchar[],
    inline_policies json,
    inline_policy_names varchar[],
    permissions_boundary_arn varchar,
    trust_policy json,
    role_last_used_date timestamptz,
    role_last_used_region varchar,
    instance_profiles json,
    tags json,
    json json,
    flags varchar[],
);
comment on table iam_principal is 'One user, group or role of get-account-authorization-details.';
comment on column iam_principal.collected_at is 'When it was asked, by the folder of the file; null when that does not say.';
comment on column iam_principal.principal_type is 'user, group or role.';
comment on column iam_principal.principal_id is 'AIDA…, AGPA… or AROA…: stays when a name is used again, and stands in trust policies when the principal is gone.';
comment on column iam_principal.groups is 'Names of the groups of a user.';
comment on column iam_principal.attached_policy_arns is 'Managed policies that are attached directly.';
comment on column iam_principal.inline_policies is 'Names and documents as in the answer; their statements are in iam_statement.';
comment on column iam_principal.trust_policy is 'Who may assume the role, decoded.';
comment on column iam_principal.json is 'The whole record. Access keys, MFA devices, passwords and service-specific credentials are not in it.';
comment on column iam_principal.flags is 'trust_policy_unreadable, no_arn, invalid_utf8.';

create table if not exists iam_policy (
    artifact_id bigint not null,
    record_no bigint not null,
    collected_at timestamptz,
    account_id varchar,
    arn varchar,
    name varchar,
    policy_id varchar,
    path varchar,
    is_aws_managed boolean,
    default_version_id varchar,
    attachment_count bigint,
    permissions_boundary_usage_count bigint,
    is_attachable boolean,
    description varchar,
    create_date timestamptz,
    update_date timestamptz,
    version_count bigint,
    versions json,
    json json,
    flags varchar[],
);
comment on table iam_policy is 'One managed policy of get-account-authorization-details. Policies of AWS are in it when they are attached.';
comment on column iam_policy.account_id is 'Account that owns the policy; null for a policy of AWS.';
comment on column iam_policy.version_count is 'Versions in the record; their statements are in iam_statement.';
comment on column iam_policy.versions is 'Every version with its document, as in the answer.';
comment on column iam_policy.json is 'The whole record.';

create table if not exists iam_statement (
    artifact_id bigint not null,
    record_no bigint not null,
    statement_no bigint not null,
    collected_at timestamptz,
    account_id varchar,
    policy_kind varchar,
    principal_arn varchar,
    policy_name varchar,
    policy_arn varchar,
    version_id varchar,
    is_default boolean,
    sid varchar,
    effect varchar,
    actions varchar[],
    not_actions varchar[],
    resources varchar[],
    not_resources varchar[],
    principals varchar[],
    not_principals varchar[],
    conditions json,
    flags varchar[],
);
comment on table iam_statement is 'One statement of a policy document. v_iam_grant says which principals it reaches.';
comment on column iam_statement.statement_no is 'Running number of the statements of the record, from 1.';
comment on column iam_statement.policy_kind is 'inline, managed (every version), trust, boundary (of the principal) or resource (bucket, function, key, …).';
comment on column iam_statement.principal_arn is 'Holder of an inline, trust or boundary policy, or the resource of a resource policy; null for a managed policy.';
comment on column iam_statement.is_default is 'For a managed policy: the version in force. True for all other kinds.';
comment on column iam_statement.actions is 'Action as a list, as written; null when the statement has none.';
comment on column iam_statement.principals is 'Principal as texts: *, AWS:<arn>, Service:<host>, Federated:<arn>, CanonicalUser:<id>.';
comment on column iam_statement.conditions is 'Condition as written.';
comment on column iam_statement.flags is 'document_unreadable: the document is no policy; the row stands for all of it. document_missing: the policy is named and its text is not in the evidence.';

create table if not exists iam_credential_report (
    artifact_id bigint not null,
    record_no bigint not null,
    row_no bigint not null,
    collected_at timestamptz,
    account_id varchar,
    user_name varchar,
    arn varchar,
    user_creation_time timestamptz,
    password_enabled boolean,
    password_last_used timestamptz,
    password_last_changed timestamptz,
    password_next_rotation timestamptz,
    mfa_active boolean,
    access_key_1_active boolean,
    access_key_1_last_rotated timestamptz,
    access_key_1_last_used_date timestamptz,
    access_key_1_last_used_region varchar,
    access_key_1_last_used_service varchar,
    access_key_2_active boolean,
    access_key_2_last_rotated timestamptz,
    access_key_2_last_used_date timestamptz,
    access_key_2_last_used_region varchar,
    access_key_2_last_used_service varchar,
    cert_1_active boolean,
    cert_1_last_rotated timestamptz,
    cert_2_active boolean,
    cert_2_last_rotated timestamptz,
    additional_credentials_info varchar,
    json json,
    unknown json,
    flags varchar[],
);
comment on table iam_credential_report is 'One user of the credential report of an account, from the CSV or from the answer of get-credential-report.';
comment on column iam_credential_report.row_no is 'For the answer of the API: row of the report inside it, from 1; 1 for a CSV file.';
comment on column iam_credential_report.collected_at is 'GeneratedTime of the answer, else by the folder of the file. A report is up to four hours old.';
comment on column iam_credential_report.user_name is 'Name of the user; <root_account> for the root user.';
comment on column iam_credential_report.password_last_used is 'Null for N/A, no_information and not_supported; json tells which.';
comment on column iam_credential_report.json is 'The row as written: N/A, no_information and not_supported are different things.';
