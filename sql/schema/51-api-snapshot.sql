-- Answers of AWS APIs to describe, get and list calls.

create table if not exists api_snapshot (
    artifact_id bigint not null,
    record_no bigint not null,
    collected_at timestamptz,
    account_id varchar,
    region varchar,
    service varchar,
    operation varchar,
    resource varchar,
    named_by varchar,
    error_code varchar,
    json json,
    flags varchar[],
);
comment on table api_snapshot is 'One answer of an AWS API, as the CLI or an SDK printed it. What has a table of its own (IAM, findings, object versions, …) is there and not here.';
comment on column api_snapshot.collected_at is 'When it was asked: folder of the file, else the date header of the answer; null when neither says.';
comment on column api_snapshot.account_id is 'Account of the first ARN under a key …Arn, else of an owner, else of the folder, else the only account of all answers collected at that time.';
comment on column api_snapshot.region is 'Region of the folder, else of that ARN.';
comment on column api_snapshot.service is 'As the CLI calls it: bedrock-agent, s3api, configservice, …';
comment on column api_snapshot.operation is 'As the CLI calls it: describe-endpoint, get-bucket-policy, …';
comment on column api_snapshot.resource is 'What was asked about, by the file name, else by the answer.';
comment on column api_snapshot.named_by is 'Who says service and operation: path (the name of the file) or content; null when nobody does.';
comment on column api_snapshot.error_code is 'Code of the error that came instead of an answer: AccessDenied, NoSuchBucketPolicy, …';
comment on column api_snapshot.json is 'The whole answer; null when the file is empty.';
comment on column api_snapshot.flags is 'incomplete: more pages follow that are not here. empty: asked, and the answer has no byte. error: the call failed.';
