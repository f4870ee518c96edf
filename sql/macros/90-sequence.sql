-- Steps in order, whatever they are. A query names a table of its own (a WITH) whose rows are candidates for steps, with
-- the columns entity, step_no, event_time and whatever tells of the record, and gets back those that belong to a chain.

-- Chains by entity: each of the needed steps (two to five) at most a second before the one that it follows, all within
-- the span. Chains that begin within one span of each other are one: from its first step to the end of the last span.
create or replace macro sequence_chains(candidates, needed, span) as table
with step as materialized (
    select distinct
        entity,
        step_no,
        event_time
    from query_table(candidates)
    where event_time is not null
        and entity is not null
        and step_no in (select unnest(needed))
),
-- At every moment the latest start from which the steps so far were gone through; an earlier start reaches as far.
first_step as (
    select
        *,
        max(case when step_no = needed[1] then event_time end) over so_far as start_1
    from step
    window so_far as (
        partition by entity
        order by event_time
        range between unbounded preceding and interval 1 second following
    )
),
second_step as (
    select
        *,
        max(case when step_no = needed[2] and event_time <= start_1 + span then start_1 end) over so_far as start_2
    from first_step
    window so_far as (
        partition by entity
        order by event_time
        range between unbounded preceding and interval 1 second following
    )
),
third_step as (
    select
        *,
        max(case when step_no = needed[3] and event_time <= start_2 + span then start_2 end) over so_far as start_3
    from second_step
    window so_far as (
        partition by entity
        order by event_time
        range between unbounded preceding and interval 1 second following
    )
),
fourth_step as (
    select
        *,
        max(case when step_no = needed[4] and event_time <= start_3 + span then start_3 end) over so_far as start_4
    from third_step
    window so_far as (
        partition by entity
        order by event_time
        range between unbounded preceding and interval 1 second following
    )
),
fifth_step as (
    select
        *,
        max(case when step_no = needed[5] and event_time <= start_4 + span then start_4 end) over so_far as start_5
    from fourth_step
    window so_far as (
        partition by entity
        order by event_time
        range between unbounded preceding and interval 1 second following
    )
),
complete as (
    select
        entity,
        [start_1, start_2, start_3, start_4, start_5][len(needed)] as latest_start,
        min(event_time) as completed
    from fifth_step
    where [start_1, start_2, start_3, start_4, start_5][len(needed)] is not null
    group by
        entity,
        latest_start
),
begun as (
    select
        complete.entity,
        complete.latest_start,
        min(step.event_time) as earliest_start
    from complete
    join step
        on step.entity = complete.entity
        and step.step_no = needed[1]
        and step.event_time between complete.completed - span and complete.latest_start
    group by
        complete.entity,
        complete.latest_start
),
parted as (
    select
        *,
        coalesce(earliest_start - lag(latest_start) over same_entity > span, true) as is_new
    from begun
    window same_entity as (partition by entity order by latest_start)
),
numbered as (
    select
        *,
        count(case when is_new then 1 end) over (partition by entity order by latest_start) as chain
    from parted
)
select
    entity,
    min(earliest_start) as started,
    max(latest_start) + span as until
from numbered
group by
    entity,
    chain;

-- The records of every step of every chain, with the start of the chain: of a needed step those from its first match on,
-- of an optional step those from the needed step before it on, of one that stands before all needed steps those of the
-- span before the chain.
create or replace macro sequence_records(candidates, needed, span) as table
with within_reach as (
    select
        chain.started,
        chain.until,
        step.*
    from sequence_chains(candidates, needed, span) as chain
    join query_table(candidates) as step
        on step.entity = chain.entity
        and step.event_time between chain.started - span and chain.until
),
second_step as (
    select
        *,
        min(case when step_no = needed[2] and event_time >= started - interval 1 second then event_time end)
            over (partition by entity, started) as moment_2
    from within_reach
),
third_step as (
    select
        *,
        min(case when step_no = needed[3] and event_time >= moment_2 - interval 1 second then event_time end)
            over (partition by entity, started) as moment_3
    from second_step
),
fourth_step as (
    select
        *,
        min(case when step_no = needed[4] and event_time >= moment_3 - interval 1 second then event_time end)
            over (partition by entity, started) as moment_4
    from third_step
),
fifth_step as (
    select
        *,
        min(case when step_no = needed[5] and event_time >= moment_4 - interval 1 second then event_time end)
            over (partition by entity, started) as moment_5
    from fourth_step
)
select * exclude (until, moment_2, moment_3, moment_4, moment_5)
from fifth_step
where case
        when step_no < needed[1] then event_time <= started + interval 1 second
        else event_time >= list_max(
            list_transform(
                [started, moment_2, moment_3, moment_4, moment_5],
                lambda moment, place : case when needed[place] <= step_no then moment end
            )
        ) - interval 1 second
    end;

-- A call in a few words, as the steps of sequences show it.
create or replace macro call_summary(principal, event_name, error_code, source_ip) as
    concat_ws(
        ' ',
        short_name(principal),
        event_name,
        'failed with ' || error_code,
        'from ' || source_ip
    );
