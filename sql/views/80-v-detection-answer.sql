-- What the last detect run says, one row per detection, and how questions are answered from it.

create or replace view v_detection_answer as
select
    run.detection_id,
    run.status,
    run.reason,
    count(found.detection_id) as findings,
    min(found.first_seen) as first_seen,
    max(found.last_seen) as last_seen,
    list(
        {'score': found.score, 'summary': found.summary}
        order by found.score desc, found.first_seen, found.finding_no
    ) filter (found.detection_id is not null) as told,
    list(found.records -> '$[0]' order by found.score desc, found.first_seen, found.finding_no)
        filter (found.detection_id is not null) as first_records,
from detection_run as run
-- Inventory is no sign of anything, and suppressed findings are known noise.
left join finding as found
    on found.run_id = run.run_id
    and found.detection_id = run.detection_id
    and found.severity <> 'info'
    and found.suppressed_by is null
where run.run_id = (select fingerprint from knowledge where name = 'last_run')
group by all;

-- Answers questions, each with the detections (ids, * for any text) that feed it: yes, no evidence, partial or not
-- evaluable, with what was found and what could not be asked.
create or replace macro answer_questions(questions) as table
with question as (
    select
        asked.no,
        asked.question,
        unnest(asked.detections) as pattern,
    from (select unnest(questions) as asked)
),
fed as (
    select distinct
        question.no,
        question.question,
        question.pattern,
        answer.detection_id,
        answer.status,
        answer.reason,
        answer.findings,
        answer.first_seen,
        answer.last_seen,
        answer.told,
        answer.first_records,
    from question
    left join v_detection_answer as answer on answer.detection_id glob question.pattern
),
coverage as (
    select string_agg(
        source || ' ' || strftime(from_time, '%Y-%m-%d %H:%M') || ' to ' || strftime(to_time, '%Y-%m-%d %H:%M'),
        '; '
        order by source
    ) as text,
    from (
        select
            source,
            min(event_time) as from_time,
            max(event_time) as to_time,
        from v_event
        group by source
    )
)
select
    no,
    question,
    case
        when sum(findings) > 0 then 'yes'
        when count(detection_id) = 0 or bool_and(status = 'not_evaluable') then 'not evaluable'
        -- What the last run left out was not asked.
        when bool_or(status in ('partial', 'not_evaluable') or detection_id is null) then 'partial'
        else 'no evidence'
    end as verdict,
    coalesce(sum(findings), 0)::bigint as event_count,
    min(first_seen) as first_seen,
    max(last_seen) as last_seen,
    list_transform(
        list_sort(flatten(list(coalesce(told, []))), 'desc')[:5],
        lambda finding: finding.summary
    ) as answer,
    list(detection_id order by detection_id) filter (findings > 0) as fired,
    list(
        coalesce(detection_id, pattern) || ': ' || coalesce(reason, 'not part of the last detect run')
        order by coalesce(detection_id, pattern)
    ) filter (detection_id is null or (status in ('partial', 'not_evaluable') and reason is not null)) as not_answered,
    'looked at ' || any_value(coverage.text) as coverage,
    flatten(list(coalesce(first_records, []) order by detection_id)) as records,
from fed, coverage
group by
    no,
    question;
