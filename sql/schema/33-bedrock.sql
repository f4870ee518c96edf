-- Bedrock model invocation logs.

create table if not exists bedrock_invocation (
    artifact_id bigint not null,
    record_no bigint not null,
    event_time timestamptz,
    account_id varchar,
    region varchar,
    request_id varchar,
    operation varchar,
    model_id varchar,
    base_model varchar,
    identity_arn varchar,
    principal varchar,
    error_code varchar,
    inference_region varchar,
    input_tokens bigint,
    output_tokens bigint,
    cache_read_tokens bigint,
    cache_write_tokens bigint,
    stop_reason varchar,
    guardrail_action varchar,
    request_metadata json,
    input_content_type varchar,
    output_content_type varchar,
    input_body json,
    output_body json,
    input_body_s3_path varchar,
    output_body_s3_path varchar,
    schema_version varchar,
    unknown json,
    flags varchar[],
);
comment on table bedrock_invocation is 'One record of a Bedrock model invocation log.';
comment on column bedrock_invocation.event_time is 'When the invocation was made, whole seconds, UTC.';
comment on column bedrock_invocation.request_id is 'Equals requestID of the CloudTrail event of the same call.';
comment on column bedrock_invocation.base_model is 'model_id without ARN and without the prefix of a cross-region profile.';
comment on column bedrock_invocation.input_body is 'The request body; for a body over 100 KB the one that input_body_s3_path names, joined back when it is in the evidence.';
comment on column bedrock_invocation.flags is 'input_body_missing, output_body_missing: the log refers to a body in S3 that is not in the evidence.';

create table if not exists bedrock_body (
    artifact_id bigint not null,
    record_no bigint not null,
    request_id varchar,
    direction varchar,
    object_key varchar,
    body json,
    flags varchar[],
);
comment on table bedrock_body is 'A large request or response body that Bedrock wrote beside the log, under data/.';

create table if not exists bedrock_message (
    artifact_id bigint not null,
    record_no bigint not null,
    message_no bigint not null,
    event_time timestamptz,
    request_id varchar,
    principal varchar,
    model_id varchar,
    direction varchar,
    role varchar,
    block_type varchar,
    text varchar,
    tool_name varchar,
    tool_input json,
);
comment on table bedrock_message is 'One block of a prompt or of a completion, in the order of the conversation.';
comment on column bedrock_message.direction is 'input or output.';
comment on column bedrock_message.block_type is 'text, tool_use, tool_result, image, document, reasoning, guard, embedding or other.';
