-- ---
-- id: inv-model-access-denied
-- version: 1.0.1
-- title: Invocation refused for models that are not enabled
-- status: stable
-- severity: high
-- element: invocation
-- attack: [T1526, T1580]
-- atlas: [AML.T0075, AML.T0034]
-- description: >-
--   Finds a credential whose invocations are refused (not allowed, no access to the model, no such model) for several
--   base models or in several regions inside a sliding window. The finding covers everything from the first refusal
--   that counts towards the threshold to the last one above it. Misses a developer without entitlement, who asks for one
--   model in one or two regions, and a spray that is spread over many credentials.
-- requires:
--   cloudtrail_event: needed
--   named_set: optional
-- parameters:
--   min_models: {type: integer, default: 3, description: different base models refused in a window}
--   min_regions: {type: integer, default: 3, description: different regions that refused in a window}
--   window: {type: interval, default: 60 minutes, description: length of the sliding window}
-- false_positives:
--   - Evaluation harnesses whose role was not given all models of their list.
-- references:
--   - https://permiso.io/blog/exploiting-hosted-models
-- changelog:
--   1.0.1: the same rows, in time that grows with the events and no faster
--   1.0.0: first version
-- ---
with refusal as (
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
    where error_code is not null
        and event_source in (select member from named_set where name = 'BEDROCK_SOURCES')
        and event_name in (
            select member from named_set where name in ('INVOKE_RT', 'INVOKE_DATA')
        )
        and (
            error_code in (select member from named_set where name = 'ERR_DENIED')
            or error_code = 'ResourceNotFoundException'
            or regexp_matches(coalesce(error_message, ''), '(?i)you don.t have access to the model')
        )
        and event_time is not null
),
-- Whoever stays below the threshold over all of the evidence stays below it in every window.
candidate as (
    select credential
    from refusal
    group by credential
    having count(distinct model) >= $min_models::bigint
        or count(distinct region) >= $min_regions::bigint
),
attempt as (
    select refusal.*
    from refusal
    join candidate
        on candidate.credential is not distinct from refusal.credential
),
-- Different values in a sliding window, without a self join: a row counts from its own time until the same value comes
-- again or the window has passed it, whichever is earlier.
spell as (
    select
        credential,
        event_time,
        model is not null as has_model,
        event_time + $window::interval + interval 1 microsecond as row_end,
        least(lead(event_time) over same_model, row_end) as model_end,
        least(lead(event_time) over same_region, row_end) as region_end
    from attempt
    window
        same_model as (
            partition by credential, model
            order by event_time, artifact_id, record_no
        ),
        same_region as (
            partition by credential, region
            order by event_time, artifact_id, record_no
        )
),
change as (
    select
        credential,
        event_time as instant,
        true as is_event,
        has_model::bigint as model_change,
        1 as region_change
    from spell
    union all
    select credential, model_end, false, -has_model::bigint, 0
    from spell
    union all
    select credential, region_end, false, 0, -1
    from spell
),
level as (
    select
        credential,
        instant,
        is_event,
        sum(model_change) over sweep as model_count,
        sum(region_change) over sweep as region_count
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
        instant
    from level
    where is_event
        and (
            model_count >= $min_models::bigint
            or region_count >= $min_regions::bigint
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
        max(instant) as last_instant
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
    short_name(min(attempt.principal)) || ' was refused ' || counted(count(*), 'invocation')
    || ' of ' || counted(count(distinct attempt.model), 'model')
    || ' in ' || counted(count(distinct attempt.region), 'region') || ' between '
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
        'reached': burst.reached,
        'model_names': distinct_values(attempt.model),
        'region_names': distinct_values(attempt.region),
        'error_codes': distinct_values(attempt.error_code),
        'addresses': distinct_values(attempt.source_ip_address)
    } as metrics
from burst
join attempt
    on attempt.credential is not distinct from burst.credential
    and attempt.event_time between burst.reached - $window::interval and burst.last_instant
group by
    burst.credential,
    burst.burst,
    burst.reached
order by
    first_seen,
    entity
