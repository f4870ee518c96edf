-- ---
-- id: inv-token-cost-spike
-- version: 1.0.2
-- title: Token use or estimated cost above what is usual
-- status: stable
-- severity: high
-- element: invocation
-- attack: [T1496.004, T1657]
-- atlas: [AML.T0034, AML.T0048.000]
-- description: >-
--   Finds days on which an identity used more tokens or caused more cost than a floor and than a multiple of the 95th
--   percentile of its baseline days. Keeps apart what the invocation log measured, what CloudTrail measured, and what is
--   estimated for calls without a log record (their number times the mean of the same identity and model). Without an
--   invocation log the metrics of the account count. Cost follows reference/price.csv; a model without a price counts with its tokens only. Misses calls of surfaces that say nothing
--   about tokens, such as bedrock-mantle.
-- requires:
--   bedrock_invocation: helpful
--   cloudtrail_event: helpful
--   ref_price: helpful
--   cloudwatch_metric: optional
--   named_set: optional
-- preconditions:
--   - query: >-
--       select exists (from bedrock_invocation)
--       or exists (from cloudwatch_metric where namespace = 'AWS/Bedrock' and metric_name = 'InputTokenCount')
--       or exists (from cloudtrail_event where (additional_event_data ->> '$.inputTokens') is not null)
--     otherwise: not_evaluable
--     reason: nothing in the evidence counts tokens, neither an invocation log nor CloudTrail nor a metric
--   - query: >-
--       select coalesce(min(event_time) <= coalesce($base_to::timestamptz, $case_from::timestamptz)
--       - interval 7 days, false) from (select event_time from cloudtrail_event
--       union all select event_time from bedrock_invocation)
--     otherwise: partial
--     reason: less than seven days of evidence before the case, so the floor alone decides
-- parameters:
--   min_tokens: {type: integer, default: 1000000, description: tokens of a day that are never a spike}
--   min_cost: {type: double, default: 50, description: cost of a day in US dollars that is never a spike}
--   factor: {type: double, default: 6, description: multiple of the 95th percentile of the baseline days}
--   case_from: {type: timestamptz, default: case, description: start of the period of interest}
--   base_from: {type: timestamptz, default: case, description: start of the baseline}
--   base_to: {type: timestamptz, default: case, description: end of the baseline; the start of the case when empty}
-- false_positives:
--   - Batch evaluations, re-indexing of a knowledge base, a campaign.
-- references:
--   - https://www.sysdig.com/blog/llmjacking-stolen-cloud-credentials-used-in-new-ai-attack
--   - https://aws.amazon.com/bedrock/pricing/
-- changelog:
--   1.0.2: the same rows, faster
--   1.0.1: the same rows, faster
--   1.0.0: first version
-- ---
with logged as (
    select
        'logged' as kind,
        event_time,
        principal,
        base_model as model,
        region,
        account_id,
        coalesce(input_tokens, 0) as input_tokens,
        coalesce(output_tokens, 0) as output_tokens,
        coalesce(cache_read_tokens, 0) as cache_read_tokens,
        coalesce(cache_write_tokens, 0) as cache_write_tokens,
        1::bigint as weight,
        'bedrock_invocation' as source,
        artifact_id,
        record_no
    from bedrock_invocation
    where event_time is not null
        and error_code is null
    union all
    -- A metric knows the account and nobody in it.
    select
        'logged' as kind,
        event_time,
        'account ' || coalesce(account_id, 'unknown') as principal,
        base_model(dimensions ->> '$.ModelId') as model,
        region,
        account_id,
        case when metric_name = 'InputTokenCount' then value::bigint else 0 end as input_tokens,
        case when metric_name = 'OutputTokenCount' then value::bigint else 0 end as output_tokens,
        case when metric_name = 'CacheReadInputTokenCount' then value::bigint else 0 end as cache_read_tokens,
        case when metric_name = 'CacheWriteInputTokenCount' then value::bigint else 0 end as cache_write_tokens,
        case when metric_name = 'Invocations' then value::bigint else 0 end as weight,
        'cloudwatch_metric' as source,
        artifact_id,
        record_no
    from cloudwatch_metric
    where namespace = 'AWS/Bedrock'
        and metric_name in (
            'Invocations',
            'InputTokenCount',
            'OutputTokenCount',
            'CacheReadInputTokenCount',
            'CacheWriteInputTokenCount'
        )
        and stat = 'Sum'
        and (dimensions ->> '$.ModelId') is not null
        and event_time is not null
        and not exists (from bedrock_invocation)
),
record as (
    select request_id
    from bedrock_invocation
    where request_id is not null
),
unlogged as (
    select
        call.event_time,
        call.principal,
        base_model(invoked_model(call.request_parameters)) as model,
        call.aws_region as region,
        call.recipient_account_id as account_id,
        json_extract_string(
            call.additional_event_data,
            ['$.inputTokens', '$.outputTokens', '$.cacheReadInputTokens', '$.cacheWriteInputTokens']
        ) as token,
        call.artifact_id,
        call.record_no
    from cloudtrail_event as call
    anti join record
        on record.request_id = call.request_id
    where call.event_source = 'bedrock.amazonaws.com'
        and call.event_name in (select member from named_set where name = 'INVOKE_RT')
        and call.error_code is null
        and call.event_time is not null
),
mean as (
    select
        principal,
        model,
        avg(input_tokens) as input_tokens,
        avg(output_tokens) as output_tokens,
        avg(cache_read_tokens) as cache_read_tokens,
        avg(cache_write_tokens) as cache_write_tokens
    from logged
    group by
        principal,
        model
),
call as (
    select *
    from logged
    union all
    select
        case
            when try_cast(unlogged.token[1] as bigint) is not null then 'measured'
            when mean.input_tokens is not null then 'estimated'
            else 'unknown'
        end as kind,
        unlogged.event_time,
        unlogged.principal,
        unlogged.model,
        unlogged.region,
        unlogged.account_id,
        coalesce(try_cast(unlogged.token[1] as bigint), mean.input_tokens, 0) as input_tokens,
        coalesce(try_cast(unlogged.token[2] as bigint), mean.output_tokens, 0) as output_tokens,
        coalesce(try_cast(unlogged.token[3] as bigint), mean.cache_read_tokens, 0) as cache_read_tokens,
        coalesce(try_cast(unlogged.token[4] as bigint), mean.cache_write_tokens, 0) as cache_write_tokens,
        1::bigint as weight,
        'cloudtrail_event' as source,
        unlogged.artifact_id,
        unlogged.record_no
    from unlogged
    left join mean
        on mean.principal is not distinct from unlogged.principal
        and mean.model is not distinct from unlogged.model
),
model_day as (
    select
        principal,
        day_of(event_time) as day,
        coalesce(
            event_time < coalesce($base_to::timestamptz, $case_from::timestamptz),
            false
        ) as is_before,
        model,
        region,
        kind,
        min(account_id) as account_id,
        min(event_time) as first_seen,
        max(event_time) as last_seen,
        sum(weight)::bigint as calls,
        sum(input_tokens) as input_tokens,
        sum(output_tokens) as output_tokens,
        sum(cache_read_tokens) as cache_read_tokens,
        sum(cache_write_tokens) as cache_write_tokens,
        max(output_tokens) as longest_output
    from call
    group by all
),
-- The price of a model on a day: that of the region before one for every region, the latest one before it.
price as (
    select
        usage.model,
        usage.region,
        usage.day,
        arg_max(
            ref_price,
            row(
                nullif(ref_price.region, '') is not null,
                coalesce(ref_price.valid_from, timestamptz '1970-01-01 00:00:00+00')
            )
        ) as tariff
    from (select distinct model, region, day from model_day) as usage
    join ref_price
        on base_model(ref_price.model) = usage.model
        and (ref_price.region = usage.region or nullif(ref_price.region, '') is null)
        and (ref_price.valid_from is null or ref_price.valid_from < usage.day + interval 1 day)
    group by
        usage.model,
        usage.region,
        usage.day
),
priced as (
    select
        model_day.*,
        (
            input_tokens * coalesce(tariff.input_per_million, 0)
            + output_tokens * coalesce(tariff.output_per_million, 0)
            + cache_read_tokens * coalesce(tariff.cache_read_per_million, 0)
            + cache_write_tokens * coalesce(tariff.cache_write_per_million, 0)
        ) / 1e6 as cost,
        price.tariff is not null as has_price
    from model_day
    left join price
        on price.model is not distinct from model_day.model
        and price.region is not distinct from model_day.region
        and price.day = model_day.day
),
principal_day as (
    select
        principal,
        day,
        is_before,
        min(account_id) as account_id,
        min(first_seen) as first_seen,
        max(last_seen) as last_seen,
        distinct_values(region) as region,
        sum(calls)::bigint as calls,
        sum(input_tokens + output_tokens + cache_read_tokens + cache_write_tokens) as tokens,
        sum(cost) as cost,
        coalesce(sum(calls) filter (kind = 'logged'), 0)::bigint as logged_calls,
        coalesce(sum(input_tokens) filter (kind = 'logged'), 0)::bigint as logged_input,
        coalesce(sum(output_tokens) filter (kind = 'logged'), 0)::bigint as logged_output,
        coalesce(sum(cost) filter (kind = 'logged'), 0) as logged_cost,
        coalesce(sum(calls) filter (kind <> 'logged'), 0)::bigint as unlogged_calls,
        round(coalesce(sum(input_tokens) filter (kind <> 'logged'), 0))::bigint as unlogged_input,
        round(coalesce(sum(output_tokens) filter (kind <> 'logged'), 0))::bigint as unlogged_output,
        coalesce(sum(cost) filter (kind <> 'logged'), 0) as unlogged_cost,
        coalesce(sum(calls) filter (kind = 'estimated'), 0)::bigint as estimated_calls,
        coalesce(sum(calls) filter (kind = 'unknown'), 0)::bigint as unknown_calls,
        max(longest_output) filter (kind = 'logged') as longest_output,
        distinct_values(case when not has_price then model end) as without_price,
        list(
            {
                'model': model,
                'region': region,
                'kind': kind,
                'calls': calls,
                'input_tokens': round(input_tokens)::bigint,
                'output_tokens': round(output_tokens)::bigint,
                'cost': round(cost, 2)
            }
            order by calls desc, model, region, kind
        ) as usage
    from priced
    group by
        principal,
        day,
        is_before
),
habit as (
    select
        principal,
        quantile_cont(tokens, 0.95) as tokens,
        quantile_cont(cost, 0.95) as cost,
        max(longest_output) as longest_output
    from principal_day
    where is_before
        and ($base_from::timestamptz is null or day >= $base_from::timestamptz)
    group by principal
),
spike as (
    select
        principal_day.*,
        coalesce(habit.tokens, 0) as usual_tokens,
        coalesce(habit.cost, 0) as usual_cost,
        habit.longest_output as usual_output,
        greatest($min_tokens::bigint, $factor::double * coalesce(habit.tokens, 0)) as token_threshold,
        greatest($min_cost::double, $factor::double * coalesce(habit.cost, 0)) as cost_threshold
    from principal_day
    left join habit
        on habit.principal is not distinct from principal_day.principal
    where not principal_day.is_before
        and (principal_day.tokens > token_threshold or principal_day.cost > cost_threshold)
),
evidence as (
    select
        spike.principal,
        spike.day,
        arg_min(
            {'table': call.source, 'artifact_id': call.artifact_id, 'record_no': call.record_no},
            row(call.event_time, call.source, call.artifact_id, call.record_no),
            200
        ) as records
    from spike
    join call
        on call.principal is not distinct from spike.principal
        and call.event_time between spike.first_seen and spike.last_seen
    group by
        spike.principal,
        spike.day
)
select
    'principal' as entity_type,
    coalesce(spike.principal, 'unknown') as entity,
    'high' as severity,
    first_seen,
    last_seen,
    calls as event_count,
    short_name(spike.principal) || ' used ' || format('{:,}', logged_input) || ' input and '
    || format('{:,}', logged_output) || ' output tokens in ' || counted(logged_calls, 'logged call')
    || ' on ' || strftime(spike.day at time zone 'UTC', '%Y-%m-%d')
    || ' ($' || format('{:,.2f}', logged_cost) || ')'
    || case
        when unlogged_calls = 0 then ''
        else ' and an estimated ' || format('{:,}', unlogged_input) || ' and '
            || format('{:,}', unlogged_output) || ' in ' || counted(unlogged_calls, 'call')
            || ' without log record ($' || format('{:,.2f}', unlogged_cost) || ')'
    end
    || case when len(without_price) > 0 then '; no price is known for ' || named(without_price) else '' end
    as summary,
    evidence.records,
    spike.principal as actor,
    case when len(region) = 1 then region[1] end as region,
    account_id,
    {
        'day': spike.day,
        'logged_calls': logged_calls,
        'input_tokens': logged_input,
        'output_tokens': logged_output,
        'cost': round(logged_cost, 2),
        'unlogged_calls': unlogged_calls,
        'unlogged_input_tokens': unlogged_input,
        'unlogged_output_tokens': unlogged_output,
        'unlogged_cost': round(unlogged_cost, 2),
        'estimated_calls': estimated_calls,
        'calls_without_estimate': unknown_calls,
        'marginal_cost': round(cost - usual_cost, 2),
        'token_threshold': round(token_threshold)::bigint,
        'cost_threshold': round(cost_threshold, 2),
        'longest_output': longest_output,
        'longest_output_ratio': round(longest_output / nullif(usual_output, 0), 2),
        'models_without_price': without_price,
        'usage': list_slice(usage, 1, 50)
    } as metrics,
    calls as record_total
from spike
join evidence
    on evidence.principal is not distinct from spike.principal
    and evidence.day = spike.day
order by
    first_seen,
    entity
