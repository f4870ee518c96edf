-- ---
-- id: inv-llm-resale-profile
-- version: 1.0.3
-- title: Use of models that looks like resale
-- status: stable
-- severity: critical
-- element: invocation
-- attack: [T1496.004, T1657]
-- atlas: [AML.T0034, AML.T0048.000, AML.T0008.005]
-- description: >-
--   Finds identities that never invoked a model before the case and whose use looks like that of a reverse proxy for
--   paying strangers, by at least three signs: the same load around the clock, several calls in one second, several
--   languages, role-play front-ends or jailbreaks, many personas, a bare HTTP library, one address of a hosting company,
--   throttling, questions about invocation logging. Estimates how many people are behind the key. Misses resale through
--   an identity of the application.
-- requires:
--   cloudtrail_event: needed
--   bedrock_message: helpful
--   bedrock_invocation: optional
--   ref_ioc: optional
--   named_set: optional
-- preconditions:
--   - query: >-
--       select coalesce(min(event_time) <= coalesce($base_to::timestamptz, $case_from::timestamptz)
--       - interval 7 days, false) from cloudtrail_event
--     otherwise: not_evaluable
--     reason: less than seven days of CloudTrail before the case, so unseen may only mean unrecorded
-- parameters:
--   min_signs: {type: integer, default: 3, description: signs that make a finding}
--   max_hourly_cv: {type: double, default: 0.35, description: coefficient of variation of the calls an hour that is flat}
--   min_hours: {type: integer, default: 24, description: hours of use that a flat profile needs}
--   min_concurrency: {type: integer, default: 3, description: calls in one second}
--   min_languages: {type: integer, default: 3, description: natural languages of the prompts}
--   min_role_play: {type: double, default: 0.1, description: share of prompts with role-play or jailbreak marks}
--   min_personas: {type: integer, default: 20, description: different system prompts}
--   case_from: {type: timestamptz, default: case, description: start of the period of interest}
--   case_to: {type: timestamptz, default: case, description: end of the period of interest}
--   base_from: {type: timestamptz, default: case, description: start of the baseline}
--   base_to: {type: timestamptz, default: case, description: end of the baseline; the start of the case when empty}
-- false_positives:
--   - A new back end that serves many customers.
-- references:
--   - https://permiso.io/blog/exploiting-hosted-models
--   - https://www.sysdig.com/blog/llmjacking-stolen-cloud-credentials-used-in-new-ai-attack
-- changelog:
--   1.0.3: the same rows, written shorter
--   1.0.2: the same rows, faster
--   1.0.1: the same rows, languages told by a macro
--   1.0.0: first version
-- ---
with call as (
    select
        event_time,
        event_name,
        principal,
        request_id,
        source_ip_address,
        user_agent,
        error_code,
        aws_region,
        recipient_account_id,
        event_time < coalesce($base_to::timestamptz, $case_from::timestamptz) as is_before,
        artifact_id,
        record_no
    from cloudtrail_event
    where event_source in (select member from named_set where name = 'BEDROCK_SOURCES')
        and event_name in (
            select member from named_set where name in ('INVOKE_RT', 'INVOKE_DATA')
        )
        and principal is not null
        and event_time is not null
        and ($base_from::timestamptz is null or event_time >= $base_from::timestamptz)
        and ($case_to::timestamptz is null or event_time < $case_to::timestamptz)
),
newcomer as (
    select principal
    from call
    group by principal
    having not bool_or(is_before)
),
-- Only the calls of newcomers matter from here on.
used as (
    select call.*
    from call
    join newcomer
        on newcomer.principal = call.principal
),
hourly as (
    select
        principal,
        hour_of(event_time) as hour,
        count(*) as calls
    from used
    group by
        principal,
        hour
),
load as (
    select
        principal,
        date_diff('hour', min(hour), max(hour)) + 1 as hours,
        -- Hours without a call count as well: mean and deviation over the whole span.
        sqrt(
            greatest(
                sum(calls * calls) / hours - power(sum(calls) / hours, 2),
                0
            )
        ) / (sum(calls) / hours) as cv
    from hourly
    group by principal
),
crowd as (
    select *
    from calls_at_once('used')
),
client as (
    select
        principal,
        distinct_values(source_ip_address) as address,
        distinct_values(user_agent) as user_agent,
        count(*) as calls,
        count(*) filter (
            error_code in (select member from named_set where name = 'ERR_THROTTLED')
        ) as throttled,
        min(event_time) as first_seen,
        max(event_time) as last_seen,
        distinct_values(aws_region) as region,
        min(recipient_account_id) as account_id,
        arg_min(
            {'table': 'cloudtrail_event', 'artifact_id': artifact_id, 'record_no': record_no},
            row(event_time, artifact_id, record_no),
            200
        ) as records
    from used
    group by principal
),
recon as (
    select
        client.principal,
        count(*) as questions
    from client
    join (
        select
            principal,
            source_ip_address
        from cloudtrail_event
        where event_name = 'GetModelInvocationLoggingConfiguration'
            and event_source = 'bedrock.amazonaws.com'
    ) as question
        on question.principal = client.principal
        or list_contains(client.address, question.source_ip_address)
    group by client.principal
),
hosting as (
    select
        client.principal
    from client
    join ref_ioc as indicator
        on indicator.kind = 'hosting'
        and cidr_contains(indicator.value, client.address[1])
    where len(client.address) = 1
    group by client.principal
),
block as (
    select
        message.artifact_id,
        message.record_no,
        message.principal,
        message.role,
        message.text
    from bedrock_message as message
    join newcomer
        on newcomer.principal = message.principal
    where message.direction = 'input'
        and coalesce(message.role, 'user') in ('user', 'system')
        and message.block_type in ('text', 'guard', 'other')
        and message.text is not null
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
        regexp_matches(text, rx_rp_frontend())
        or regexp_matches(text, rx_persona())
        or regexp_matches(text, rx_jailbreak_named()) as is_role_play,
        text_language(text) as language
    from wording_text
),
content as (
    select
        block.principal,
        count(distinct (block.artifact_id, block.record_no)) as prompts,
        count(distinct (block.artifact_id, block.record_no)) filter (wording.is_role_play) as role_play,
        count(distinct block.text) filter (block.role = 'system') as personas,
        distinct_values(case when block.role is distinct from 'system' then wording.language end) as language
    from block
    join wording
        on wording.text = block.text
    group by block.principal
),
person as (
    select
        principal,
        count(
            distinct coalesce(
                end_user(request_metadata),
                input_body ->> '$.metadata.user_id'
            )
        ) as end_users
    from bedrock_invocation
    where principal in (select principal from newcomer)
    group by principal
),
signed as (
    select
        client.*,
        load.hours,
        round(load.cv, 3) as hourly_cv,
        crowd.concurrency,
        coalesce(content.prompts, 0) as prompts,
        coalesce(content.role_play, 0) as role_play,
        coalesce(content.personas, 0) as personas,
        coalesce(content.language, []) as language,
        coalesce(recon.questions, 0) as questions,
        coalesce(person.end_users, 0) as end_users,
        list_filter(
            [
                case
                    when load.hours >= $min_hours::bigint and load.cv < $max_hourly_cv::double
                    then 'flat load'
                end,
                case when crowd.concurrency >= $min_concurrency::bigint then 'concurrent calls' end,
                case when len(content.language) >= $min_languages::bigint then 'several languages' end,
                case
                    when content.role_play >= $min_role_play::double * content.prompts
                        and content.role_play > 0
                    then 'role-play or jailbreak'
                end,
                case when content.personas >= $min_personas::bigint then 'many personas' end,
                case
                    when len(
                        list_filter(
                            client.user_agent,
                            lambda agent : regexp_matches(agent, rx_ua_raw_http())
                        )
                    ) > 0
                    then 'bare HTTP client'
                end,
                case when hosting.principal is not null then 'one hosting address' end,
                case when client.throttled > 0 then 'throttling' end,
                case when recon.questions > 0 then 'logging configuration read' end
            ],
            lambda term : term is not null
        ) as sign
    from client
    join load
        on load.principal = client.principal
    join crowd
        on crowd.principal = client.principal
    left join content
        on content.principal = client.principal
    left join recon
        on recon.principal = client.principal
    left join hosting
        on hosting.principal = client.principal
    left join person
        on person.principal = client.principal
)
select
    'principal' as entity_type,
    principal as entity,
    'critical' as severity,
    first_seen,
    last_seen,
    calls as event_count,
    short_name(principal) || ' made ' || counted(calls, 'call') || ' from ' || moment(first_seen) || ' to '
    || moment(last_seen) || ' that look like resale: ' || array_to_string(sign, ', ')
    || case
        when greatest(personas, end_users) > 1
        then '; at least ' || greatest(personas, end_users) || ' different users or personas are behind it'
        else ''
    end as summary,
    records,
    principal as actor,
    case when len(address) = 1 then address[1] end as source_ip,
    case when len(region) = 1 then region[1] end as region,
    account_id,
    {
        'signs': sign,
        'calls': calls,
        'throttled': throttled,
        'hours': hours,
        'hourly_cv': hourly_cv,
        'concurrency': concurrency,
        'logged_prompts': prompts,
        'role_play_share': round(role_play / nullif(prompts, 0), 3),
        'personas': personas,
        'end_users': end_users,
        'users_estimate': greatest(personas, end_users, 1),
        'languages': language,
        'logging_questions': questions,
        'addresses': list_slice(address, 1, 20),
        'user_agents': list_slice(user_agent, 1, 20)
    } as metrics,
    calls as record_total
from signed
where len(sign) >= $min_signs::bigint
order by
    first_seen,
    entity
