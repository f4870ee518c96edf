-- ---
-- id: h-output-domains
-- version: 1.0.0
-- title: Which hosts do answers and contexts point to?
-- status: stable
-- description: >-
--   Finds the hosts of URLs in prompts and in answers with first and last time, identities and counts, whether
--   `reference/domain.csv` knows them, and whether they came up in answers only, in prompts only, or in both. Misses
--   hosts that are written in pieces.
-- requires:
--   bedrock_message: needed
--   ref_domain: optional
-- parameters:
--   only_unknown: {type: boolean, default: false, description: only hosts that domain.csv does not know}
--   case_from: {type: timestamptz, default: null, description: only from here}
--   case_to: {type: timestamptz, default: null, description: only before}
-- references: []
-- changelog:
--   1.0.0: first version
-- ---
with distinct_text as materialized (
    select
        text,
        list_distinct(
            list_transform(
                regexp_extract_all(text, '(?i)(?:https?://|@)([a-z0-9.-]+\.[a-z]{2,24})\b', 1),
                lambda host : lower(host)
            )
        ) as hosts
    from (
        select distinct text
        from bedrock_message
        where text is not null
            and regexp_matches(text, '(?i)https?://|@')
            and in_period(event_time, $case_from::timestamptz, $case_to::timestamptz)
    )
),
named_host as (
    select
        unnest(distinct_text.hosts) as host,
        block.direction,
        block.event_time,
        block.principal,
        block.artifact_id,
        block.record_no
    from bedrock_message as block
    join distinct_text
        on distinct_text.text = block.text
    where in_period(block.event_time, $case_from::timestamptz, $case_to::timestamptz)
),
host as (
    select
        host,
        min(event_time) as first_seen,
        max(event_time) as last_seen,
        count(*) as event_count,
        count(*) filter (direction = 'output') as in_answers,
        min(event_time) filter (direction = 'input') as first_in_prompt,
        min(event_time) filter (direction = 'output') as first_in_answer,
        distinct_values(principal) as principals,
        first_records('bedrock_invocation', event_time, artifact_id, record_no) as records
    from named_host
    group by host
),
known as (
    select
        host.host,
        min(ref_domain.class) as class
    from host
    join ref_domain
        on host.host = lower(ref_domain.domain)
        or ends_with(host.host, '.' || lower(ref_domain.domain))
    group by host.host
)
select
    host.host,
    known.class,
    host.first_seen,
    host.last_seen,
    host.event_count,
    host.in_answers,
    host.first_in_prompt,
    host.first_in_answer,
    host.principals,
    host.records
from host
left join known
    on known.host = host.host
where not $only_unknown::boolean
    or known.class is null
order by
    host.in_answers desc,
    host.event_count desc,
    host.host
