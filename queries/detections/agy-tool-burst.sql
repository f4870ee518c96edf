-- ---
-- id: agy-tool-burst
-- version: 1.0.0
-- title: Burst of tool calls of an agent
-- status: stable
-- severity: medium
-- element: agency
-- attack: [T1648, T1499]
-- atlas: [AML.T0053, AML.T0034.002]
-- description: >-
--   Finds agents whose tools were called min_calls times within a window, or more often than base_factor times the P95 of
--   the windows before the case; one finding per agent and burst, a burst ending with a pause as long as the window.
--   Tool calls are invocations of Lambda functions by Bedrock; where CloudTrail has none of these, the tool_use blocks in
--   answers of models, counted by identity. Misses tools that run outside Lambda and slow repetition.
-- requires:
--   cloudtrail_event: helpful
--   bedrock_message: optional
-- preconditions:
--   - query: >-
--       select exists (
--       from cloudtrail_event where event_source = 'lambda.amazonaws.com' and event_category = 'Data')
--       or exists (from bedrock_message)
--     otherwise: not_evaluable
--     reason: >-
--       neither data events of Lambda nor texts of invocations are in the evidence, so no tool call is known
-- parameters:
--   min_calls: {type: integer, default: 10, description: tool calls in a window that are a burst}
--   base_factor: {type: double, default: 5, description: times the P95 of ordinary windows above which calls are a burst}
--   min_base_calls: {type: integer, default: 20, description: tool calls before the case that make ordinary windows}
--   window: {type: interval, default: 5 minutes, description: length of the sliding window}
--   case_from: {type: timestamptz, default: case, description: start of the period of interest}
--   base_from: {type: timestamptz, default: case, description: start of the baseline}
--   base_to: {type: timestamptz, default: case, description: end of the baseline; the start of the case when empty}
-- false_positives:
--   - Work in bulk that the agent was asked for.
-- references:
--   - https://docs.aws.amazon.com/bedrock/latest/userguide/agents-lambda.html
-- changelog:
--   1.0.0: first version
-- ---
with invocation as (
    select
        event_time,
        'agent' as entity_type,
        coalesce(
            nullif(regexp_extract(request_parameters ->> '$.sourceArn', ':agent/([^/]+)', 1), ''),
            function_name(request_parameters ->> '$.functionName')
        ) as entity,
        function_name(request_parameters ->> '$.functionName') as tool,
        principal,
        error_code,
        aws_region as region,
        recipient_account_id as account_id,
        'cloudtrail_event' as source,
        artifact_id,
        record_no
    from cloudtrail_event
    where event_source = 'lambda.amazonaws.com'
        and event_name in ('Invoke', 'InvokeAsync', 'InvokeWithResponseStream')
        and (
            starts_with(invoked_by, 'bedrock')
            or starts_with(source_ip_address, 'bedrock')
            or starts_with(user_agent, 'bedrock')
        )
),
tool_call as (
    select *
    from invocation
    union all
    select
        event_time,
        'principal' as entity_type,
        principal as entity,
        tool_name as tool,
        principal,
        null as error_code,
        null as region,
        null as account_id,
        'bedrock_invocation' as source,
        artifact_id,
        record_no
    from bedrock_message
    where direction = 'output'
        and block_type = 'tool_use'
        and not exists (from invocation)
),
counted_call as (
    select
        *,
        count(*) over span as calls,
        lag(event_time) over (
            partition by entity_type, entity
            order by event_time, artifact_id, record_no
        ) as previous_at,
        coalesce(
            event_time < coalesce($base_to::timestamptz, $case_from::timestamptz)
            and ($base_from::timestamptz is null or event_time >= $base_from::timestamptz),
            false
        ) as in_baseline
    from tool_call
    window span as (
        partition by entity_type, entity
        order by event_time
        range between $window::interval preceding and current row
    )
),
ordinary as (
    select
        entity_type,
        entity,
        quantile_cont(calls, 0.95) as p95
    from counted_call
    where in_baseline
    group by
        entity_type,
        entity
    having count(*) >= $min_base_calls::bigint
),
judged as (
    select
        counted_call.*,
        ordinary.p95,
        counted_call.calls >= $min_calls::bigint
        or not counted_call.in_baseline
        and coalesce(counted_call.calls > $base_factor::double * ordinary.p95, false) as is_over,
        -- A call that follows the one before by more than a window begins a new row of calls.
        sum(
            case
                when counted_call.previous_at is null
                    or counted_call.event_time - counted_call.previous_at > $window::interval
                    then 1
                else 0
            end
        ) over (
            partition by counted_call.entity_type, counted_call.entity
            order by counted_call.event_time, counted_call.artifact_id, counted_call.record_no
        ) as burst
    from counted_call
    left join ordinary
        using (entity_type, entity)
),
peak as (
    select
        entity_type,
        entity,
        burst,
        min(event_time) as threshold_at,
        arg_min(calls, row(event_time, artifact_id, record_no)) as at_threshold,
        max(event_time) as over_until,
        max(calls) as max_calls,
        arg_max(event_time, row(calls, -epoch_us(event_time))) as max_at
    from judged
    where is_over
    group by
        entity_type,
        entity,
        burst
),
grouped as (
    select
        peak.entity_type,
        peak.entity,
        peak.burst,
        min(peak.threshold_at) as threshold_at,
        min(peak.at_threshold) as at_threshold,
        min(peak.max_calls) as max_calls,
        min(peak.max_at) as max_at,
        min(judged.p95) as p95,
        min(judged.event_time) as first_seen,
        max(judged.event_time) as last_seen,
        count(*) as event_count,
        count(judged.error_code) as failed,
        distinct_values(judged.tool) as tool,
        min(judged.principal) as principal,
        distinct_values(judged.region) as region,
        min(judged.account_id) as account_id,
        list(
            {'table': judged.source, 'artifact_id': judged.artifact_id, 'record_no': judged.record_no}
            order by judged.event_time, judged.artifact_id, judged.record_no
        ) as records
    from peak
    join judged
        on judged.entity_type = peak.entity_type
        and judged.entity = peak.entity
        and judged.burst = peak.burst
        and judged.event_time >= peak.threshold_at - $window::interval
        and judged.event_time <= peak.over_until
    group by
        peak.entity_type,
        peak.entity,
        peak.burst
)
select
    entity_type,
    entity,
    'medium' as severity,
    first_seen,
    last_seen,
    event_count,
    case when entity_type = 'agent' then 'agent ' || entity else short_name(entity) end
    || ' called ' || named(tool) || ' ' || counted(event_count, 'time')
    || ' from ' || moment(first_seen) || ' to ' || moment(last_seen)
    || '; ' || at_threshold || ' calls in the window reached at ' || moment(threshold_at)
    || ', at most ' || max_calls || ' at ' || moment(max_at)
    || coalesce(', where ' || format('{:g}', p95) || ' were usual', '') as summary,
    records,
    principal as actor,
    case when len(region) = 1 then region[1] end as region,
    account_id,
    case when len(tool) = 1 then tool[1] end as resource,
    {
        'tools': tool,
        'threshold_at': threshold_at,
        'at_threshold': at_threshold,
        'max': max_calls,
        'max_at': max_at,
        'baseline_p95': p95,
        'failed': failed
    } as metrics
from grouped
order by
    first_seen,
    entity
