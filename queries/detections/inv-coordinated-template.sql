-- ---
-- id: inv-coordinated-template
-- version: 1.1.1
-- title: One attack template from several users or in great number
-- status: stable
-- severity: high
-- element: invocation
-- attack: [T1059]
-- atlas: [AML.T0051]
-- description: >-
--   Finds groups of prompts that are worded alike and carry an injection or a jailbreak, when several end users,
--   identities or addresses sent them within a day, or when many came within an hour. Alike are prompts that share
--   enough of their words, directly or over others of the group. Tells who began. Misses templates that are translated
--   or reworded for every use, and groups without any mark of an attack, such as the canned questions of an application.
-- requires:
--   bedrock_message: needed
--   v_new_block: optional
--   bedrock_invocation: optional
--   cloudtrail_event: optional
-- parameters:
--   min_users: {type: integer, default: 3, description: different end users or identities within the span}
--   min_addresses: {type: integer, default: 2, description: different addresses within the span}
--   span: {type: interval, default: 24 hours, description: time in which users and addresses are counted}
--   min_prompts: {type: integer, default: 50, description: prompts within an hour that are enough by themselves}
--   min_similarity: {type: double, default: 0.5, description: share of common words that makes two prompts alike}
-- false_positives:
--   - Announced tests with a list of attacks.
-- references:
--   - https://atlas.mitre.org/techniques/AML.T0051
-- changelog:
--   1.1.1: the same rows, from the view of new blocks, faster
--   1.1.0: prompts are compared with the first of their bucket, so that many of one template take no longer
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
attack as (
    select
        text,
        -- Numbers make no difference between templates.
        regexp_replace(lower(normal), '[0-9]+', '0', 'g') as template
    from wording
    where normal is not null
        and (
            regexp_matches(normal, rx_override())
            or regexp_matches(normal, rx_delim_forge())
            or regexp_matches(normal, rx_persona())
            or regexp_matches(normal, rx_jailbreak_named())
            or regexp_matches(normal, rx_rp_frontend())
            or regexp_matches(normal, rx_sysprompt_ask())
        )
),
template as (
    select distinct
        template
    from attack
),
cluster as materialized (
    select *
    from text_clusters('template', $min_similarity::double)
),
prompt as (
    select
        block.artifact_id,
        block.record_no,
        block.event_time,
        block.principal,
        block.model_id,
        min(cluster.cluster) as cluster,
        min(cluster.id) as template_id
    from block
    join attack
        on attack.text = block.text
    join cluster
        on cluster.template = attack.template
    group by
        block.artifact_id,
        block.record_no,
        block.event_time,
        block.principal,
        block.model_id
),
address as (
    select
        request_id,
        min(source_ip_address) as source_ip
    from cloudtrail_event
    where event_source in ('bedrock.amazonaws.com', 'bedrock-runtime.amazonaws.com')
        and request_id in (
            select invocation.request_id
            from bedrock_invocation as invocation
            join prompt
                on prompt.artifact_id = invocation.artifact_id
                and prompt.record_no = invocation.record_no
        )
    group by request_id
),
attributed as (
    select
        prompt.*,
        end_user(invocation.request_metadata) as end_user,
        coalesce(prompt.principal, 'unknown') || coalesce(' ' || end_user(invocation.request_metadata), '')
        as sender,
        address.source_ip,
        invocation.region,
        invocation.account_id,
        count(*) over (
            partition by prompt.cluster
            order by prompt.event_time
            range between interval 1 hour preceding and current row
        ) as recent
    from prompt
    left join bedrock_invocation as invocation
        on invocation.artifact_id = prompt.artifact_id
        and invocation.record_no = prompt.record_no
    left join address
        on address.request_id = invocation.request_id
),
-- First and last prompt of a sender from an address in an hour are enough to count senders in a day.
presence as (
    select
        cluster,
        sender,
        source_ip,
        unnest([min(event_time), max(event_time)]) as event_time
    from attributed
    group by
        cluster,
        sender,
        source_ip,
        hour_of(event_time)
),
company as (
    select
        cluster,
        max(senders) as senders,
        max(addresses) as addresses
    from (
        select
            one.cluster,
            one.event_time,
            count(distinct other.sender) as senders,
            count(distinct other.source_ip) as addresses
        from (select distinct cluster, event_time from presence) as one
        join presence as other
            on other.cluster = one.cluster
            and other.event_time between one.event_time - $span::interval and one.event_time
        group by
            one.cluster,
            one.event_time
    )
    group by cluster
),
finding as (
    select
        attributed.cluster,
        company.senders,
        company.addresses,
        min(event_time) as first_seen,
        max(event_time) as last_seen,
        count(*) as prompts,
        count(distinct template_id) as templates,
        max(recent) as peak,
        min(event_time) filter (recent >= $min_prompts::bigint) as reached,
        arg_min(
            {'principal': principal, 'end_user': end_user, 'source_ip': source_ip},
            row(event_time, artifact_id, record_no)
        ) as originator,
        distinct_values(sender) as sender,
        distinct_values(principal) as principal,
        distinct_values(source_ip) as address,
        distinct_values(region) as region,
        distinct_values(model_id) as model,
        min(account_id) as account_id,
        arg_min(
            {'table': 'bedrock_invocation', 'artifact_id': artifact_id, 'record_no': record_no},
            row(event_time, artifact_id, record_no),
            200
        ) as records
    from attributed
    join company
        on company.cluster = attributed.cluster
    group by
        attributed.cluster,
        company.senders,
        company.addresses
    having company.senders >= $min_users::bigint
        or company.addresses >= $min_addresses::bigint
        or max(recent) >= $min_prompts::bigint
)
select
    'template' as entity_type,
    coalesce(finding.originator.principal, 'unknown') || ' template ' || left(sha256(template.template), 12)
    as entity,
    'high' as severity,
    first_seen,
    last_seen,
    prompts as event_count,
    counted(prompts, 'prompt') || ' with an attack are worded alike (' || counted(templates, 'variant')
    || ') and came from ' || counted(len(sender), 'user') || ' and ' || len(address) || ' address'
    || case when len(address) = 1 then '' else 'es' end || ' between ' || moment(first_seen) || ' and '
    || moment(last_seen) || ', up to ' || peak || ' an hour; ' || short_name(originator.principal)
    || coalesce(' (user ' || originator.end_user || ')', '') || ' began' as summary,
    finding.records,
    originator.principal as actor,
    case when len(address) = 1 then address[1] end as source_ip,
    case when len(region) = 1 then region[1] end as region,
    account_id,
    {
        'prompts': prompts,
        'variants': templates,
        'peak_per_hour': peak,
        'reached': reached,
        'users': len(sender),
        'users_in_span': senders,
        'addresses_in_span': addresses,
        'principals': list_slice(principal, 1, 20),
        'senders': list_slice(sender, 1, 20),
        'addresses': list_slice(address, 1, 20),
        'originator': originator,
        'models': list_slice(model, 1, 20),
        'template_length': length(template.template)
    } as metrics,
    prompts as record_total
from finding
join cluster as template
    on template.id = finding.cluster
order by
    first_seen,
    entity
