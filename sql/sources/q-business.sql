-- ---
-- id: q_business
-- version: 1.0.0
-- title: Amazon Q Business conversation and feedback logs
-- recognises:
--   json:
--     - in: ['']
--       keys: [application_id, log_type, conversation_id]
--     - in: ['']
--       keys: [application_id, user_message, system_message]
--   path: AmazonQBusinessLogs/
-- emits: [q_prompt]
-- caveats:
--   - The connectors' logs are other files and are not read.
-- references:
--   - https://docs.aws.amazon.com/amazonq/latest/qbusiness-ug/monitoring-overview.html
-- ---
with field as (
    select
        *,
        json_extract_string(
            record,
            [
                '$.event_timestamp',
                '$.log_type',
                '$.account_id',
                '$.application_id',
                '$.user_email',
                '$.conversation_id',
                '$.user_message_id',
                '$.user_message',
                '$.system_message',
                '$.output_metrics_is_message_blocked',
                '$.comment',
                '$.usefulness_reason'
            ]
        ) as v,
    from framed
)

select
    artifact_id,
    record_no,
    instant_of(v[1]) as event_time,
    'q_business' as service,
    v[2] as operation,
    v[3] as account_id,
    v[4] as application_id,
    v[5] as user_id,
    v[6] as conversation_id,
    v[7] as request_id,
    coalesce(v[8], v[11], v[12]) as prompt,
    v[9] as answer,
    coalesce(try_cast(v[10] as boolean), try_cast(v[10] as double) <> 0) as blocked,
    record as details,
    case when instant_of(v[1]) is null then list_append(coalesce(flags, []), 'no_event_time') else flags end as flags,
    null::varchar as skip_because,
    case when v[4] is null and v[6] is null then 'neither application nor conversation' end as reject_because,
from field;
