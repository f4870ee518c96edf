-- ---
-- id: inv-jailbreak
-- version: 1.0.4
-- title: Jailbreak persona or role-play wrapper
-- status: stable
-- severity: medium
-- element: invocation
-- attack: [T1496.004]
-- atlas: [AML.T0054]
-- description: >-
--   Finds prompts and system prompts with a persona that knows no rules, a named jailbreak or the marks of role-play
--   front-ends. Of the turns of users only those after the last answer count. One finding per identity, end user and
--   day, high from the second prompt of a conversation on; without conversation ids the day counts as one. Role-play
--   marks of an identity that is no known AI workload carry the tag llm_resale. Misses jailbreaks in other languages.
-- requires:
--   bedrock_message: needed
--   v_new_block: optional
--   bedrock_invocation: optional
--   ref_principal: optional
-- parameters:
--   high_prompts: {type: integer, default: 2, description: prompts of one conversation that make the finding high}
-- false_positives:
--   - Games and creative applications that work like this by design.
-- references:
--   - https://permiso.io/blog/exploiting-hosted-models
-- changelog:
--   1.0.4: the same rows; the texts that match are held instead of all prompts
--   1.0.3: the same rows; millions of hits fit into memory
--   1.0.2: the same rows, from the view of new blocks, faster
--   1.0.1: the same rows, from the view of last answers
--   1.0.0: first version
-- ---
with block as (
    select
        message.artifact_id,
        message.record_no,
        message.message_no,
        message.event_time,
        message.principal,
        message.model_id,
        message.role,
        message.text
    from v_new_block as message
    where message.role in ('user', 'system')
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
judged as (
    select
        text,
        normal,
        regexp_matches(normal, rx_persona()) as is_persona,
        regexp_matches(normal, rx_jailbreak_named()) as is_named,
        regexp_matches(normal, rx_rp_frontend()) as is_role_play
    from wording
    where normal is not null
),
-- Numbers stand for texts from here on: a hit is then of fixed size, of which millions fit into memory.
marked as materialized (
    select
        row_number() over (order by text) as text_no,
        text,
        dense_rank() over (order by sha256(normal)) as normal_no,
        1 * is_named::integer + 2 * is_persona::integer + 4 * is_role_play::integer as mark,
        masked_piece(
            text,
            coalesce(
                case when is_named then nullif(regexp_extract(normal, rx_jailbreak_named()), '') end,
                case when is_persona then nullif(regexp_extract(normal, rx_persona()), '') end,
                regexp_extract(normal, rx_rp_frontend())
            )
        ) as piece
    from judged
    where is_persona
        or is_named
        or is_role_play
),
hit as (
    select
        block.artifact_id,
        block.record_no,
        block.event_time,
        block.principal,
        block.model_id,
        bit_or(marked.mark) as mark,
        bool_or(block.role = 'system') as in_system_prompt,
        min(marked.normal_no) filter (block.role = 'system') as system_prompt,
        -- What a user said comes before the system prompt.
        coalesce(
            min(block.message_no) filter (block.role = 'user'),
            min(block.message_no)
        ) as message_no,
        coalesce(
            arg_min(marked.text_no, block.message_no) filter (block.role = 'user'),
            arg_min(marked.text_no, block.message_no)
        ) as text_no
    from (
        select *
        from block
        -- From one list: it is seen to be small, and held instead of all prompts.
        where text in (select unnest((select list(text order by text) from marked)))
    ) as block
    join marked
        on marked.text = block.text
    group by
        block.artifact_id,
        block.record_no,
        block.event_time,
        block.principal,
        block.model_id
),
workload as (
    select distinct caller.principal
    from (select distinct principal from hit) as caller
    join ref_principal as known
        on principal_matches(known.principal, caller.principal)
    where known.class in ('ai_role', 'agent_role', 'tool_role')
),
attributed as (
    select
        hit.*,
        end_user(invocation.request_metadata) as end_user,
        conversation_id(invocation.request_metadata) as conversation,
        invocation.region,
        invocation.account_id,
        day_of(hit.event_time) as day,
        workload.principal is not null as is_workload
    from hit
    left join bedrock_invocation as invocation
        on invocation.artifact_id = hit.artifact_id
        and invocation.record_no = hit.record_no
    left join workload
        on workload.principal = hit.principal
),
paced as (
    select
        *,
        count(*) over (partition by principal, end_user, day, conversation) as in_conversation
    from attributed
),
finding as materialized (
    select
        row_number() over (order by min(event_time), principal, end_user) as finding_no,
        principal,
        end_user,
        day,
        min(event_time) as first_seen,
        max(event_time) as last_seen,
        count(*) as prompts,
        count(*) filter (mark & 4 <> 0) as role_play,
        count(*) filter (in_system_prompt) as in_system_prompt,
        count(distinct system_prompt) as personas,
        max(in_conversation) as in_conversation,
        bool_or(mark & 4 <> 0 and not is_workload) as is_resale,
        distinct_values(model_id) as model,
        distinct_values(region) as region,
        min(account_id) as account_id,
        list_filter(
            [
                case when bit_or(mark) & 1 <> 0 then 'named jailbreak' end,
                case when bit_or(mark) & 2 <> 0 then 'persona without rules' end,
                case when bit_or(mark) & 4 <> 0 then 'role-play front-end' end
            ],
            lambda term : term is not null
        ) as term,
        arg_min(
            {'artifact_id': artifact_id, 'record_no': record_no, 'message_no': message_no, 'text_no': text_no},
            row(event_time, artifact_id, record_no),
            5
        ) as sample,
        arg_min(
            {'table': 'bedrock_invocation', 'artifact_id': artifact_id, 'record_no': record_no},
            row(event_time, artifact_id, record_no),
            200
        ) as records
    from paced
    group by
        principal,
        end_user,
        day
),
sample as (
    select
        one.finding_no,
        list(
            {
                'table': 'bedrock_invocation',
                'artifact_id': one.hit.artifact_id,
                'record_no': one.hit.record_no,
                'message_no': one.hit.message_no,
                'offset': marked.piece."offset",
                'length': marked.piece.length,
                'sha256': marked.piece.sha256,
                'last4': marked.piece.last4
            }
            order by one.sample_no
        ) as sample
    from (
        select
            finding_no,
            unnest(sample) as hit,
            generate_subscripts(sample, 1) as sample_no
        from finding
    ) as one
    join marked
        on marked.text_no = one.hit.text_no
    group by one.finding_no
)
select
    case when end_user is null then 'principal' else 'principal/user' end as entity_type,
    concat_ws(' ', coalesce(principal, 'unknown'), end_user) as entity,
    case when in_conversation >= $high_prompts::bigint then 'high' else 'medium' end as severity,
    first_seen,
    last_seen,
    prompts as event_count,
    short_name(principal) || coalesce(' (user ' || end_user || ')', '') || ' sent '
    || counted(prompts, 'prompt') || ' with a jailbreak or role-play wrapper ('
    || array_to_string(term, ', ') || ') from ' || moment(first_seen) || ' to ' || moment(last_seen)
    || case when is_resale then '; the identity is no known AI workload' else '' end as summary,
    records,
    principal as actor,
    case when len(region) = 1 then region[1] end as region,
    account_id,
    {
        'prompts': prompts,
        'role_play': role_play,
        'in_system_prompt': in_system_prompt,
        'system_prompts': personas,
        'peak_in_conversation': in_conversation,
        'terms': term,
        'tags': case when is_resale then ['llm_resale'] else []::varchar[] end,
        'end_user': end_user,
        'models': list_slice(model, 1, 20),
        'samples': sample.sample
    } as metrics,
    prompts as record_total
from finding
join sample
    on sample.finding_no = finding.finding_no
order by
    first_seen,
    entity
