-- ---
-- id: h-injection-hits
-- version: 1.0.0
-- title: Which prompts try to take the model over?
-- status: stable
-- description: >-
--   Finds prompts that the patterns for overriding, personas, jailbreaks, forged delimiters, orders in documents, hidden
--   text and requests for the system prompt match, with a score (one point a pattern), the stop reason and the
--   guardrail, which say whether it worked. Words are shown on demand. Misses attacks in other words and in other
--   languages than English.
-- requires:
--   bedrock_message: needed
--   bedrock_invocation: helpful
-- parameters:
--   min_score: {type: integer, default: 1, description: patterns that match at least}
--   show_text: {type: boolean, default: false, description: show words of prompts and answers}
--   characters: {type: integer, default: 300, description: characters of each text that are shown}
--   case_from: {type: timestamptz, default: null, description: only from here}
--   case_to: {type: timestamptz, default: null, description: only before}
-- references: []
-- changelog:
--   1.0.0: first version
-- ---
with text as (
    select
        artifact_id,
        record_no,
        event_time,
        request_id,
        principal,
        role,
        block_type,
        message_no,
        text
    from bedrock_message
    where direction = 'input'
        and role <> 'system'
        and text is not null
        and in_period(event_time, $case_from::timestamptz, $case_to::timestamptz)
),
distinct_text as materialized (
    select
        text,
        list_filter(
            [
                case when regexp_matches(text, rx_override()) then 'override' end,
                case when regexp_matches(text, rx_persona()) then 'persona' end,
                case when regexp_matches(text, rx_jailbreak_named()) then 'jailbreak by name' end,
                case when regexp_matches(text, rx_sysprompt_ask()) then 'asks for the system prompt' end,
                case when regexp_matches(text, rx_delim_forge()) then 'forged delimiter' end,
                case when regexp_matches(text, rx_indirect_order()) then 'order in a document' end,
                case when regexp_matches(text, rx_hidden_markup()) then 'hidden markup' end,
                case when regexp_matches(text, rx_obf_invisible()) then 'invisible characters' end,
                case when regexp_matches(text, rx_obf_decode_and_obey()) then 'decode and obey' end,
                case when regexp_matches(text, rx_cred_harvest()) then 'asks for credentials' end
            ],
            lambda label : label is not null
        ) as labels
    from (select distinct text from text)
)
select
    text.event_time,
    text.request_id,
    text.principal,
    invocation.request_metadata,
    invocation.base_model as model,
    text.role,
    text.block_type,
    len(distinct_text.labels) as score,
    distinct_text.labels,
    invocation.stop_reason,
    invocation.guardrail_action,
    invocation.error_code,
    coalesce(invocation.guardrail_action = 'INTERVENED', false) as is_stopped,
    shown_text(text.text, $show_text::boolean, $characters::bigint) as text,
    text.artifact_id,
    text.record_no
from text
join distinct_text
    on distinct_text.text = text.text
left join bedrock_invocation as invocation
    on invocation.artifact_id = text.artifact_id
    and invocation.record_no = text.record_no
where len(distinct_text.labels) >= $min_score::bigint
order by
    score desc,
    text.event_time,
    text.artifact_id,
    text.record_no,
    text.message_no
