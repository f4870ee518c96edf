-- Hours of the period of the case in which a source, account and region has no row, joined to intervals, and what the
-- evidence says of them. Without a period only the hours between the first and the last row count. Sparse sources have many;
-- a gap is a question, not an answer.

create or replace view v_gap as
with period as (
    select
        hour_of(least(min(case_from), min(base_from))) as starts_at,
        hour_of(max(case_to) + interval 1 hour - interval 1 microsecond) as ends_at
    from ref_case
),
present as (
    select
        source,
        account_id,
        region,
        hour_of(event_time) as hour
    from v_record_time
    where event_time is not null
        -- Others speak when something happens; that they are silent says nothing.
        and source in (
            'bedrock_invocation',
            'cloudtrail_event',
            'cloudwatch_log_event',
            'dns_query',
            's3_access',
            'sagemaker_capture',
            'transit_gateway_flow',
            'vpc_flow'
        )
    group by all
),
-- The hours before and after the period stand as if they had rows.
bounded as (
    select
        present.*
    from present
    cross join period
    where (starts_at is null or hour >= starts_at)
        and (ends_at is null or hour < ends_at)
    union
    select distinct
        source,
        account_id,
        region,
        unnest([starts_at - interval 1 hour, ends_at])
    from present
    cross join period
    where starts_at is not null
        and ends_at is not null
),
neighbour as (
    select
        source,
        account_id,
        region,
        hour + interval 1 hour as gap_from,
        lead(hour) over (partition by source, account_id, region order by hour) as gap_to
    from bounded
),
gap as (
    select
        *,
        date_diff('hour', gap_from, gap_to) as hours
    from neighbour
    where gap_to > gap_from
),
off as (
    select
        gap.source,
        gap.account_id,
        gap.region,
        gap.gap_from,
        arg_max(
            'off since ' || strftime(v_blind.blind_from, '%Y-%m-%d %H:%M') || coalesce(': ' || v_blind.resource, ''),
            date_diff(
                'second',
                greatest(v_blind.blind_from, gap.gap_from),
                least(v_blind.blind_to, gap.gap_to)
            )
        ) as because
    from gap
    join v_blind
        on v_blind.source = gap.source
        and (v_blind.region is null or gap.region is null or v_blind.region = gap.region)
        and v_blind.blind_from < gap.gap_to
        and v_blind.blind_to > gap.gap_from
    where not v_blind.from_the_start
        and not starts_with(coalesce(v_blind.resource, ''), 'data events')
    group by all
),
-- An hour with a digest that lists no log file is evidence that nothing was delivered.
quiet as (
    select
        gap.source,
        gap.account_id,
        gap.region,
        gap.gap_from,
        count(distinct hour_of(digest_start_time)) as quiet_hours
    from gap
    join cloudtrail_digest as digest
        on digest.region = gap.region
        and digest.account_id is not distinct from gap.account_id
        and digest.digest_start_time >= gap.gap_from
        and digest.digest_start_time < gap.gap_to
    where gap.source = 'cloudtrail_event'
        and digest.log_file_count = 0
    group by all
)
select
    gap.source,
    gap.account_id,
    gap.region,
    gap.gap_from,
    gap.gap_to,
    gap.hours,
    nullif(
        concat_ws(
            '; ',
            off.because,
            case
                when quiet.quiet_hours > 0
                then 'digests without a log file for ' || least(quiet.quiet_hours, gap.hours) || ' of these hours'
            end
        ),
        ''
    ) as because
from gap
left join off
    on off.source = gap.source
    and off.account_id is not distinct from gap.account_id
    and off.region is not distinct from gap.region
    and off.gap_from = gap.gap_from
left join quiet
    on quiet.source = gap.source
    and quiet.account_id is not distinct from gap.account_id
    and quiet.region is not distinct from gap.region
    and quiet.gap_from = gap.gap_from;
comment on view v_gap is 'Whole hours of the period of the case without a row, by source, account and region, with what the evidence says of them.';
