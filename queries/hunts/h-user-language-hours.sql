-- ---
-- id: h-user-language-hours
-- version: 1.0.2
-- title: At what hours, in which languages and how many at a time does this identity use models?
-- status: stable
-- description: >-
--   Finds for each identity the calls of models by hour of the day (UTC), the hours in which it works, the share of
--   weekends, the most calls within one second, the languages of its prompts, and how many end users and system prompts
--   show; beside them the hours of all its calls in CloudTrail. Around the clock, in many languages and with many system
--   prompts is the profile of resale. An hour counts as worked when at least one of a hundred calls falls into it. A language
--   is told by the script or by three small words in the first two thousand characters. Misses prompts without a log.
-- requires:
--   v_invocation: needed
--   cloudtrail_event: helpful
--   bedrock_message: helpful
--   v_new_block: optional
--   bedrock_invocation: optional
-- parameters:
--   principal: {type: text, default: null, description: "ARN, name, or a pattern with * of an identity"}
--   accounts: {type: text, default: null, description: "only these accounts, separated by commas"}
--   regions: {type: text, default: null, description: "only these regions, separated by commas"}
--   case_from: {type: timestamptz, default: null, description: only from here}
--   case_to: {type: timestamptz, default: null, description: only before}
-- references: []
-- changelog:
--   1.0.2: the same rows, written shorter
--   1.0.1: the same rows, from the view of new blocks, faster
--   1.0.0: first version
-- ---
with wanted as (
    select principal
    from (select distinct principal from v_invocation)
    where principal is not null
        and (
            $principal::varchar is null
            or principal_matches($principal::varchar, principal)
            or short_name(principal) = $principal::varchar
        )
),
call as (
    select
        invocation.principal,
        invocation.event_time,
        invocation.region,
        invocation.base_model,
        invocation.source_ip,
        invocation.user_agent,
        invocation.error_code,
        coalesce(end_user(invocation.request_metadata), invocation.input_body ->> '$.metadata.user_id') as end_user,
        invocation.seen_by,
        invocation.log_artifact_id,
        invocation.log_record_no,
        invocation.artifact_id,
        invocation.record_no
    from v_invocation as invocation
    where invocation.principal in (select principal from wanted)
        and invocation.event_time is not null
        and is_listed(invocation.account_id, $accounts::varchar)
        and is_listed(invocation.region, $regions::varchar)
        and in_period(invocation.event_time, $case_from::timestamptz, $case_to::timestamptz)
),
by_hour as (
    select
        principal,
        hour(event_time) as hour,
        count(*) as calls
    from call
    group by
        principal,
        hour
),
day_profile as (
    select
        principal,
        list_transform(
            range(24),
            lambda each : coalesce(map_from_entries(list(row(hour, calls) order by hour))[each], 0)
        ) as calls_by_hour
    from by_hour
    group by principal
),
-- The day twice over, a letter for each hour, so that a night across midnight is one run.
clock as (
    select
        principal,
        calls_by_hour,
        repeat(
            array_to_string(
                list_transform(
                    calls_by_hour,
                    lambda calls : case when calls > 0 and calls * 100 >= list_sum(calls_by_hour) then 'x' else '-' end
                ),
                ''
            ),
            2
        ) as day
    from day_profile
),
night as (
    select
        principal,
        calls_by_hour,
        day,
        coalesce(list_max(list_transform(regexp_extract_all(day, '-+'), lambda run : len(run))), 0) as quiet_hours
    from clock
),
trail_by_hour as (
    select
        principal,
        hour(event_time) as hour,
        count(*) as calls
    from cloudtrail_event
    where principal in (select principal from wanted)
        and event_time is not null
        and is_listed(recipient_account_id, $accounts::varchar)
        and is_listed(aws_region, $regions::varchar)
        and in_period(event_time, $case_from::timestamptz, $case_to::timestamptz)
    group by
        principal,
        hour
),
trail as (
    select
        principal,
        list_transform(
            range(24),
            lambda each : coalesce(map_from_entries(list(row(hour, calls) order by hour))[each], 0)
        ) as trail_by_hour
    from trail_by_hour
    group by principal
),
crowd as (
    select *
    from calls_at_once('call')
),
block as (
    select
        call.principal,
        message.artifact_id,
        message.record_no,
        message.role,
        left(message.text, 2000) as text
    from v_new_block as message
    join call
        on call.log_artifact_id = message.artifact_id
        and call.log_record_no = message.record_no
    where message.role in ('user', 'system')
        and message.block_type in ('text', 'guard', 'other')
),
-- The same words are judged once, however often they were sent.
wording_text as materialized (
    select distinct
        text
    from block
    where role is distinct from 'system'
),
wording as materialized (
    select
        text,
        text_language(user_words(text)) as language
    from wording_text
),
spoken as (
    select
        block.principal,
        coalesce(wording.language, 'not told') as language,
        count(distinct (block.artifact_id, block.record_no)) as prompts
    from block
    join wording
        on wording.text = block.text
    where block.role is distinct from 'system'
    group by
        block.principal,
        language
),
tongue as (
    select
        principal,
        count(*) filter (language <> 'not told') as language_count,
        list({'language': language, 'prompts': prompts} order by prompts desc, language) as languages
    from spoken
    group by principal
),
persona as (
    select
        principal,
        count(distinct text) as system_prompts
    from block
    where role = 'system'
    group by principal
),
summed as (
    select
        principal,
        min(event_time) as first_seen,
        max(event_time) as last_seen,
        count(*) as event_count,
        count(*) filter (seen_by = 'CloudTrail only' and error_code is null) as without_log,
        count(distinct day_of(event_time)) as days,
        round(count(*) filter (isodow(event_time) >= 6) / count(*), 3) as weekend_share,
        count(distinct end_user) as end_users,
        distinct_values(source_ip) as addresses,
        distinct_values(tool_of(user_agent)) as tools,
        distinct_values(region) as regions,
        distinct_values(base_model) as models,
        arg_min(
            {
                'table': case when seen_by = 'invocation log only' then 'bedrock_invocation' else 'cloudtrail_event' end,
                'artifact_id': artifact_id,
                'record_no': record_no
            },
            row(event_time, artifact_id, record_no),
            50
        ) as records
    from call
    group by principal
)
select
    summed.principal,
    summed.first_seen,
    summed.last_seen,
    summed.event_count,
    summed.without_log,
    summed.days,
    -- The hour after the longest quiet run is the first one of the working day.
    case
        when night.quiet_hours = 0 then 'around the clock'
        else printf(
            '%02d:00–%02d:00',
            (strpos(night.day, repeat('-', night.quiet_hours)) - 1 + night.quiet_hours) % 24,
            (strpos(night.day, repeat('-', night.quiet_hours)) - 1) % 24
        )
    end as working_hours,
    night.quiet_hours,
    summed.weekend_share,
    night.calls_by_hour,
    trail.trail_by_hour,
    crowd.concurrency as calls_in_one_second,
    coalesce(tongue.language_count, 0) as language_count,
    coalesce(tongue.languages, []) as languages,
    coalesce(persona.system_prompts, 0) as system_prompts,
    summed.end_users,
    len(summed.addresses) as source_ips,
    list_slice(summed.addresses, 1, 20) as addresses,
    list_slice(summed.tools, 1, 20) as tools,
    summed.regions,
    list_slice(summed.models, 1, 20) as models,
    summed.records
from summed
join night
    on night.principal = summed.principal
join crowd
    on crowd.principal = summed.principal
left join trail
    on trail.principal = summed.principal
left join tongue
    on tongue.principal = summed.principal
left join persona
    on persona.principal = summed.principal
order by
    summed.event_count desc,
    summed.principal
