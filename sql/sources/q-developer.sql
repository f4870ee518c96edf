-- ---
-- id: q_developer
-- version: 1.0.0
-- title: Amazon Q Developer prompt logs
-- recognises:
--   json:
--     - in: [records, Records, '']
--       any:
--         - generateAssistantResponseEventRequest
--         - generateCompletionsEventRequest
--         - startTaskAssistCodeGenerationEventRequest
--         - generateAssistantResponseEventResponse
--         - generateCompletionsEventResponse
--         - startTaskAssistCodeGenerationEventResponse
--   path: QDeveloperLogs/
-- emits: [q_prompt]
-- caveats:
--   - The account stands in the path of the file only.
-- references:
--   - https://docs.aws.amazon.com/amazonq/latest/qdeveloper-ug/q-admin-prompt-logging.html
-- name: true
-- ---
with exchange as (
    select
        artifact_id,
        record_no,
        flags,
        _name,
        record,
        list_filter(
            json_keys(record),
            lambda key : ends_with(key, 'EventRequest') or ends_with(key, 'EventResponse')
        )[1] as key,
        coalesce(
            json_extract(record, '$.generateAssistantResponseEventRequest'),
            json_extract(record, '$.generateCompletionsEventRequest'),
            json_extract(record, '$.startTaskAssistCodeGenerationEventRequest')
        ) as request,
        coalesce(
            json_extract(record, '$.generateAssistantResponseEventResponse'),
            json_extract(record, '$.generateCompletionsEventResponse'),
            json_extract(record, '$.startTaskAssistCodeGenerationEventResponse')
        ) as response,
    from framed
),

field as (
    select
        *,
        json_extract_string(
            request,
            ['$.timeStamp', '$.userId', '$.prompt', '$.leftContext', '$.rightContext', '$.fileName', '$.customizationArn']
        ) as q,
        json_extract_string(
            response,
            ['$.assistantResponse', '$.messageMetadata.conversationId', '$.requestId', '$.completions']
        ) as a,
        list_transform(
            json_elements(json_extract(response, '$.completions')),
            lambda completion : json_words(completion)
        ) as answers,
    from exchange
)

select
    artifact_id,
    record_no,
    instant_of(q[1]) as event_time,
    'q_developer' as service,
    upper(key[1]) || regexp_replace(key[2:], 'Event(Request|Response)$', '') as operation,
    nullif(regexp_extract(_name, 'AWSLogs/([0-9]{12})/QDeveloperLogs/', 1), '') as account_id,
    q[2] as user_id,
    a[2] as conversation_id,
    a[3] as request_id,
    case
        when q[4] is not null or q[5] is not null then concat_ws(chr(10), q[4], q[5])
        else q[3]
    end as prompt,
    coalesce(a[1], answers[1]) as answer,
    nullif(answers, []) as answers,
    q[6] as file_name,
    nullif(q[7], '') as customization_arn,
    record as details,
    case when instant_of(q[1]) is null then list_append(coalesce(flags, []), 'no_event_time') else flags end as flags,
    null::varchar as skip_because,
    case when key is null then 'neither request nor response' end as reject_because,
from field;
