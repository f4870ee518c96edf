-- ---
-- id: bedrock_invocation
-- version: 1.2.0
-- title: Amazon Bedrock model invocation logs
-- recognises:
--   json:
--     - in: ['']
--       keys: [schemaType, modelId, operation]
--     - in: ['']
--       keys: [requestId, modelId, input, operation]
--   path: BedrockModelInvocationLogs/.*_[0-9a-f]{16}\.json(\.gz)?$
--   order: -1
-- fields:
--   schemaType: VARCHAR
--   schemaVersion: VARCHAR
--   timestamp: VARCHAR
--   accountId: VARCHAR
--   identity: JSON
--   region: VARCHAR
--   requestId: VARCHAR
--   operation: VARCHAR
--   modelId: VARCHAR
--   errorCode: VARCHAR
--   inferenceRegion: VARCHAR
--   requestMetadata: JSON
--   input: JSON
--   output: JSON
-- emits: [bedrock_invocation]
-- identity: [account_id, region, request_id, operation]
-- conflict_flag: request_id_conflict
-- caveats:
--   - Bodies over 100 KB lie beside the log under data/; without them the prompt is not in the evidence.
--   - Prompts and answers of every family become rows of bedrock_message; definitions of tools stay in input_body.
--   - bedrock-mantle, agents' outer calls and anything before logging was on are not in this log.
-- references:
--   - https://docs.aws.amazon.com/bedrock/latest/userguide/model-invocation-logging.html
-- ---
with parsed as (
    select
        *,
        json_extract_string(
            input,
            [
                '$.inputContentType',
                '$.inputTokenCount',
                '$.cacheReadInputTokenCount',
                '$.cacheWriteInputTokenCount',
                '$.inputBodyS3Path'
            ]
        ) as i,
        json_extract_string(output, ['$.outputContentType', '$.outputTokenCount', '$.outputBodyS3Path']) as o,
        json_extract(input, '$.inputBodyJson') as input_body,
        json_extract(output, '$.outputBodyJson') as output_body,
        coalesce(identity ->> '$.arn', json_extract_string(identity, '$')) as identity_arn,
        try_cast("timestamp" as timestamptz) as event_time,
    from framed
)

select
    artifact_id,
    record_no,
    event_time,
    accountId as account_id,
    region,
    requestId as request_id,
    operation,
    modelId as model_id,
    base_model(modelId) as base_model,
    identity_arn,
    principal_of_arn(identity_arn) as principal,
    errorCode as error_code,
    inferenceRegion as inference_region,
    try_cast(i[2] as bigint) as input_tokens,
    try_cast(o[2] as bigint) as output_tokens,
    try_cast(i[3] as bigint) as cache_read_tokens,
    try_cast(i[4] as bigint) as cache_write_tokens,
    requestMetadata as request_metadata,
    i[1] as input_content_type,
    o[1] as output_content_type,
    strlen(input_body) as input_bytes,
    strlen(output_body) as output_bytes,
    input_body,
    output_body,
    i[5] as input_body_s3_path,
    o[3] as output_body_s3_path,
    schemaVersion as schema_version,
    unknown,
    case when event_time is null then list_append(coalesce(flags, []), 'no_event_time') else flags end as flags,
    null::varchar as skip_because,
    case
        when requestId is null and modelId is null then
            'not an invocation record: requestId and modelId are missing'
    end as reject_because,
from parsed;
