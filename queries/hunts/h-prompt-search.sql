-- ---
-- id: h-prompt-search
-- version: 1.0.0
-- title: Where do these words stand in prompts, answers and captures?
-- status: stable
-- description: >-
--   Finds the blocks of prompts and answers, and captured requests and answers of SageMaker endpoints, that a regular
--   expression (RE2) matches, with the number and place of matches, and the words around the first on demand. Misses
--   bodies that are not in the evidence and pictures.
-- requires:
--   bedrock_message: helpful
--   sagemaker_capture: optional
-- parameters:
--   pattern: {type: text, required: true, description: "regular expression, such as (?i)password"}
--   scope: {type: text, default: null, description: "input or output; both when not given"}
--   show_text: {type: boolean, default: false, description: show words of prompts and answers}
--   case_from: {type: timestamptz, default: null, description: only from here}
--   case_to: {type: timestamptz, default: null, description: only before}
-- references: []
-- changelog:
--   1.0.0: first version
-- ---
with asked as (
    select $pattern::varchar as pattern
),
body as (
    select
        event_time,
        'bedrock_invocation' as source,
        request_id,
        principal,
        base_model(model_id) as target,
        direction,
        role,
        block_type,
        message_no,
        coalesce(text, tool_input::varchar) as text,
        artifact_id,
        record_no
    from bedrock_message
    union all
    select
        event_time,
        'sagemaker_capture',
        inference_id,
        null,
        endpoint,
        'input',
        null,
        'capture',
        1,
        input_data,
        artifact_id,
        record_no
    from sagemaker_capture
    union all
    select
        event_time,
        'sagemaker_capture',
        inference_id,
        null,
        endpoint,
        'output',
        null,
        'capture',
        2,
        output_data,
        artifact_id,
        record_no
    from sagemaker_capture
),
hit as (
    select
        body.*,
        regexp_extract(body.text, asked.pattern) as first_match,
        len(regexp_extract_all(body.text, asked.pattern)) as matches
    from body
    cross join asked
    where ($scope::varchar is null or direction = $scope::varchar)
        and in_period(event_time, $case_from::timestamptz, $case_to::timestamptz)
        and regexp_matches(text, $pattern::varchar)
)
select
    event_time,
    source,
    request_id,
    principal,
    target,
    direction,
    role,
    block_type,
    matches,
    strpos(text, first_match) as first_offset,
    len(first_match) as first_length,
    case
        when $show_text::boolean
        then substr(text, greatest(1, strpos(text, first_match) - 60), 120 + len(first_match))
        else shown_text(first_match, false, 0)
    end as snippet,
    count(*) over (partition by principal, target) as hits_of_identity,
    artifact_id,
    record_no
from hit
order by
    event_time,
    artifact_id,
    record_no,
    message_no
