-- ---
-- id: inv-jailbreak
-- version: 1.0.2
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
marked as (
    select
        text,
        is_role_play,
        list_filter(
            [
                case when is_persona then 'persona without rules' end,
                case when is_named then 'named jailbreak' end,
                case when is_role_play then 'role-play front-end' end
            ],
            lambda term : term is not null
        ) as term,
        sha256(normal) as hash,
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
        bool_or(marked.is_role_play) as is_role_play,
        flatten(list(marked.term order by block.message_no)) as term,
        bool_or(block.role = 'system') as in_system_prompt,
        min(marked.hash) filter (block.role = 'system') as system_prompt,
        arg_min(
            {
                'message_no': block.message_no,
                'piece': marked.piece
            },
            row(block.role = 'system', block.message_no)
        ) as sample
    from block
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
finding as (
    select
        principal,
        end_user,
        day,
        min(event_time) as first_seen,
        max(event_time) as last_seen,
        count(*) as prompts,
        count(*) filter (is_role_play) as role_play,
        count(*) filter (in_system_prompt) as in_system_prompt,
        count(distinct system_prompt) as personas,
        max(in_conversation) as in_conversation,
        bool_or(is_role_play and not is_workload) as is_resale,
        distinct_values(model_id) as model,
        distinct_values(region) as region,
        min(account_id) as account_id,
        list_sort(list_distinct(flatten(list(term order by event_time, artifact_id, record_no)))) as term,
        arg_min(
            {
                'table': 'bedrock_invocation',
                'artifact_id': artifact_id,
                'record_no': record_no,
                'message_no': sample.message_no,
                'offset': sample.piece."offset",
                'length': sample.piece.length,
                'sha256': sample.piece.sha256,
                'last4': sample.piece.last4
            },
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
        'samples': sample
    } as metrics,
    prompts as record_total
from finding
order by
    first_seen,
    entity
