-- ---
-- id: agy-injection-to-action
-- version: 1.0.2
-- title: Prompt injection that ended in an action
-- status: stable
-- severity: critical
-- element: agency
-- attack: [T1648, T1041]
-- atlas: [AML.T0051.001, AML.T0053, AML.T0086]
-- description: >-
--   Finds chains of three links: a prompt with a direct or indirect injection; within the reach, a function that Bedrock
--   invoked, or that the application invoked after an answer that asked for a tool; and, while that function may run, a
--   call of its role that changes something or sends a message. Each call belongs to the prompt with the strongest link,
--   of several to the last one. Critical when a host, mail address, amount or long number of the injected words stands in
--   the parameters of the call; high when an answer of the same conversation asked for a tool; medium when only the times
--   fit, which counts for AI workloads alone. One finding per application, function and thing that the words and the call
--   share; the weaker chains of a function that has a stronger one are left out. Misses actions outside AWS and those that
--   CloudTrail does not record.
-- requires:
--   bedrock_message: needed
--   v_new_block: optional
--   cloudtrail_event: needed
--   bedrock_invocation: optional
--   v_second_hop: optional
--   v_ai_role: optional
--   api_snapshot: optional
--   ref_domain: optional
-- preconditions:
--   - query: >-
--       select count(*) > 0 from cloudtrail_event where event_source = 'lambda.amazonaws.com'
--       and event_name = 'Invoke'
--     otherwise: not_evaluable
--     reason: CloudTrail has no data events of Lambda, so no invocation of a function is known
-- parameters:
--   min_score: {type: integer, default: 3, description: points of wording that make a prompt a direct injection}
--   reach: {type: interval, default: 5 minutes, description: time from the prompt to the invocation}
--   default_timeout: {type: interval, default: 15 minutes, description: running time of a function whose configuration is not known}
--   slack: {type: interval, default: 5 seconds, description: time after the timeout in which its calls may still be recorded}
-- false_positives:
--   - By time alone, a busy agent follows every prompt; what the words and the call share tells them apart.
-- references:
--   - https://genai.owasp.org/llmrisk/llm01-prompt-injection/
--   - https://aws.amazon.com/blogs/security/methodology-for-incident-response-on-generative-ai-workloads/
-- changelog:
--   1.0.2: the same rows, from the view of new blocks
--   1.0.1: the same rows, from the view of last answers
--   1.0.0: first version
-- ---
with setting as (
    select
        function_name(json ->> '$.FunctionArn') as function_name,
        max(to_seconds(try_cast(json ->> '$.Timeout' as bigint))) as timeout
    from api_snapshot
    where service = 'lambda'
        and operation = 'get-function-configuration'
    group by function_name(json ->> '$.FunctionArn')
),
-- Third link and second link: what a function did, and the invocation before it.
effect as materialized (
    select
        hop.*,
        starts_with(coalesce(hop.invoked_by, ''), 'bedrock')
        or starts_with(coalesce(hop.invoker_ip, ''), 'bedrock') as is_by_bedrock,
        event.request_parameters::varchar as parameters
    from v_second_hop as hop
    left join setting
        on setting.function_name = hop.function_name
    join cloudtrail_event as event
        on event.artifact_id = hop.artifact_id
        and event.record_no = hop.record_no
    where hop.invoked is not null
        and hop.error_code is null
        and hop.event_time <= hop.invoked + coalesce(setting.timeout, $default_timeout::interval)
            + $slack::interval
        and hop.event_source not in ('logs.amazonaws.com', 'xray.amazonaws.com', 'monitoring.amazonaws.com')
        and (
            hop.read_only is not true
            or hop.event_source in ('ses.amazonaws.com', 'sns.amazonaws.com', 'sqs.amazonaws.com')
        )
),
invocation as materialized (
    select distinct
        invoked,
        function_name,
        is_by_bedrock,
        principal_key(invoker) as invoker_key
    from effect
),
-- First link: only what came after the last answer, and only prompts that an invocation followed.
block as materialized (
    select
        message.artifact_id,
        message.record_no,
        message.event_time,
        message.principal,
        message.block_type in ('tool_result', 'document') as is_whole,
        message.text
    from v_new_block as message
    where message.role in ('user', 'tool')
        and message.block_type in ('text', 'guard', 'other', 'tool_result', 'document')
        and exists (
            select 1
            from invocation
            where message.event_time <= invocation.invoked + interval 1 second
                and message.event_time >= invocation.invoked - $reach::interval
        )
),
wording as materialized (
    select
        text,
        is_whole,
        normal_text(case when not is_whole then user_words(text) end) as own,
        normal_text(case when is_whole then text else context_words(text) end) as context
    from (select distinct text, is_whole from block)
),
judged as materialized (
    select
        text,
        is_whole,
        own,
        context,
        3 * coalesce(
            regexp_matches(own, rx_override())
            or regexp_matches(deleeted_text(own), rx_override()) is true,
            false
        )::bigint
        + 3 * coalesce(regexp_matches(own, rx_delim_forge()), false)::bigint
        + 2 * coalesce(regexp_matches(own, rx_persona()), false)::bigint
        + 3 * coalesce(regexp_matches(own, rx_jailbreak_named()), false)::bigint
        + 2 * coalesce(regexp_matches(own, rx_sysprompt_ask()), false)::bigint
        + coalesce(own is not null and regexp_matches(text, rx_obf_any()), false)::bigint
            >= $min_score::bigint as is_direct,
        coalesce(
            regexp_matches(context, rx_indirect_order())
            or regexp_matches(context, rx_override())
            or regexp_matches(context, rx_hidden_markup())
            or regexp_matches(context, rx_delim_forge())
            or regexp_matches(context, rx_cred_harvest())
            or regexp_matches(context, rx_exfil_any()),
            false
        ) as is_indirect
    from wording
),
own_domain as (
    select distinct_values(lower(domain)) as names
    from ref_domain
    where class in ('own', 'allowed')
),
-- What the injected words name and the application does not own: hosts, mail addresses, amounts, long numbers.
named_thing as materialized (
    select
        judged.text,
        judged.is_whole,
        judged.is_direct,
        judged.is_indirect,
        list_sort(
            list_distinct(
                list_filter(
                    list_concat(
                        list_concat(
                            url_hosts(words),
                            list_transform(
                                regexp_extract_all(words, rx_pii_email()),
                                lambda address : lower(split_part(address, '@', 2))
                            )
                        ),
                        regexp_extract_all(words, '\b(?:[0-9]{1,3}(?:,[0-9]{3})+|[0-9]+)\.[0-9]{2}\b|\b[0-9]{8,}\b')
                    ),
                    lambda thing : thing <> ''
                    and len(
                        list_filter(
                            own_domain.names,
                            lambda own_name : thing = own_name or ends_with(thing, '.' || own_name)
                        )
                    ) = 0
                )
            )
        ) as things
    from (
        select
            *,
            concat_ws(
                chr(10),
                case when is_direct then own end,
                case when is_indirect then context end
            ) as words
        from judged
        where is_direct
            or is_indirect
    ) as judged
    cross join own_domain
),
hit as materialized (
    select
        block.artifact_id,
        block.record_no,
        min(block.event_time) as event_time,
        block.principal,
        bool_or(named_thing.is_direct) as is_direct,
        bool_or(named_thing.is_indirect) as is_indirect,
        list_sort(list_distinct(flatten(list(named_thing.things order by block.text)))) as things
    from block
    join named_thing
        on named_thing.text = block.text
        and named_thing.is_whole = block.is_whole
    group by
        block.artifact_id,
        block.record_no,
        block.principal
),
talk as (
    select
        hit.artifact_id,
        hit.record_no,
        call.request_id,
        call.region,
        call.account_id,
        conversation_id(call.request_metadata) as conversation
    from hit
    join bedrock_invocation as call
        on call.artifact_id = hit.artifact_id
        and call.record_no = hit.record_no
),
-- Answers to the prompt, and to later ones of its conversation, that asked for a tool.
tool_answer as (
    select
        hit.artifact_id,
        hit.record_no,
        message.event_time,
        message.artifact_id as answer_artifact_id,
        message.record_no as answer_record_no
    from hit
    join bedrock_message as message
        on message.artifact_id = hit.artifact_id
        and message.record_no = hit.record_no
    where message.direction = 'output'
        and message.block_type = 'tool_use'
    union
    select
        talk.artifact_id,
        talk.record_no,
        message.event_time,
        message.artifact_id,
        message.record_no
    from talk
    join hit
        using (artifact_id, record_no)
    join bedrock_invocation as later
        on conversation_id(later.request_metadata) = talk.conversation
        and later.principal = hit.principal
        and later.event_time >= hit.event_time
        and later.event_time <= hit.event_time + $reach::interval
    join bedrock_message as message
        on message.artifact_id = later.artifact_id
        and message.record_no = later.record_no
    where message.direction = 'output'
        and message.block_type = 'tool_use'
),
tool_asker as (
    select
        artifact_id,
        record_no,
        min(event_time) as asked_at
    from tool_answer
    group by
        artifact_id,
        record_no
),
-- An invocation and the injected prompts before it, of those with the same things the last one. Who invoked it himself
-- must have sent the prompt himself.
linked as (
    select
        invocation.*,
        hit.artifact_id as hit_artifact_id,
        hit.record_no as hit_record_no,
        hit.event_time as hit_at,
        hit.principal as application,
        hit.is_direct,
        hit.is_indirect,
        hit.things,
        coalesce(tool_asker.asked_at <= invocation.invoked + interval 1 second, false) as has_tool_answer
    from invocation
    join hit
        on hit.event_time <= invocation.invoked + interval 1 second
        and hit.event_time >= invocation.invoked - $reach::interval
        and (invocation.is_by_bedrock or principal_key(hit.principal) = invocation.invoker_key)
    left join tool_asker
        on tool_asker.artifact_id = hit.artifact_id
        and tool_asker.record_no = hit.record_no
    qualify row_number() over (
        partition by
            invocation.invoked,
            invocation.function_name,
            invocation.is_by_bedrock,
            invocation.invoker_key,
            hit.principal,
            hit.things,
            has_tool_answer
        order by hit.event_time desc, hit.artifact_id, hit.record_no
    ) = 1
),
joined as (
    select
        linked.*,
        effect.event_time as acted_at,
        effect.event_source,
        effect.event_name,
        effect.function_role,
        effect.source_ip,
        effect.region,
        effect.account_id,
        effect.artifact_id,
        effect.record_no,
        effect.invoke_artifact_id,
        effect.invoke_record_no,
        list_filter(
            linked.things,
            lambda thing : contains(lower(effect.parameters), thing)
            and thing is distinct from effect.account_id
        )[1] as shared_thing
    from linked
    join effect
        on effect.invoked = linked.invoked
        and effect.function_name = linked.function_name
        and effect.is_by_bedrock = linked.is_by_bedrock
        and principal_key(effect.invoker) is not distinct from linked.invoker_key
),
workload as materialized (
    select distinct principal_key(principal) as key
    from v_ai_role
),
-- The strongest link of each call, among equals to the last prompt.
ranked as (
    select
        *,
        case
            when shared_thing is not null then 3
            when has_tool_answer then 2
            when is_by_bedrock
                and (
                    principal_key(application) in (select key from workload)
                    or not exists (from workload)
                )
                then 1
        end as link
    from joined
    qualify row_number() over (
        partition by artifact_id, record_no
        order by link desc nulls last, hit_at desc, hit_artifact_id, hit_record_no
    ) = 1
),
chain as materialized (
    select *
    from ranked
    where link is not null
    qualify link = max(link) over (partition by application, function_name)
),
finding as (
    select
        application,
        function_name,
        shared_thing,
        max(link) as link,
        min(hit_at) as first_seen,
        max(acted_at) as last_seen,
        count(distinct row(hit_artifact_id, hit_record_no)) as prompts,
        count(distinct row(invoke_artifact_id, invoke_record_no)) as invocations,
        count(distinct row(artifact_id, record_no)) as calls,
        distinct_values(short_source(event_source) || ':' || event_name) as actions,
        bool_or(is_direct) as is_direct,
        bool_or(is_indirect) as is_indirect,
        -- The chain that came first, in full.
        arg_min(
            {
                'hit_at': hit_at,
                'invoked_at': invoked,
                'acted_at': acted_at,
                'action': short_source(event_source) || ':' || event_name,
                'hit_artifact_id': hit_artifact_id,
                'hit_record_no': hit_record_no
            },
            row(acted_at, artifact_id, record_no)
        ) as first_chain,
        distinct_values(function_role) as function_role,
        distinct_values(source_ip) as address,
        distinct_values(region) as region,
        min(account_id) as account_id
    from chain
    group by
        application,
        function_name,
        shared_thing
),
step as (
    select distinct
        application,
        function_name,
        shared_thing,
        unnest(
            [
                {'at': hit_at, 'table': 'bedrock_invocation', 'artifact_id': hit_artifact_id, 'record_no': hit_record_no},
                {
                    'at': invoked,
                    'table': 'cloudtrail_event',
                    'artifact_id': invoke_artifact_id,
                    'record_no': invoke_record_no
                },
                {'at': acted_at, 'table': 'cloudtrail_event', 'artifact_id': artifact_id, 'record_no': record_no}
            ]
        ) as step
    from chain
),
record as (
    select
        application,
        function_name,
        shared_thing,
        list(
            {'table': step."table", 'artifact_id': step.artifact_id, 'record_no': step.record_no}
            order by step."at", step."table", step.artifact_id, step.record_no
        ) as records
    from step
    group by
        application,
        function_name,
        shared_thing
)
select
    case when finding.shared_thing is null then 'function' else 'shared word' end as entity_type,
    coalesce(finding.shared_thing, finding.function_name) as entity,
    case link when 3 then 'critical' when 2 then 'high' else 'medium' end as severity,
    finding.first_seen,
    finding.last_seen,
    prompts + invocations + calls as event_count,
    case when is_indirect then 'an injection in the context of ' else 'an injection by ' end
    || short_name(finding.application) || ' at ' || moment(first_chain.hit_at)
    || ' was followed by an invocation of ' || finding.function_name || ' at ' || moment(first_chain.invoked_at)
    || ' and ' || first_chain.action || ' at ' || moment(first_chain.acted_at)
    || case link
        when 3 then '; ' || finding.shared_thing || ' stands in both'
        when 2 then '; the model had asked for a tool'
        else '; only the times fit'
    end
    || case
        when calls > 1
            then '; in all ' || counted(calls, 'such call') || ' after ' || counted(invocations, 'invocation')
                || ' until ' || moment(finding.last_seen)
        else ''
    end as summary,
    record.records,
    finding.application as actor,
    case when len(address) = 1 then address[1] end as source_ip,
    case when len(region) = 1 then region[1] end as region,
    account_id,
    finding.function_name as resource,
    {
        'link': case link when 3 then 'shared word' when 2 then 'tool asked for' else 'time' end,
        'hit_at': first_chain.hit_at,
        'invoked_at': first_chain.invoked_at,
        'acted_at': first_chain.acted_at,
        'prompts': prompts,
        'invocations': invocations,
        'calls': calls,
        'actions': actions,
        'function_roles': function_role,
        'direct': is_direct,
        'indirect': is_indirect
    } as metrics
from finding
join record
    on record.application is not distinct from finding.application
    and record.function_name = finding.function_name
    and record.shared_thing is not distinct from finding.shared_thing
order by
    first_seen,
    entity,
    finding.function_name,
    actor
