-- ---
-- id: inv-prompt-injection-direct
-- version: 1.0.3
-- title: Direct prompt injection
-- status: stable
-- severity: medium
-- element: invocation
-- attack: [T1059]
-- atlas: [AML.T0051.000, AML.T0065]
-- description: >-
--   Finds prompts in which what the user wrote tries to take over the model: orders to ignore instructions (3 points),
--   forged delimiters (3), named jailbreaks (3), unrestricted personas (2), questions for the system prompt (2), hidden
--   text (1). Only the blocks after the last answer of the model count, without system prompt and documents, and after
--   escapes, invisible characters and digits for letters are undone. One finding per identity, end user and day, high
--   with enough points, with several hits an hour, or when an answer carries data out or calls a tool. Endpoints of
--   SageMaker count as identities. Misses wordings in other languages and new phrasings.
-- requires:
--   bedrock_message: needed
--   v_new_block: optional
--   bedrock_invocation: optional
--   sagemaker_capture: optional
-- parameters:
--   min_score: {type: integer, default: 3, description: points of a prompt that make it a hit}
--   high_score: {type: integer, default: 6, description: points of a prompt that make the finding high}
--   high_hits: {type: integer, default: 3, description: hits of one user in an hour that make the finding high}
-- false_positives:
--   - Security staff and tests, texts that quote attacks.
-- references:
--   - https://genai.owasp.org/llmrisk/llm01-prompt-injection/
-- changelog:
--   1.0.3: the same rows; millions of prompts fit into memory
--   1.0.2: the same rows, from the view of new blocks, faster
--   1.0.1: the same rows, from the view of last answers
--   1.0.0: first version
-- ---
with block as (
    select
        'bedrock_invocation' as source,
        message.artifact_id,
        message.record_no,
        message.message_no,
        message.event_time,
        message.principal,
        message.model_id,
        message.text
    from v_new_block as message
    where message.role = 'user'
        and message.block_type in ('text', 'guard', 'other')
        and message.event_time is not null
    union all
    select
        'sagemaker_capture' as source,
        artifact_id,
        record_no,
        null as message_no,
        event_time,
        'endpoint/' || endpoint as principal,
        endpoint as model_id,
        input_data as text
    from sagemaker_capture
    where input_data is not null
        and event_time is not null
        and coalesce(input_encoding, 'JSON') <> 'CSV'
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
judged as (
    select
        text,
        normal,
        plain,
        (regexp_matches(normal, rx_override()) or regexp_matches(plain, rx_override()) is true) as is_override,
        regexp_matches(normal, rx_delim_forge()) as is_delimiter,
        (regexp_matches(normal, rx_persona()) or regexp_matches(plain, rx_persona()) is true) as is_persona,
        (regexp_matches(normal, rx_jailbreak_named()) or regexp_matches(plain, rx_jailbreak_named()) is true)
        as is_jailbreak,
        (regexp_matches(normal, rx_sysprompt_ask()) or regexp_matches(plain, rx_sysprompt_ask()) is true)
        as is_question,
        regexp_matches(text, rx_obf_any()) as is_hidden
    from spelling
),
scored as (
    select
        text,
        normal,
        3 * is_override::bigint
        + 3 * is_delimiter::bigint
        + 2 * is_persona::bigint
        + 3 * is_jailbreak::bigint
        + 2 * is_question::bigint
        + is_hidden::bigint as score,
        list_filter(
            [
                case when is_override then 'override' end,
                case when is_delimiter then 'forged delimiter' end,
                case when is_persona then 'persona' end,
                case when is_jailbreak then 'named jailbreak' end,
                case when is_question then 'system prompt question' end,
                case when is_hidden then 'hidden text' end
            ],
            lambda term : term is not null
        ) as term,
        masked_piece(
            text,
            coalesce(
                case when is_override then nullif(regexp_extract(normal, rx_override()), '') end,
                case when is_delimiter then nullif(regexp_extract(normal, rx_delim_forge()), '') end,
                case when is_jailbreak then nullif(regexp_extract(normal, rx_jailbreak_named()), '') end,
                case when is_persona then nullif(regexp_extract(normal, rx_persona()), '') end,
                case when is_question then nullif(regexp_extract(normal, rx_sysprompt_ask()), '') end,
                left(normal, 80)
            )
        ) as piece
    from judged
    where is_override
        or is_delimiter
        or is_persona
        or is_jailbreak
        or is_question
        or is_hidden
),
hit as (
    select
        block.source,
        block.artifact_id,
        block.record_no,
        block.event_time,
        block.principal,
        block.model_id,
        max(scored.score) as score,
        flatten(list(scored.term order by block.message_no)) as term,
        arg_max(
            {
                'message_no': block.message_no,
                'piece': scored.piece
            },
            row(scored.score, -coalesce(block.message_no, 0))
        ) as sample
    from (
        select *
        from block
        -- From one list: it is seen to be small, and held instead of all prompts.
        where text in (select unnest((select list(text order by text) from scored where score >= $min_score::bigint)))
    ) as block
    join scored
        on scored.text = block.text
    group by
        block.source,
        block.artifact_id,
        block.record_no,
        block.event_time,
        block.principal,
        block.model_id
),
effect as (
    select
        message.artifact_id,
        message.record_no,
        bool_or(
            message.block_type = 'tool_use'
            or regexp_matches(coalesce(message.text, ''), rx_exfil_any())
        ) as is_effective
    from bedrock_message as message
    join hit
        on hit.source = 'bedrock_invocation'
        and hit.artifact_id = message.artifact_id
        and hit.record_no = message.record_no
    where message.direction = 'output'
    group by
        message.artifact_id,
        message.record_no
),
attributed as (
    select
        hit.*,
        end_user(invocation.request_metadata) as end_user,
        invocation.region,
        invocation.account_id,
        invocation.stop_reason,
        coalesce(effect.is_effective, false) as is_effective,
        day_of(hit.event_time) as day
    from hit
    -- A condition on hits alone would make these joins compare every hit with every invocation.
    left join bedrock_invocation as invocation
        on invocation.artifact_id = case when hit.source = 'bedrock_invocation' then hit.artifact_id end
        and invocation.record_no = hit.record_no
    left join effect
        on effect.artifact_id = case when hit.source = 'bedrock_invocation' then hit.artifact_id end
        and effect.record_no = hit.record_no
),
paced as (
    select
        *,
        count(*) over (
            partition by principal, end_user
            order by event_time
            range between interval 1 hour preceding and current row
        ) as hits_in_hour
    from attributed
),
finding as (
    select
        principal,
        end_user,
        day,
        min(event_time) as first_seen,
        max(event_time) as last_seen,
        count(*) as prompts,
        max(score) as score,
        max(hits_in_hour) as peak,
        count(*) filter (is_effective) as effective,
        count(*) filter (stop_reason = 'guardrail_intervened') as stopped,
        distinct_values(model_id) as model,
        distinct_values(region) as region,
        min(account_id) as account_id,
        list_sort(list_distinct(flatten(list(term order by event_time, artifact_id, record_no)))) as term,
        arg_min(
            {
                'table': source,
                'artifact_id': artifact_id,
                'record_no': record_no,
                'message_no': sample.message_no,
                'offset': sample.piece."offset",
                'length': sample.piece.length,
                'sha256': sample.piece.sha256,
                'last4': sample.piece.last4,
                'points': score
            },
            row(-score, event_time, artifact_id, record_no),
            5
        ) as sample,
        arg_min(
            {'table': source, 'artifact_id': artifact_id, 'record_no': record_no},
            row(event_time, artifact_id, record_no),
            200
        ) as records
    from paced
    group by
        principal,
        end_user,
        day
)
select
    case when end_user is null then 'principal' else 'principal/user' end as entity_type,
    concat_ws(' ', coalesce(principal, 'unknown'), end_user) as entity,
    case
        when score >= $high_score::bigint or peak >= $high_hits::bigint or effective > 0 then 'high'
        else 'medium'
    end as severity,
    first_seen,
    last_seen,
    prompts as event_count,
    short_name(principal) || coalesce(' (user ' || end_user || ')', '') || ' sent '
    || counted(prompts, 'prompt') || ' that try to take over the model ('
    || array_to_string(term, ', ') || '; up to ' || counted(score, 'point') || ') from '
    || moment(first_seen) || ' to ' || moment(last_seen)
    || case when stopped > 0 then '; a guardrail stopped ' || stopped else '' end
    || case
        when effective > 0 then '; ' || counted(effective, 'answer') || ' call tools or carry data'
        else ''
    end
    as summary,
    records,
    principal as actor,
    case when len(region) = 1 then region[1] end as region,
    account_id,
    {
        'prompts': prompts,
        'score': score,
        'peak_per_hour': peak,
        'terms': term,
        'stopped_by_guardrail': stopped,
        'with_effect': effective,
        'end_user': end_user,
        'models': list_slice(model, 1, 20),
        'samples': sample
    } as metrics,
    prompts as record_total
from finding
order by
    first_seen,
    entity
