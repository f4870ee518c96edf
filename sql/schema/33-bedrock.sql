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
    input_bytes bigint,
    output_bytes bigint,
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
comment on column bedrock_invocation.stop_reason is 'Why the model stopped, as its family says it: end_turn, tool_use, max_tokens, guardrail_intervened, FINISH, stop, …';
comment on column bedrock_invocation.guardrail_action is 'INTERVENED when a guardrail blocked or masked something, NONE when one looked and let pass; null when no guardrail shows.';
comment on column bedrock_invocation.base_model is 'model_id without ARN and without the prefix of a cross-region profile.';
comment on column bedrock_invocation.input_bytes is 'Length of input_body in bytes.';
comment on column bedrock_invocation.input_body is 'The request body; for a body over 100 KB the one that input_body_s3_path names, joined back when it is in the evidence.';
comment on column bedrock_invocation.flags is 'input_body_missing, output_body_missing: the log refers to a body in S3 that is not in the evidence.';

create table if not exists bedrock_body (
    artifact_id bigint not null,
    record_no bigint not null,
    request_id varchar,
    direction varchar,
    object_key varchar,
    body_bytes bigint,
    body json,
    flags varchar[],
);
comment on table bedrock_body is 'A large request or response body that Bedrock wrote beside the log, under data/.';

create table if not exists bedrock_message (
    artifact_id bigint not null,
    record_no bigint not null,
    message_no bigint not null,
    turn_no bigint,
    event_time timestamptz,
    request_id varchar,
    principal varchar,
    model_id varchar,
    direction varchar,
    role varchar,
    block_type varchar,
    text varchar,
    tool_name varchar,
    tool_use_id varchar,
    tool_input json,
);
comment on table bedrock_message is 'One block of a prompt or of a completion, in the order of the conversation. Definitions of tools stay in input_body.';
comment on column bedrock_message.message_no is 'Running number of the block in its record, from 1: input before output.';
comment on column bedrock_message.turn_no is 'Running number of the message that the block belongs to; the system prompt is the first.';
comment on column bedrock_message.direction is 'input or output.';
comment on column bedrock_message.role is 'system, user, assistant or tool as sent; for a plain prompt user, for its answer assistant.';
comment on column bedrock_message.block_type is 'text, tool_use, tool_result, image, document, video, audio, reasoning, guard, embedding or other.';
comment on column bedrock_message.text is 'The words of the block; of a tool_result, document or video all strings inside it but media, one a line; of a guard block the text that the guardrail looked at or held back.';
comment on column bedrock_message.tool_name is 'Name of the tool that is called; for a tool_result the tool whose call it answers, if that is in the same record.';
comment on column bedrock_message.tool_input is 'What the tool is called with; a string where the model wrote no JSON.';

create table if not exists bedrock_guardrail_assessment (
    artifact_id bigint not null,
    record_no bigint not null,
    assessment_no bigint not null,
    event_time timestamptz,
    request_id varchar,
    principal varchar,
    model_id varchar,
    guardrail_id varchar,
    guardrail_version varchar,
    guardrail_origin json,
    direction varchar,
    policy varchar,
    type varchar,
    name varchar,
    match varchar,
    action varchar,
    detected boolean,
    confidence varchar,
    filter_strength varchar,
    threshold double,
    score double,
    hit json,
);
comment on table bedrock_guardrail_assessment is 'One hit of one policy of a guardrail, from the trace in a response.';
comment on column bedrock_guardrail_assessment.direction is 'input or output: which side of the call the guardrail looked at.';
comment on column bedrock_guardrail_assessment.policy is 'topic, content, word, sensitive_information, contextual_grounding or automated_reasoning.';
comment on column bedrock_guardrail_assessment.type is 'DENY, PROMPT_ATTACK, PROFANITY, EMAIL, GROUNDING, …: an open set.';
comment on column bedrock_guardrail_assessment.match is 'The words that were hit; personal data in the clear.';
comment on column bedrock_guardrail_assessment.action is 'BLOCKED, ANONYMIZED or NONE; NONE with detected means that the guardrail only watches.';
comment on column bedrock_guardrail_assessment.hit is 'The whole entry as logged.';
