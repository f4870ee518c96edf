-- ---
-- id: h-template-clusters
-- version: 1.0.3
-- title: Which prompts are worded alike, and who sent them?
-- status: stable
-- description: >-
--   Finds groups of prompts in the Bedrock invocation logs that share most of their words, numbers apart, with the
--   identities, end users and addresses that sent them, who began, and how many came in the busiest hour. What documents
--   brought into a prompt and earlier turns of the conversation do not count. Misses templates that are translated or
--   reworded for every use, and prompts without a log; see inv-coordinated-template for attacks alone.
-- requires:
--   bedrock_message: needed
--   v_new_block: optional
--   bedrock_invocation: optional
--   cloudtrail_event: helpful
--   v_bedrock_caller: optional
-- parameters:
--   min_size: {type: integer, default: 5, description: prompts that make a group}
--   min_similarity: {type: double, default: 0.5, description: share of common words that makes two prompts alike}
--   principal: {type: text, default: null, description: "ARN, name, or a pattern with * of an identity"}
--   show_text: {type: boolean, default: false, description: show words of prompts and answers}
--   characters: {type: integer, default: 300, description: characters of each text that are shown}
--   accounts: {type: text, default: null, description: "only these accounts, separated by commas"}
--   regions: {type: text, default: null, description: "only these regions, separated by commas"}
--   case_from: {type: timestamptz, default: null, description: only from here}
--   case_to: {type: timestamptz, default: null, description: only before}
-- references: []
-- changelog:
--   1.0.3: callers from the view of callers
--   1.0.2: the same rows, faster and in less memory where nearly all prompts differ
--   1.0.1: the same rows, from the view of new blocks, faster
--   1.0.0: first version
-- ---
with wanted as (
    select principal
    from (select distinct principal from bedrock_message where $principal::varchar is not null)
    where principal_matches($principal::varchar, principal)
        or short_name(principal) = $principal::varchar
),
block as (
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
        and ($principal::varchar is null or message.principal in (select principal from wanted))
        and in_period(message.event_time, $case_from::timestamptz, $case_to::timestamptz)
),
-- The same words are prepared once, however often they were sent.
wording_text as materialized (
    select
        text,
        count(*) as blocks
    from block
    group by text
),
wording as materialized (
    select
        text,
        blocks,
        -- Numbers make no difference between templates.
        regexp_replace(lower(normal_text(user_words(text))), '[0-9]+', '0', 'g') as template
    from wording_text
),
template as (
    select distinct
        template
    from wording
    where template is not null
),
cluster as materialized (
    select *
    from text_clusters('template', $min_similarity::double)
),
-- Most texts are worded like no other; what cannot reach the size is left out before prompts are put together.
large as materialized (
    select cluster.*
    from cluster
    where cluster.cluster in (
        select cluster.cluster
        from cluster
        join wording
            on wording.template = cluster.template
        group by cluster.cluster
        having sum(wording.blocks) >= $min_size::bigint
    )
),
large_wording as materialized (
    select
        wording.text,
        large.cluster,
        large.id
    from wording
    join large
        on large.template = wording.template
),
prompt as (
    select
        block.artifact_id,
        block.record_no,
        min(block.event_time) as event_time,
        min(block.principal) as principal,
        min(block.model_id) as model_id,
        large_wording.cluster,
        min(large_wording.id) as template_id,
        arg_min(block.text, row(block.message_no, block.text)) as text
    from block
    join large_wording
        on large_wording.text = block.text
    group by
        block.artifact_id,
        block.record_no,
        large_wording.cluster
),
attributed as (
    select
        prompt.*,
        invocation.account_id,
        invocation.region,
        end_user(invocation.request_metadata) as end_user,
        caller.credential,
        caller.source_ip
    from prompt
    left join bedrock_invocation as invocation
        on invocation.artifact_id = prompt.artifact_id
        and invocation.record_no = prompt.record_no
    left join v_bedrock_caller as caller
        on caller.request_id = invocation.request_id
    where is_listed(invocation.account_id, $accounts::varchar)
        and is_listed(invocation.region, $regions::varchar)
),
busiest as (
    select
        cluster,
        max(prompts) as busiest_hour
    from (
        select
            cluster,
            count(*) as prompts
        from attributed
        group by
            cluster,
            hour_of(event_time)
    )
    group by cluster
),
summed as (
    select
        cluster,
        min(event_time) as first_seen,
        max(event_time) as last_seen,
        count(*) as event_count,
        count(distinct template_id) as variants,
        distinct_values(principal) as principals,
        distinct_values(end_user) as end_users,
        distinct_values(credential) as credentials,
        distinct_values(source_ip) as addresses,
        distinct_values(region) as regions,
        distinct_values(base_model(model_id)) as models,
        arg_min(
            {'principal': principal, 'end_user': end_user, 'source_ip': source_ip, 'text': text},
            row(event_time, artifact_id, record_no)
        ) as earliest,
        first_records('bedrock_invocation', event_time, artifact_id, record_no) as records
    from attributed
    group by cluster
    having count(*) >= $min_size::bigint
)
select
    left(sha256(large.template), 12) as template_sha256,
    summed.event_count,
    summed.variants,
    len(summed.principals) as identities,
    len(summed.addresses) as source_ips,
    len(summed.end_users) as users,
    busiest.busiest_hour,
    summed.first_seen,
    summed.last_seen,
    summed.earliest.principal as first_principal,
    summed.earliest.end_user as first_end_user,
    summed.earliest.source_ip as first_source_ip,
    shown_text(summed.earliest.text, $show_text::boolean, $characters::bigint) as first_prompt,
    list_slice(summed.principals, 1, 20) as principals,
    list_slice(summed.end_users, 1, 20) as end_users,
    list_slice(summed.credentials, 1, 20) as credentials,
    list_slice(summed.addresses, 1, 20) as addresses,
    summed.regions,
    summed.models,
    summed.records
from summed
join busiest
    on busiest.cluster = summed.cluster
join large
    on large.id = summed.cluster
order by
    summed.event_count desc,
    summed.first_seen,
    template_sha256
