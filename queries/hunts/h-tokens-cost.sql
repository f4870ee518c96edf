-- ---
-- id: h-tokens-cost
-- version: 1.0.0
-- title: How many tokens did each identity use of each model on each day, and what did that cost?
-- status: stable
-- description: >-
--   Finds tokens by identity, model, region and day from the invocation log, their price by `reference/price.csv`, and
--   an estimate for successful invocations without a log record by the mean of the logged ones of the same model. Misses
--   invocations that no trail saw; models without a price have no cost.
-- requires:
--   v_invocation: needed
--   ref_price: helpful
-- parameters:
--   principal: {type: text, default: null, description: "ARN, name, or a pattern with * of an identity"}
--   accounts: {type: text, default: null, description: "only these accounts, separated by commas"}
--   regions: {type: text, default: null, description: "only these regions, separated by commas"}
--   case_from: {type: timestamptz, default: null, description: only from here}
--   case_to: {type: timestamptz, default: null, description: only before}
-- references: []
-- changelog:
--   1.0.0: first version
-- ---
with invocation as (
    select
        *,
        event_time::date as day
    from v_invocation
    where error_code is null
        and ($principal::varchar is null
            or principal_matches($principal::varchar, principal)
            or short_name(principal) = $principal::varchar)
        and is_listed(account_id, $accounts::varchar)
        and is_listed(region, $regions::varchar)
        and in_period(event_time, $case_from::timestamptz, $case_to::timestamptz)
),
mean as (
    select
        base_model,
        avg(input_tokens) as input_tokens,
        avg(output_tokens) as output_tokens
    from v_invocation
    where input_tokens is not null
    group by base_model
),
price as (
    select
        base_model(model) as model,
        region,
        valid_from,
        input_per_million,
        output_per_million
    from ref_price
),
use as (
    select
        principal,
        base_model,
        region,
        day,
        min(event_time) as first_seen,
        max(event_time) as last_seen,
        count(*) as event_count,
        count(*) filter (seen_by = 'CloudTrail only') as without_log,
        coalesce(sum(input_tokens), 0)::bigint as input_tokens,
        coalesce(sum(output_tokens), 0)::bigint as output_tokens
    from invocation
    group by
        principal,
        base_model,
        region,
        day
)
select
    use.principal,
    use.base_model as model,
    use.region,
    use.day,
    use.first_seen,
    use.last_seen,
    use.event_count,
    use.without_log,
    use.input_tokens,
    use.output_tokens,
    round(
        (use.input_tokens * price.input_per_million + use.output_tokens * price.output_per_million) / 1e6,
        4
    ) as cost,
    round(
        use.without_log * (
            mean.input_tokens * price.input_per_million + mean.output_tokens * price.output_per_million
        ) / 1e6,
        4
    ) as estimated_cost_without_log
from use
left join mean
    on mean.base_model = use.base_model
asof left join price
    on price.model = use.base_model
    and price.region = use.region
    and use.first_seen >= price.valid_from
order by
    use.day,
    cost desc nulls last,
    use.principal,
    model,
    use.region
