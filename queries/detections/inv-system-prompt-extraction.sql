-- ---
-- id: inv-system-prompt-extraction
-- version: 1.0.4
-- title: System prompt asked for or given away
-- status: stable
-- severity: high
-- element: invocation
-- attack: [T1213]
-- atlas: [AML.T0056, AML.T0069.002]
-- description: >-
--   Finds prompts that ask for the system prompt (medium) and answers that give it away (high): a verbatim piece of some
--   length, or a share of its runs of eight words. Of the turns of users only those after the last answer count. One
--   finding per identity, end user and day. Misses system prompts that an answer paraphrases, translates or encodes.
-- requires:
--   bedrock_message: needed
--   v_new_block: optional
--   bedrock_invocation: optional
-- parameters:
--   min_characters: {type: integer, default: 60, description: length of a verbatim piece of the system prompt}
--   min_share: {type: double, default: 0.3, description: share of the runs of eight words of the system prompt}
-- false_positives:
--   - Prompt engineers at work; system prompts that hold the very sentences the model shall answer with.
-- references:
--   - https://genai.owasp.org/llmrisk/llm072025-system-prompt-leakage/
-- changelog:
--   1.0.4: the same rows, faster
--   1.0.3: the same rows, from the view of new blocks, faster
--   1.0.2: the same rows, faster
--   1.0.1: the same rows, from the view of last answers
--   1.0.0: first version
-- ---
with block as (
    select
        message.artifact_id,
        message.record_no,
        message.message_no,
        message.event_time,
        message.text
    from v_new_block as message
    where message.role = 'user'
        and message.block_type in ('text', 'guard', 'other')
        and message.event_time is not null
),
-- The same words are judged once, however often they were sent; kept, so that no filter moves below the distinct.
wording_text as materialized (
    select distinct
        text
    from block
),
wording as materialized (
    select
        text,
        normal_text(user_words(text)) as normal
    from wording_text
),
spelling as materialized (
    select
        text,
        normal,
        deleeted_text(normal) as plain
    from wording
    where normal is not null
),
question as (
    select
        text,
        masked_piece(
            text,
            coalesce(nullif(regexp_extract(normal, rx_sysprompt_ask()), ''), left(normal, 80))
        ) as piece
    from spelling
    where regexp_matches(normal, rx_sysprompt_ask())
        or regexp_matches(plain, rx_sysprompt_ask())
),
attempt as (
    select
        block.artifact_id,
        block.record_no,
        arg_min(
            {
                'message_no': block.message_no,
                'piece': question.piece
            },
            block.message_no
        ) as sample
    from block
    join question
        on question.text = block.text
    group by
        block.artifact_id,
        block.record_no
),
-- Most texts are one block; only the others are put together, in order.
part as (
    select
        artifact_id,
        record_no,
        direction,
        message_no,
        text
    from bedrock_message
    where text is not null
        and (
            (direction = 'input' and role = 'system')
            or (direction = 'output' and block_type in ('text', 'other'))
        )
),
several as materialized (
    select
        artifact_id,
        record_no,
        direction
    from part
    group by
        artifact_id,
        record_no,
        direction
    having count(*) > 1
),
whole as materialized (
    select
        part.artifact_id,
        part.record_no,
        part.direction,
        part.text
    from part
    anti join several
        on several.artifact_id = part.artifact_id
        and several.record_no = part.record_no
        and several.direction = part.direction
    union all
    select
        part.artifact_id,
        part.record_no,
        part.direction,
        string_agg(part.text, ' ' order by part.message_no) as text
    from part
    semi join several
        on several.artifact_id = part.artifact_id
        and several.record_no = part.record_no
        and several.direction = part.direction
    group by
        part.artifact_id,
        part.record_no,
        part.direction
),
instruction as (
    select
        artifact_id,
        record_no,
        text
    from whole
    where direction = 'input'
),
system_prompt as materialized (
    select distinct text
    from instruction
),
-- Every verbatim piece of n characters holds one of these: half as long, one after the other. Of them there are few. A line
-- that is too short has none; as a filter, its length would be looked at before the distinct.
fragment as (
    select
        text,
        line,
        case
            when length(line) >= $min_characters::bigint
            then list_transform(
                range(0, length(line) - $min_characters::bigint // 2 + 1, $min_characters::bigint // 2 + 1),
                lambda place : substr(line, place + 1, $min_characters::bigint // 2)
            )
            else []
        end as part
    from (
        select
            text,
            regexp_replace(text, '\s+', ' ', 'g') as line
        from system_prompt
    )
),
answer as (
    select
        artifact_id,
        record_no,
        text
    from whole
    where direction = 'output'
),
pair as (
    select
        answer.artifact_id,
        answer.record_no,
        answer.text as answer,
        instruction.text as instruction
    from answer
    join instruction
        on instruction.artifact_id = answer.artifact_id
        and instruction.record_no = answer.record_no
    where length(answer.text) >= $min_characters::bigint // 2
),
-- The same answer to the same system prompt is judged once.
exchange as (
    select
        wording.answer,
        wording.instruction,
        regexp_replace(wording.answer, '\s+', ' ', 'g') as answer_line,
        fragment.line as instruction_line,
        fragment.part
    from (select distinct answer, instruction from pair) as wording
    join fragment
        on fragment.text = wording.instruction
),
compared as (
    select
        answer,
        instruction,
        answer_line,
        list_filter(
            list_transform(
                range(0, length(instruction_line) - $min_characters::bigint + 1),
                lambda place : substr(instruction_line, place + 1, $min_characters::bigint)
            ),
            lambda piece : contains(answer_line, piece)
        ) as piece,
        list_transform(
            range(1, greatest(len(string_split(instruction_line, ' ')) - 6, 1)),
            lambda place : array_to_string(
                list_slice(string_split(instruction_line, ' '), place, place + 7),
                ' '
            )
        ) as shingle
    from exchange
    where len(list_filter(part, lambda piece : contains(answer_line, piece))) > 0
),
leaking as (
    select
        answer,
        instruction,
        len(piece) > 0 as is_verbatim,
        round(
            len(list_filter(shingle, lambda run : contains(answer_line, run))) / nullif(len(shingle), 0),
            3
        ) as share,
        case when len(piece) > 0 then masked_piece(answer_line, piece[1]) end as sample
    from compared
    where len(piece) > 0
        or len(list_filter(shingle, lambda run : contains(answer_line, run)))
        >= $min_share::double * len(shingle)
        and len(shingle) > 0
),
leak as (
    select
        pair.artifact_id,
        pair.record_no,
        leaking.is_verbatim,
        leaking.share,
        leaking.sample
    from leaking
    join pair
        on pair.answer = leaking.answer
        and pair.instruction = leaking.instruction
),
hit as (
    select
        coalesce(attempt.artifact_id, leak.artifact_id) as artifact_id,
        coalesce(attempt.record_no, leak.record_no) as record_no,
        attempt.artifact_id is not null as is_attempt,
        leak.artifact_id is not null as is_leak,
        leak.is_verbatim,
        leak.share,
        case
            when leak.sample is not null
            then {'side': 'output', 'message_no': null::bigint, 'piece': leak.sample}
            else {
                'side': 'input',
                'message_no': attempt.sample.message_no,
                'piece': attempt.sample.piece
            }
        end as sample
    from attempt
    full join leak
        on leak.artifact_id = attempt.artifact_id
        and leak.record_no = attempt.record_no
),
caller as (
    select
        artifact_id,
        record_no,
        min(event_time) as event_time,
        min(principal) as principal,
        min(model_id) as model_id
    from bedrock_message
    where (artifact_id, record_no) in (select artifact_id, record_no from hit)
    group by
        artifact_id,
        record_no
),
attributed as (
    select
        hit.*,
        caller.event_time,
        caller.principal,
        caller.model_id,
        end_user(invocation.request_metadata) as end_user,
        invocation.region,
        invocation.account_id,
        invocation.stop_reason,
        day_of(caller.event_time) as day
    from hit
    join caller
        on caller.artifact_id = hit.artifact_id
        and caller.record_no = hit.record_no
    left join bedrock_invocation as invocation
        on invocation.artifact_id = hit.artifact_id
        and invocation.record_no = hit.record_no
),
finding as (
    select
        principal,
        end_user,
        day,
        min(event_time) as first_seen,
        max(event_time) as last_seen,
        count(*) as event_count,
        count(*) filter (is_attempt) as attempts,
        count(*) filter (is_leak) as leaks,
        max(share) as share,
        count(*) filter (stop_reason = 'guardrail_intervened') as stopped,
        distinct_values(model_id) as model,
        distinct_values(region) as region,
        min(account_id) as account_id,
        arg_min(
            {
                'table': 'bedrock_invocation',
                'artifact_id': artifact_id,
                'record_no': record_no,
                'side': sample.side,
                'message_no': sample.message_no,
                'offset': sample.piece."offset",
                'length': sample.piece.length,
                'sha256': sample.piece.sha256,
                'last4': sample.piece.last4
            },
            row(not is_leak, event_time, artifact_id, record_no),
            5
        ) as sample,
        arg_min(
            {'table': 'bedrock_invocation', 'artifact_id': artifact_id, 'record_no': record_no},
            row(event_time, artifact_id, record_no),
            200
        ) as records
    from attributed
    group by
        principal,
        end_user,
        day
)
select
    case when end_user is null then 'principal' else 'principal/user' end as entity_type,
    concat_ws(' ', coalesce(principal, 'unknown'), end_user) as entity,
    case when leaks > 0 then 'high' else 'medium' end as severity,
    first_seen,
    last_seen,
    event_count,
    short_name(principal) || coalesce(' (user ' || end_user || ')', '') || ' asked for the system prompt '
    || case when attempts = 1 then 'once' else attempts || ' times' end || ' and got '
    || case when leaks = 0 then 'nothing of it' else 'pieces of it in ' || counted(leaks, 'answer') end
    || ' (' || moment(first_seen) || ' to ' || moment(last_seen) || ')'
    || case when stopped > 0 then '; a guardrail stopped ' || stopped else '' end as summary,
    records,
    principal as actor,
    case when len(region) = 1 then region[1] end as region,
    account_id,
    {
        'attempts': attempts,
        'leaks': leaks,
        'largest_share': share,
        'stopped_by_guardrail': stopped,
        'end_user': end_user,
        'models': list_slice(model, 1, 20),
        'samples': sample
    } as metrics,
    event_count as record_total
from finding
order by
    first_seen,
    entity
