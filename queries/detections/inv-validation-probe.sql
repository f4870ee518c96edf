-- ---
-- id: inv-validation-probe
-- version: 1.1.0
-- title: Model access probed with invalid parameters
-- status: stable
-- severity: high
-- element: invocation
-- attack: [T1526, T1580]
-- atlas: [AML.T0040, AML.T0075]
-- description: >-
--   Finds invocations that fail validation in the way of a probe (a token limit out of range, a model that is not
--   offered on demand, a malformed body): one of a long-term key or of an identity that never invoked a model before
--   is enough, of anybody else several inside a sliding window. A validation error proves access without cost; refusals
--   of the same credential next to it make it an access oracle. Misses probes with valid parameters.
-- requires:
--   cloudtrail_event: needed
--   named_set: optional
-- preconditions:
--   - query: >-
--       select coalesce(min(event_time) <= coalesce($base_to::timestamptz, $case_from::timestamptz)
--       - interval 7 days, false) from cloudtrail_event
--     otherwise: partial
--     reason: less than seven days of CloudTrail before the case, so nobody counts as new
-- parameters:
--   min_events: {type: integer, default: 4, description: probes of a known identity in a window}
--   window: {type: interval, default: 15 minutes, description: length of the sliding window}
--   reach: {type: interval, default: 60 minutes, description: longest pause inside a run of probes and to the refusals that belong to it}
--   case_from: {type: timestamptz, default: case, description: start of the period of interest}
--   base_from: {type: timestamptz, default: case, description: start of the baseline}
--   base_to: {type: timestamptz, default: case, description: end of the baseline; the start of the case when empty}
-- false_positives:
--   - Buggy clients; they ask one model in one region, and the application is known.
-- references:
--   - https://www.sysdig.com/blog/llmjacking-stolen-cloud-credentials-used-in-new-ai-attack
-- changelog:
--   1.1.0: what Bedrock answered is error_messages, which are no prompts
--   1.0.1: the same rows, in time that grows with the events and no faster
--   1.0.0: first version
-- ---
with invocation as (
    select
        event_time,
        event_name,
        event_source,
        credential,
        principal,
        aws_region,
        error_code,
        error_message,
        request_parameters,
        source_ip_address,
        recipient_account_id,
        artifact_id,
        record_no
    from cloudtrail_event
    where event_source in (select member from named_set where name = 'BEDROCK_SOURCES')
        and event_name in (
            select member from named_set where name in ('INVOKE_RT', 'INVOKE_DATA')
        )
        and event_time is not null
),
baseline as (
    select coalesce($base_to::timestamptz, $case_from::timestamptz) as base_end
    from cloudtrail_event
    having min(event_time) <= base_end - interval 7 days
),
known as (
    select distinct invocation.principal
    from invocation
    cross join baseline
    where invocation.event_time < baseline.base_end
        and ($base_from::timestamptz is null or invocation.event_time >= $base_from::timestamptz)
),
failed as (
    select
        *,
        base_model(invoked_model(request_parameters)) as model,
        error_code = 'ValidationException'
        and (
            regexp_matches(
                error_message,
                '(?i)max_tokens(_to_sample)?.*(range|minimum|greater|positive)'
            )
            or regexp_matches(error_message, '(?i)on-demand throughput|operation not allowed')
            or regexp_matches(
                error_message,
                '(?i)malformed input request|(messages|body).*(malformed|required|missing|not valid)'
            )
        ) is true as is_probe,
        error_code in (select member from named_set where name = 'ERR_DENIED') as is_denied
    from invocation
    where error_code is not null
),
probe as (
    select
        *,
        starts_with(credential, 'AKIA') is true as is_long_term,
        exists (from baseline)
        and event_time >= (select base_end from baseline)
        and not exists (
            from known
            where known.principal is not distinct from failed.principal
        ) as is_new,
        count(*) over (
            partition by credential
            order by event_time
            range between $window::interval preceding and current row
        ) as recent
    from failed
    where is_probe
),
started as (
    select
        *,
        event_time - lag(event_time) over same_credential > $reach::interval as starts_run
    from probe
    window same_credential as (
        partition by credential
        order by event_time, artifact_id, record_no
    )
),
numbered as (
    select
        *,
        count(case when starts_run then 1 end) over (
            partition by credential
            order by event_time, artifact_id, record_no
        ) as run
    from started
),
run as (
    select
        credential,
        run,
        min(event_time) as first_probe,
        max(event_time) as last_probe,
        max(recent) as peak,
        bool_or(is_long_term) as is_long_term,
        bool_or(is_new) as is_new
    from numbered
    group by
        credential,
        run
    having is_long_term
        or is_new
        or peak >= $min_events::bigint
),
evidence as (
    select
        run.*,
        failed.* exclude (credential)
    from run
    join failed
        on failed.credential is not distinct from run.credential
    where failed.is_probe
        and failed.event_time between run.first_probe and run.last_probe
        or failed.is_denied
        and failed.event_time
        between run.first_probe - $reach::interval and run.last_probe + $reach::interval
)
select
    'credential' as entity_type,
    credential as entity,
    'high' as severity,
    min(event_time) as first_seen,
    max(event_time) as last_seen,
    count(*) as event_count,
    short_name(min(principal)) || ' sent ' || counted(count(*) filter (is_probe), 'invalid invocation')
    || ' and was refused ' || counted(count(*) filter (is_denied), 'invocation')
    || ' of ' || counted(count(distinct model), 'model')
    || ' in ' || counted(count(distinct aws_region), 'region') || ' between '
    || moment(min(event_time)) || ' and ' || moment(max(event_time))
    || case when bool_or(is_denied) then '; the answers tell which models can be used' else '' end
    as summary,
    list(
        {'table': 'cloudtrail_event', 'artifact_id': artifact_id, 'record_no': record_no}
        order by event_time, artifact_id, record_no
    ) as records,
    min(principal) as actor,
    case when count(distinct source_ip_address) = 1 then min(source_ip_address) end as source_ip,
    case when count(distinct aws_region) = 1 then min(aws_region) end as region,
    min(recipient_account_id) as account_id,
    {
        'validation': count(*) filter (is_probe),
        'denied': count(*) filter (is_denied),
        'models': count(distinct model),
        'regions': count(distinct aws_region),
        'access_oracle': bool_or(is_denied),
        'long_term_key': is_long_term,
        'unseen_principal': is_new,
        'peak_in_window': peak,
        'model_names': distinct_values(model),
        'region_names': distinct_values(aws_region),
        'error_messages': list_slice(distinct_values(case when is_probe then error_message end), 1, 5)
    } as metrics
from evidence
group by
    credential,
    run,
    is_long_term,
    is_new,
    peak
order by
    first_seen,
    entity
