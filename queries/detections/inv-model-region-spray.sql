-- ---
-- id: inv-model-region-spray
-- version: 1.0.1
-- title: Many models or regions tried by one credential
-- status: stable
-- severity: high
-- element: invocation
-- attack: [T1526, T1496.004]
-- atlas: [AML.T0075, AML.T0040]
-- description: >-
--   Finds a credential that invokes many different base models, in many regions or of many providers inside a sliding
--   window, whatever the outcome. The finding covers everything from the first call that counts towards the threshold
--   to the last call above it. Misses a spray that is spread over many credentials or over more than the window.
-- requires:
--   cloudtrail_event: needed
--   named_set: optional
-- parameters:
--   min_models: {type: integer, default: 5, description: different base models in a window}
--   min_regions: {type: integer, default: 3, description: different regions in a window}
--   min_providers: {type: integer, default: 3, description: different makers of models in a window}
--   window: {type: interval, default: 2 hours, description: length of the sliding window}
-- false_positives:
--   - Evaluation harnesses that compare models, and applications that fail over between regions.
-- references:
--   - https://www.sysdig.com/blog/llmjacking-stolen-cloud-credentials-used-in-new-ai-attack
-- changelog:
--   1.0.1: the same rows, in time that grows with the events and no faster
--   1.0.0: first version
-- ---
with invocation as (
    select
        event_time,
        credential,
        principal,
        aws_region as region,
        base_model(invoked_model(request_parameters)) as model,
        error_code,
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
-- Whoever stays below the threshold over all of the evidence stays below it in every window.
candidate as (
    select credential
    from invocation
    group by credential
    having count(distinct model) >= $min_models::bigint
        or count(distinct region) >= $min_regions::bigint
        or count(distinct model_provider(model)) >= $min_providers::bigint
),
attempt as (
    select
        invocation.*,
        model_provider(model) as provider
    from invocation
    join candidate
        on candidate.credential is not distinct from invocation.credential
),
-- Different values in a sliding window, without a self join: a row counts from its own time until the same value comes
-- again or the window has passed it, whichever is earlier.
spell as (
    select
        credential,
        event_time,
        model is not null as has_model,
        provider is not null as has_provider,
        event_time + $window::interval + interval 1 microsecond as row_end,
        least(lead(event_time) over same_model, row_end) as model_end,
        least(lead(event_time) over same_region, row_end) as region_end,
        least(lead(event_time) over same_provider, row_end) as provider_end
    from attempt
    window
        same_model as (
            partition by credential, model
            order by event_time, artifact_id, record_no
        ),
        same_region as (
            partition by credential, region
            order by event_time, artifact_id, record_no
        ),
        same_provider as (
            partition by credential, provider
            order by event_time, artifact_id, record_no
        )
),
change as (
    select
        credential,
        event_time as instant,
        true as is_event,
        has_model::bigint as model_change,
        1 as region_change,
        has_provider::bigint as provider_change
    from spell
    union all
    select credential, model_end, false, -has_model::bigint, 0, 0
    from spell
    union all
    select credential, region_end, false, 0, -1, 0
    from spell
    union all
    select credential, provider_end, false, 0, 0, -has_provider::bigint
    from spell
),
level as (
    select
        credential,
        instant,
        is_event,
        sum(model_change) over sweep as model_count,
        sum(region_change) over sweep as region_count,
        sum(provider_change) over sweep as provider_count
    from change
    window sweep as (
        partition by credential
        order by instant
        range between unbounded preceding and current row
    )
),
hot as (
    select distinct
        credential,
        instant,
        model_count,
        region_count,
        provider_count
    from level
    where is_event
        and (
            model_count >= $min_models::bigint
            or region_count >= $min_regions::bigint
            or provider_count >= $min_providers::bigint
        )
),
started as (
    select
        *,
        instant - lag(instant) over same_credential > $window::interval as starts_burst
    from hot
    window same_credential as (partition by credential order by instant)
),
numbered as (
    select
        *,
        count(case when starts_burst then 1 end) over (partition by credential order by instant) as burst
    from started
),
burst as (
    select
        credential,
        burst,
        min(instant) as reached,
        max(instant) as last_instant,
        max(model_count)::bigint as peak_models,
        max(region_count)::bigint as peak_regions,
        max(provider_count)::bigint as peak_providers
    from numbered
    group by
        credential,
        burst
)
select
    'credential' as entity_type,
    burst.credential as entity,
    'high' as severity,
    min(attempt.event_time) as first_seen,
    max(attempt.event_time) as last_seen,
    count(*) as event_count,
    short_name(min(attempt.principal)) || ' tried '
    || counted(count(distinct attempt.model), 'model') || ' in '
    || counted(count(distinct attempt.region), 'region') || ' with '
    || counted(count(*), 'call') || ' (' || count(attempt.error_code) || ' failed) between '
    || moment(min(attempt.event_time)) || ' and ' || moment(max(attempt.event_time))
    || '; the threshold was reached at ' || moment(burst.reached) as summary,
    list(
        {
            'table': 'cloudtrail_event',
            'artifact_id': attempt.artifact_id,
            'record_no': attempt.record_no
        }
        order by attempt.event_time, attempt.artifact_id, attempt.record_no
    ) as records,
    min(attempt.principal) as actor,
    case
        when count(distinct attempt.source_ip_address) = 1 then min(attempt.source_ip_address)
    end as source_ip,
    case when count(distinct attempt.region) = 1 then min(attempt.region) end as region,
    min(attempt.recipient_account_id) as account_id,
    {
        'models': count(distinct attempt.model),
        'regions': count(distinct attempt.region),
        'providers': count(distinct attempt.provider),
        'reached': burst.reached,
        'peak_models': burst.peak_models,
        'peak_regions': burst.peak_regions,
        'peak_providers': burst.peak_providers,
        'failed': count(attempt.error_code),
        'model_names': distinct_values(attempt.model),
        'region_names': distinct_values(attempt.region),
        'addresses': distinct_values(attempt.source_ip_address)
    } as metrics
from burst
join attempt
    on attempt.credential is not distinct from burst.credential
    and attempt.event_time between burst.reached - $window::interval and burst.last_instant
group by
    burst.credential,
    burst.burst,
    burst.reached,
    burst.peak_models,
    burst.peak_regions,
    burst.peak_providers
order by
    first_seen,
    entity
