-- ---
-- id: h-tool-use
-- version: 1.0.0
-- title: Which tools did models ask for, and were they called?
-- status: stable
-- description: >-
--   Finds the calls of tools that models asked for, with name, arguments on demand, the answer that came back, and calls
--   of Lambda by Bedrock within two minutes. Misses tools that the application calls by other means.
-- requires:
--   bedrock_message: needed
--   cloudtrail_event: helpful
-- parameters:
--   tool: {type: text, default: null, description: name of the tool}
--   show_text: {type: boolean, default: false, description: show words of prompts and answers}
--   characters: {type: integer, default: 300, description: characters of each text that are shown}
--   case_from: {type: timestamptz, default: null, description: only from here}
--   case_to: {type: timestamptz, default: null, description: only before}
-- references: []
-- changelog:
--   1.0.0: first version
-- ---
with asked as (
    select *
    from bedrock_message
    where block_type = 'tool_use'
        and direction = 'output'
        and ($tool::varchar is null or tool_name = $tool::varchar)
        and in_period(event_time, $case_from::timestamptz, $case_to::timestamptz)
),
answer as (
    select
        tool_use_id,
        min(event_time) as answered,
        arg_min(text, row(event_time, artifact_id, record_no)) as text
    from bedrock_message
    where block_type = 'tool_result'
        and tool_use_id in (select tool_use_id from asked)
    group by tool_use_id
),
invoke as (
    select
        event_time,
        function_name(request_parameters ->> '$.functionName') as function_name,
        artifact_id,
        record_no
    from cloudtrail_event
    where event_source = 'lambda.amazonaws.com'
        and event_name = 'Invoke'
        and error_code is null
        and event_time is not null
        and (select count(*) from asked) > 0
)
select
    asked.event_time,
    asked.request_id,
    asked.principal,
    base_model(asked.model_id) as model,
    asked.tool_name,
    shown_text(asked.tool_input::varchar, $show_text::boolean, $characters::bigint) as arguments,
    answer.answered,
    shown_text(answer.text, $show_text::boolean, $characters::bigint) as answer,
    case when invoke.event_time <= asked.event_time + interval 2 minutes then invoke.function_name end
        as next_lambda_invoke,
    case when invoke.event_time <= asked.event_time + interval 2 minutes then invoke.event_time end
        as next_lambda_time,
    asked.artifact_id,
    asked.record_no
from asked
left join answer
    on answer.tool_use_id = asked.tool_use_id
asof left join invoke
    on asked.event_time <= invoke.event_time
order by
    asked.event_time,
    asked.artifact_id,
    asked.record_no,
    asked.message_no
