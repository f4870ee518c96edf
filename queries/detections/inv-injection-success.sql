-- ---
-- id: inv-injection-success
-- version: 1.0.2
-- title: Prompt injection followed by a change of behaviour
-- status: stable
-- severity: critical
-- element: invocation
-- attack: [T1059, T1041]
-- atlas: [AML.T0051, AML.T0053]
-- description: >-
--   Finds prompts with a direct or indirect injection after which the model behaves differently, two points each: it
--   calls a tool that the application never used before, its answer carries data to a foreign host, gives the system
--   prompt away, holds secrets or personal data that were not asked with, it complies with what it refused before, or an
--   agent of Bedrock invokes a function whose role then changes something. Two points are high, four are critical. The
--   answer of the same request counts, and those of the same conversation within the reach; calls of agents only follow
--   identities of AI workloads, by time alone. Misses effects outside AWS.
-- requires:
--   bedrock_message: needed
--   v_new_block: optional
--   bedrock_invocation: optional
--   cloudtrail_event: helpful
--   ref_principal: optional
--   ref_domain: optional
-- parameters:
--   min_score: {type: integer, default: 3, description: points of wording that make a prompt a direct injection}
--   high_points: {type: integer, default: 2, description: points of effects that make a finding}
--   critical_points: {type: integer, default: 4, description: points of effects that make it critical}
--   reach: {type: interval, default: 5 minutes, description: time after the prompt in which effects count}
--   max_prompts: {type: integer, default: 50, description: prompts of an identity and day that are findings of their own; more of them are one}
--   case_from: {type: timestamptz, default: case, description: start of the period of interest}
--   base_to: {type: timestamptz, default: case, description: end of the baseline; the start of the case when empty}
-- false_positives:
--   - In a busy application a call of an agent may follow the prompt of somebody else.
-- references:
--   - https://genai.owasp.org/llmrisk/llm01-prompt-injection/
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
        message.block_type in ('tool_result', 'document') as is_whole,
        message.text
    from v_new_block as message
    where message.role in ('user', 'tool')
        and message.block_type in ('text', 'guard', 'other', 'tool_result', 'document')
        and message.event_time is not null
),
-- The same words are judged once, however often they were sent; kept, so that no filter moves below the distinct.
wording_text as materialized (
    select distinct
        text,
        is_whole
    from block
),
wording as materialized (
    select
        text,
        is_whole,
        normal_text(case when is_whole then null else user_words(text) end) as own,
        normal_text(case when is_whole then text else context_words(text) end) as context
    from wording_text
),
spelling as materialized (
    select
        *,
        deleeted_text(own) as plain
    from wording
),
judged as materialized (
    select
        text,
        is_whole,
        own,
        3 * coalesce(
            regexp_matches(own, rx_override()) or regexp_matches(plain, rx_override()) is true,
            false
        )::bigint
        + 3 * coalesce(regexp_matches(own, rx_delim_forge()), false)::bigint
        + 2 * coalesce(
            regexp_matches(own, rx_persona()) or regexp_matches(plain, rx_persona()) is true,
            false
        )::bigint
        + 3 * coalesce(
            regexp_matches(own, rx_jailbreak_named()) or regexp_matches(plain, rx_jailbreak_named()) is true,
            false
        )::bigint
        + 2 * coalesce(
            regexp_matches(own, rx_sysprompt_ask()) or regexp_matches(plain, rx_sysprompt_ask()) is true,
            false
        )::bigint
        + coalesce(own is not null and regexp_matches(text, rx_obf_any()), false)::bigint as score,
        coalesce(
            regexp_matches(context, rx_indirect_order())
            or regexp_matches(context, rx_override())
            or regexp_matches(context, rx_hidden_markup())
            or regexp_matches(context, rx_delim_forge())
            or regexp_matches(context, rx_cred_harvest())
            or regexp_matches(context, rx_exfil_any()),
            false
        ) as is_indirect
    from spelling
),
injected as (
    select
        block.artifact_id,
        block.record_no,
        block.event_time,
        block.principal,
        block.model_id,
        max(judged.score) >= $min_score::bigint as is_direct,
        bool_or(judged.is_indirect) as is_indirect
    from block
    join judged
        on judged.text = block.text
        and judged.is_whole = block.is_whole
    where judged.score >= $min_score::bigint
        or judged.is_indirect
    group by
        block.artifact_id,
        block.record_no,
        block.event_time,
        block.principal,
        block.model_id
),
known_workload as (
    select distinct caller.principal
    from (select distinct principal from injected) as caller
    join ref_principal as known
        on principal_matches(known.principal, caller.principal)
    where known.class in ('ai_role', 'agent_role')
),
-- Without a list, whoever worked with models before the case is an application.
usual_caller as (
    select distinct principal
    from bedrock_invocation
    where event_time < coalesce($base_to::timestamptz, $case_from::timestamptz)
        and not exists (
            from ref_principal
            where class in ('ai_role', 'agent_role')
        )
),
hit as (
    select
        injected.*,
        invocation.request_id,
        invocation.region,
        invocation.account_id,
        invocation.stop_reason,
        end_user(invocation.request_metadata) as end_user,
        conversation_id(invocation.request_metadata) as conversation,
        injected.principal in (select principal from known_workload)
        or injected.principal in (select principal from usual_caller where principal is not null)
        as is_workload
    from injected
    left join bedrock_invocation as invocation
        on invocation.artifact_id = injected.artifact_id
        and invocation.record_no = injected.record_no
),
-- The request itself, and the later ones of its conversation.
followed as (
    select
        artifact_id,
        record_no,
        artifact_id as answer_artifact_id,
        record_no as answer_record_no
    from hit
    union
    select
        hit.artifact_id,
        hit.record_no,
        later.artifact_id,
        later.record_no
    from hit
    join bedrock_invocation as later
        on later.principal = hit.principal
        and conversation_id(later.request_metadata) = hit.conversation
        and later.event_time > hit.event_time
        and later.event_time <= hit.event_time + $reach::interval
    where hit.conversation is not null
),
answer as (
    select
        followed.artifact_id,
        followed.record_no,
        message.block_type,
        message.tool_name,
        message.text,
        message.event_time,
        message.principal
    from followed
    join bedrock_message as message
        on message.artifact_id = followed.answer_artifact_id
        and message.record_no = followed.answer_record_no
    where message.direction = 'output'
),
prompt as (
    select
        message.artifact_id,
        message.record_no,
        string_agg(message.text, ' ' order by message.message_no) as text,
        regexp_replace(
            coalesce(
                string_agg(message.text, ' ' order by message.message_no)
                    filter (message.role = 'system'),
                ''
            ),
            '\s+',
            ' ',
            'g'
        ) as system_text
    from bedrock_message as message
    join hit
        on hit.artifact_id = message.artifact_id
        and hit.record_no = message.record_no
    where message.direction = 'input'
        and message.text is not null
    group by
        message.artifact_id,
        message.record_no
),
-- a: a tool that the application calls for the first time.
tool as (
    select
        principal,
        tool_name,
        min(event_time) as first_used
    from bedrock_message
    where direction = 'output'
        and block_type = 'tool_use'
        and tool_name is not null
    group by
        principal,
        tool_name
),
new_tool as (
    select
        answer.artifact_id,
        answer.record_no,
        distinct_values(answer.tool_name) as tool_name
    from answer
    join hit
        on hit.artifact_id = answer.artifact_id
        and hit.record_no = answer.record_no
    join tool
        on tool.principal is not distinct from answer.principal
        and tool.tool_name = answer.tool_name
    where answer.block_type = 'tool_use'
        and tool.first_used >= hit.event_time
        and tool.first_used >= coalesce($base_to::timestamptz, $case_from::timestamptz)
    group by
        answer.artifact_id,
        answer.record_no
),
-- b, c, d: what the answer says.
own_domain as (
    select distinct_values(case when class in ('own', 'allowed') then lower(domain) end) as names
    from ref_domain
),
said as (
    select
        answer.artifact_id,
        answer.record_no,
        string_agg(answer.text, ' ' order by answer.event_time, answer.text) as text
    from answer
    where answer.text is not null
        and answer.block_type <> 'tool_use'
    group by
        answer.artifact_id,
        answer.record_no
),
saying as (
    select
        said.artifact_id,
        said.record_no,
        said.text,
        list_distinct(
            flatten(
                list_transform(
                    regexp_extract_all(said.text, rx_exfil_any()),
                    lambda piece : url_hosts(piece)
                )
            )
        ) as host,
        regexp_replace(said.text, '\s+', ' ', 'g') as line,
        prompt.text as prompt,
        prompt.system_text,
        list_concat(
            regexp_extract_all(said.text, rx_secret_any()),
            list_concat(
                regexp_extract_all(said.text, rx_pii_email()),
                list_concat(
                    regexp_extract_all(said.text, rx_pii_ssn()),
                    list_filter(
                        list_concat(
                            regexp_extract_all(said.text, rx_pii_iban()),
                            regexp_extract_all(said.text, rx_pii_card())
                        ),
                        lambda number : regexp_matches(number, '[A-Z]') or passes_luhn(number)
                    )
                )
            )
        ) as datum
    from said
    left join prompt
        on prompt.artifact_id = said.artifact_id
        and prompt.record_no = said.record_no
),
spoken as (
    select
        artifact_id,
        record_no,
        text,
        list_filter(
            host,
            lambda name : len(
                list_filter(
                    own_domain.names,
                    lambda own : name = own or ends_with(name, '.' || own)
                )
            ) = 0
        ) as host,
        len(
            list_filter(
                range(0, greatest(length(system_text) - 59, 0)),
                lambda place : contains(line, substr(system_text, place + 1, 60))
            )
        ) > 0 as is_leak,
        list_filter(
            datum,
            lambda piece : piece <> '' and not contains(coalesce(prompt, ''), piece)
        ) as datum
    from saying
    cross join own_domain
),
-- e: what was refused before is done now.
refusal as (
    select distinct
        message.artifact_id,
        message.record_no,
        message.principal,
        message.event_time
    from bedrock_message as message
    where message.direction = 'output'
        and message.text is not null
        and message.principal in (select principal from hit)
        and regexp_matches(message.text, rx_refusal())
),
refused as (
    select
        refusal.artifact_id,
        refusal.record_no,
        refusal.principal,
        refusal.event_time,
        judged.own
    from refusal
    join block
        on block.artifact_id = refusal.artifact_id
        and block.record_no = refusal.record_no
    join judged
        on judged.text = block.text
        and judged.is_whole = block.is_whole
    where length(judged.own) >= 12
),
flip as (
    select distinct
        hit.artifact_id,
        hit.record_no
    from hit
    join block
        on block.artifact_id = hit.artifact_id
        and block.record_no = hit.record_no
    join judged
        on judged.text = block.text
        and judged.is_whole = block.is_whole
    join refused
        on refused.principal is not distinct from hit.principal
        and refused.event_time < hit.event_time
        and refused.event_time >= hit.event_time - $reach::interval
        and contains(judged.own, refused.own)
    where coalesce(hit.stop_reason, '') not in ('guardrail_intervened', 'refusal')
        and (hit.artifact_id, hit.record_no) not in (select artifact_id, record_no from refusal)
        and (hit.artifact_id, hit.record_no) in (select artifact_id, record_no from said)
),
-- f: an agent invokes a function, and the role of the function changes something.
invoke as (
    select
        event_time,
        function_name(request_parameters ->> '$.functionName') as function_name,
        artifact_id,
        record_no
    from cloudtrail_event
    where event_source = 'lambda.amazonaws.com'
        and starts_with(event_name, 'Invoke')
        and error_code is null
        and (
            invoked_by = 'bedrock.amazonaws.com'
            or source_ip_address in ('bedrock.amazonaws.com', 'bedrock-agent.amazonaws.com')
            or principal = 'service:bedrock.amazonaws.com'
        )
),
act as (
    select
        event_time,
        event_source,
        event_name,
        session_name,
        artifact_id,
        record_no
    from cloudtrail_event
    where identity_type = 'AssumedRole'
        and session_name in (select function_name from invoke)
        and coalesce(not read_only, true)
        and event_source <> 'logs.amazonaws.com'
),
deed as (
    select
        invoke.event_time,
        invoke.function_name,
        invoke.artifact_id,
        invoke.record_no,
        arg_min(
            {
                'event_name': short_source(act.event_source) || ':' || act.event_name,
                'artifact_id': act.artifact_id,
                'record_no': act.record_no
            },
            row(act.event_time, act.artifact_id, act.record_no)
        ) as act
    from invoke
    join act
        on act.session_name = invoke.function_name
        and act.event_time >= invoke.event_time - interval 1 second
        and act.event_time <= invoke.event_time + $reach::interval
    group by
        invoke.event_time,
        invoke.function_name,
        invoke.artifact_id,
        invoke.record_no
),
agency as (
    select
        hit.artifact_id,
        hit.record_no,
        count(*) as invokes,
        min(deed.event_time) as first_invoke,
        arg_min(
            {
                'function_name': deed.function_name,
                'action': deed.act.event_name,
                'artifact_id': deed.artifact_id,
                'record_no': deed.record_no,
                'act_artifact_id': deed.act.artifact_id,
                'act_record_no': deed.act.record_no
            },
            row(deed.event_time, deed.artifact_id, deed.record_no)
        ) as first_deed
    from hit
    join deed
        on deed.event_time >= hit.event_time
        and deed.event_time <= hit.event_time + $reach::interval
    where hit.is_workload
    group by
        hit.artifact_id,
        hit.record_no
),
effect as (
    select
        hit.*,
        day_of(hit.event_time) as day,
        coalesce(new_tool.tool_name, []) as new_tool,
        coalesce(spoken.host, []) as host,
        coalesce(spoken.is_leak, false) as is_leak,
        coalesce(len(spoken.datum), 0) as data,
        flip.artifact_id is not null as is_flip,
        agency.invokes,
        agency.first_invoke,
        agency.first_deed
    from hit
    left join new_tool
        on new_tool.artifact_id = hit.artifact_id
        and new_tool.record_no = hit.record_no
    left join spoken
        on spoken.artifact_id = hit.artifact_id
        and spoken.record_no = hit.record_no
    left join flip
        on flip.artifact_id = hit.artifact_id
        and flip.record_no = hit.record_no
    left join agency
        on agency.artifact_id = hit.artifact_id
        and agency.record_no = hit.record_no
),
scored as (
    select
        *,
        2 * (
            (len(new_tool) > 0)::bigint
            + (len(host) > 0)::bigint
            + is_leak::bigint
            + (data > 0)::bigint
            + is_flip::bigint
            + (invokes is not null)::bigint
        ) as points,
        list_filter(
            [
                case when len(new_tool) > 0 then 'new tool' end,
                case when len(host) > 0 then 'data to a foreign host' end,
                case when is_leak then 'system prompt given away' end,
                case when data > 0 then 'secrets or personal data' end,
                case when is_flip then 'compliance after refusal' end,
                case when invokes is not null then 'action of an agent' end
            ],
            lambda term : term is not null
        ) as term
    from effect
),
grouped as (
    select
        *,
        case
            when count(*) over (partition by principal, day) <= $max_prompts::bigint
            then row(artifact_id, record_no)
        end as single
    from scored
    where points >= $high_points::bigint
),
finding as (
    select
        principal,
        day,
        single,
        min(event_time) as first_seen,
        max(greatest(event_time, coalesce(first_invoke, event_time))) as last_seen,
        count(*) as prompts,
        max(points) as points,
        list_sort(list_distinct(flatten(list(term order by event_time, artifact_id, record_no)))) as term,
        bool_or(is_direct) as is_direct,
        bool_or(is_indirect) as is_indirect,
        list_sort(list_distinct(flatten(list(host order by event_time, artifact_id, record_no)))) as host,
        list_sort(list_distinct(flatten(list(new_tool order by event_time, artifact_id, record_no))))
        as new_tool,
        max(data) as data,
        distinct_values(end_user) as end_user,
        min(first_invoke) as first_invoke,
        arg_min(first_deed, first_invoke) as act,
        max(invokes) as invokes,
        min(request_id) as request_id,
        distinct_values(region) as region,
        min(account_id) as account_id,
        min(model_id) as model_id,
        list(
            {'table': 'bedrock_invocation', 'artifact_id': artifact_id, 'record_no': record_no}
            order by event_time, artifact_id, record_no
        ) as records
    from grouped
    group by
        principal,
        day,
        single
)
select
    'principal' as entity_type,
    coalesce(principal, 'unknown') as entity,
    case when points >= $critical_points::bigint then 'critical' else 'high' end as severity,
    first_seen,
    last_seen,
    prompts as event_count,
    counted(prompts, 'injected prompt') || ' of ' || short_name(principal) || ' at ' || moment(first_seen)
    || case when prompts > 1 then ' and later' else '' end || ' had an effect: '
    || array_to_string(term, ', ')
    || case when len(host) > 0 then ' (' || named(host) || ')' else '' end
    || coalesce(
        '; ' || act.function_name || ' was invoked at ' || moment(first_invoke) || ', then ' || act.action,
        ''
    ) as summary,
    list_concat(
        list_slice(records, 1, 190),
        case
            when act is null then []
            else [
                {
                    'table': 'cloudtrail_event',
                    'artifact_id': act.artifact_id,
                    'record_no': act.record_no
                },
                {
                    'table': 'cloudtrail_event',
                    'artifact_id': act.act_artifact_id,
                    'record_no': act.act_record_no
                }
            ]
        end
    ) as records,
    principal as actor,
    case when len(region) = 1 then region[1] end as region,
    account_id,
    case when prompts = 1 then request_id end as resource,
    {
        'points': points,
        'terms': term,
        'direct': is_direct,
        'indirect': is_indirect,
        'hosts': host,
        'new_tools': new_tool,
        'data_items': data,
        'function': act.function_name,
        'action': act.action,
        'invokes_in_reach': invokes,
        'first_invoke': first_invoke,
        'linked_by': case when first_invoke is not null then 'time' end,
        'end_users': list_slice(end_user, 1, 20),
        'model': model_id,
        'request_id': case when prompts = 1 then request_id end
    } as metrics,
    prompts + case when act is null then 0 else 2 end as record_total
from finding
order by
    first_seen,
    entity,
    resource
