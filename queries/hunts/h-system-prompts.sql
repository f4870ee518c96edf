-- ---
-- id: h-system-prompts
-- version: 1.0.0
-- title: Which system prompts were in use, when and by whom?
-- status: stable
-- description: >-
--   Finds the different system prompts by hash with identities, models, first and last use and counts; a new one in the
--   middle of a life of another is a change. Words are shown on demand. Misses system prompts of requests without a log.
-- requires:
--   bedrock_message: needed
-- parameters:
--   principal: {type: text, default: null, description: "ARN, name, or a pattern with * of an identity"}
--   show_text: {type: boolean, default: false, description: show words of prompts and answers}
--   characters: {type: integer, default: 300, description: characters of each text that are shown}
--   case_from: {type: timestamptz, default: null, description: only from here}
--   case_to: {type: timestamptz, default: null, description: only before}
-- references: []
-- changelog:
--   1.0.0: first version
-- ---
select
    left(sha256(text), 16) as prompt_sha256,
    principal,
    distinct_values(base_model(model_id)) as models,
    min(event_time) as first_seen,
    max(event_time) as last_seen,
    count(*) as event_count,
    len(text) as prompt_characters,
    count(*) over (partition by principal) as prompts_of_identity,
    shown_text(text, $show_text::boolean, $characters::bigint) as prompt,
    first_records('bedrock_invocation', event_time, artifact_id, record_no) as records
from bedrock_message
where role = 'system'
    and block_type = 'text'
    and text is not null
    and ($principal::varchar is null
        or principal_matches($principal::varchar, principal)
        or short_name(principal) = $principal::varchar)
    and in_period(event_time, $case_from::timestamptz, $case_to::timestamptz)
group by
    text,
    principal
order by
    principal,
    first_seen,
    prompt_sha256
