-- ---
-- id: h-conversation
-- version: 1.0.0
-- title: What was said in this conversation?
-- status: stable
-- description: >-
--   Finds the messages of the invocations that carry a session or user id in their metadata, or of one request, as one
--   conversation: blocks that a later request repeats are shown once, where they first came up, with calls of tools and
--   their answers. Words are shown on demand. Misses conversations whose requests carry no id, and bodies that are not
--   in the evidence.
-- requires:
--   bedrock_invocation: needed
--   bedrock_message: needed
-- parameters:
--   session: {type: text, default: null, description: a value of the request metadata such as a session or user id}
--   request_id: {type: text, default: null, description: "id of one request; all of its messages"}
--   show_text: {type: boolean, default: false, description: show words of prompts and answers}
--   characters: {type: integer, default: 300, description: characters of each text that are shown}
--   case_from: {type: timestamptz, default: null, description: only from here}
--   case_to: {type: timestamptz, default: null, description: only before}
-- references: []
-- changelog:
--   1.0.0: first version
-- ---
with invocation as (
    select *
    from bedrock_invocation
    where coalesce($session::varchar, $request_id::varchar) is not null
        and ($session::varchar is null
            or list_contains(json_extract_string(request_metadata, '$.*'), $session::varchar))
        and ($request_id::varchar is null or request_id = $request_id::varchar)
        and in_period(event_time, $case_from::timestamptz, $case_to::timestamptz)
),
block as (
    select
        invocation.event_time,
        invocation.request_id,
        invocation.principal,
        invocation.base_model as model,
        invocation.stop_reason,
        block.message_no,
        block.direction,
        block.role,
        block.block_type,
        block.text,
        block.tool_name,
        block.tool_input::varchar as tool_input,
        block.artifact_id,
        block.record_no
    from bedrock_message as block
    join invocation
        on invocation.artifact_id = block.artifact_id
        and invocation.record_no = block.record_no
    qualify row_number() over (
        partition by block.role, block.block_type, block.text, block.tool_name, block.tool_input::varchar
        order by invocation.event_time, block.artifact_id, block.record_no, block.message_no
    ) = 1
)
select
    event_time,
    request_id,
    principal,
    model,
    message_no,
    direction,
    role,
    block_type,
    shown_text(text, $show_text::boolean, $characters::bigint) as text,
    tool_name,
    shown_text(tool_input, $show_text::boolean, $characters::bigint) as tool_input,
    stop_reason,
    artifact_id,
    record_no
from block
order by
    event_time,
    artifact_id,
    record_no,
    message_no
