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

-- Answers questions, each with the detections (ids, * for any text) and the facts (topics) that feed it: yes, no evidence,
-- partial or not evaluable, with what was found and what could not be asked. The first finding of each detection comes
-- before its second one.
create or replace macro answer_questions(questions) as table
with question as (
    select
        asked.no,
        asked.question,
        asked.detections,
        asked.facts
    from (select unnest(questions) as asked)
),
fed as (
    select distinct
        pattern.no,
        pattern.pattern,
        answer.*
    from (select no, unnest(detections) as pattern from question) as pattern
    left join v_detection_answer as answer on answer.detection_id glob pattern.pattern
),
detected as (
    select
        no,
        coalesce(sum(findings), 0)::bigint as findings,
        count(detection_id) as asked,
        count(*) filter (status <> 'not_evaluable') as answered,
        -- What the last run left out was not asked.
        bool_or(status in ('partial', 'not_evaluable') or detection_id is null) as is_partial,
        min(first_seen) as first_seen,
        max(last_seen) as last_seen,
        list_transform(
            list_sort(
                flatten(
                    list(
                        list_transform(
                            coalesce(told, []),
                            lambda finding, place : {
                                'place': place,
                                'score': -finding.score,
                                'summary': finding.summary
                            }
                        )
                    )
                )
            )[:5],
            lambda finding : finding.summary
        ) as answer,
        list(detection_id order by detection_id) filter (findings > 0) as fired,
        list(
            coalesce(detection_id, pattern) || ': ' || coalesce(reason, 'did not run')
            order by coalesce(detection_id, pattern)
        ) filter (detection_id is null or (status in ('partial', 'not_evaluable') and reason is not null))
            as not_answered,
        flatten(list(coalesce(first_records, []) order by detection_id)) as records,
    from fed
    group by no
),
stated as (
    select
        topic.no,
        bool_or(fact.verdict = 'yes') as says_yes,
        bool_or(fact.verdict in ('no evidence', 'partial')) as says_something,
        bool_or(fact.verdict in ('partial', 'not evaluable')) as leaves_open,
        min(fact.first_seen) filter (fact.verdict = 'yes') as first_seen,
        max(fact.last_seen) filter (fact.verdict = 'yes') as last_seen,
        list(fact.sentence order by fact.verdict is null, fact.verdict <> 'yes', fact.event_count desc, fact.sentence)
            filter (fact.verdict is distinct from 'not evaluable') as facts,
        list(fact.sentence order by fact.sentence) filter (fact.verdict = 'not evaluable') as not_answered,
        list(to_json(fact.record) order by fact.event_count desc, fact.sentence)
            filter (fact.record is not null) as records,
    from (select no, unnest(facts) as topic from question) as topic
    join v_answer_fact as fact on fact.topic = topic.topic
    group by topic.no
),
coverage as (
    select 'looked at ' || string_agg(
        source || coalesce(' of ' || nullif(named(regions), ''), '') || ' from '
        || strftime(from_time, '%Y-%m-%d %H:%M') || ' to ' || strftime(to_time, '%Y-%m-%d %H:%M'),
        '; '
        order by source
    ) as text,
    from (
        select
            source,
            distinct_values(region) as regions,
            min(event_time) as from_time,
            max(event_time) as to_time,
        from v_event
        group by source
    )
),
blindness as (
    select '. Blind: ' || string_agg(
        source || coalesce(' of ' || nullif(named(things), ''), '') || ' from '
        || strftime(blind_from, '%Y-%m-%d %H:%M') || ' to ' || strftime(blind_to, '%Y-%m-%d %H:%M'),
        '; '
        order by source, blind_from, things
    ) as text,
    from (
        select
            source,
            blind_from,
            blind_to,
            distinct_values(case when source = 'guardduty' then region else coalesce(resource, region) end) as things
        from v_blind
        group by
            source,
            blind_from,
            blind_to
    )
)
select
    question.no,
    question.question,
    case
        when detected.findings > 0 or stated.says_yes then 'yes'
        when coalesce(detected.answered, 0) = 0 and not coalesce(stated.says_something, false) then 'not evaluable'
        when detected.is_partial or stated.leaves_open then 'partial'
        else 'no evidence'
    end as verdict,
    coalesce(detected.findings, 0) as event_count,
    least(detected.first_seen, stated.first_seen) as first_seen,
    greatest(detected.last_seen, stated.last_seen) as last_seen,
    detected.answer,
    list_concat(
        stated.facts[:12],
        case when len(stated.facts) > 12 then ['and ' || len(stated.facts) - 12 || ' more of this kind'] end
    ) as facts,
    detected.fired,
    list_concat(detected.not_answered, stated.not_answered) as not_answered,
    coverage.text || coalesce(blindness.text, '') as coverage,
    list_concat(detected.records, stated.records) as records,
from question
left join detected on detected.no = question.no
left join stated on stated.no = question.no
cross join coverage
cross join blindness;
