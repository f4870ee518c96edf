-- ---
-- id: bedrock_body
-- version: 1.1.0
-- title: Large request and response bodies of Bedrock model invocation logs
-- recognises:
--   document: '/data/[0-9A-Za-z-]+_(input|output)\.json(\.gz)?$'
--   order: -2
-- emits: [bedrock_body]
-- caveats:
--   - A body says nothing about itself; its name holds the request id.
-- references:
--   - https://docs.aws.amazon.com/bedrock/latest/userguide/model-invocation-logging.html
-- ---
select
    artifact_id,
    record_no,
    regexp_extract(_name, '/data/([0-9A-Za-z-]+)_(?:input|output)\.json', 1) as request_id,
    regexp_extract(_name, '_(input|output)\.json(?:\.gz)?$', 1) as direction,
    _name as object_key,
    strlen(record) as body_bytes,
    record as body,
    flags,
    null::varchar as skip_because,
    null::varchar as reject_because,
from framed;
