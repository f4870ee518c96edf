-- ---
-- id: inv-guardrail-multi-policy
-- version: 1.0.1
-- title: Several guardrail policies hit by one user
-- status: stable
-- severity: medium
-- element: invocation
-- attack: [T1059]
-- atlas: [AML.T0051, AML.T0054]
-- description: >-
--   Finds users or identities with a call that several families of policies of a guardrail blocked at once, and days on
--   which one of them ran several times into content filters with high confidence, into the filter of personal data or
--   into topics and words. One finding per identity, end user and day. Misses guardrails whose trace is not in the
--   answer, and hits that the guardrail only watched.
-- requires:
--   bedrock_invocation: needed
--   bedrock_guardrail_assessment: optional
-- preconditions:
--   - query: >-
--       select exists (from bedrock_guardrail_assessment) or not exists (from bedrock_invocation
--       where stop_reason = 'guardrail_intervened' or guardrail_action = 'INTERVENED')
--     otherwise: partial
--     reason: a guardrail stopped calls and no trace says which policies hit
-- parameters:
--   min_families: {type: integer, default: 2, description: families of policies that blocked one call}
--   min_content: {type: integer, default: 5, description: calls of a day with a content filter of high confidence}
--   min_sensitive: {type: integer, default: 5, description: calls of a day that were blocked for personal data}
--   min_topics: {type: integer, default: 5, description: calls of a day that were blocked for topics or words}
-- false_positives:
--   - Moderation of offensive content, announced tests.
-- references:
--   - https://docs.aws.amazon.com/bedrock/latest/userguide/guardrails-components.html
-- changelog:
--   1.0.1: the same rows, faster
--   1.0.0: first version
-- ---
with call as (
    select
        artifact_id,
        record_no,
        min(event_time) as event_time,
        min(principal) as principal,
        min(model_id) as model_id,
        count(distinct policy) filter (action = 'BLOCKED') as families,
        bool_or(
            policy = 'content'
            and confidence = 'HIGH'
            and type in ('PROMPT_ATTACK', 'MISCONDUCT', 'VIOLENCE', 'HATE', 'SEXUAL', 'INSULTS')
        ) as is_content,
        bool_or(policy = 'sensitive_information' and action = 'BLOCKED') as is_sensitive,
        bool_or(policy in ('topic', 'word') and action = 'BLOCKED') as is_topic,
        distinct_values(concat_ws(' ', policy, type)) as filter,
        distinct_values(guardrail_id) as guardrail
    from bedrock_guardrail_assessment
    where event_time is not null
    group by
        artifact_id,
        record_no
),
attributed as (
    select
        call.*,
        day_of(call.event_time) as day,
        end_user(invocation.request_metadata) as end_user,
        invocation.region,
        invocation.account_id
    from call
    left join bedrock_invocation as invocation
        on invocation.artifact_id = call.artifact_id
        and invocation.record_no = call.record_no
    where call.families >= $min_families::bigint
        or call.is_content
        or call.is_sensitive
        or call.is_topic
),
finding as (
    select
        principal,
        end_user,
        day,
        min(event_time) as first_seen,
        max(event_time) as last_seen,
        count(*) as calls,
        count(*) filter (families >= $min_families::bigint) as several,
        max(families) as families,
        count(*) filter (is_content) as content,
        count(*) filter (is_sensitive) as sensitive,
        count(*) filter (is_topic) as topic,
        list_sort(list_distinct(flatten(list(filter order by event_time, artifact_id, record_no)))) as filter,
        list_sort(
            list_distinct(flatten(list(guardrail order by event_time, artifact_id, record_no)))
        ) as guardrail,
        distinct_values(model_id) as model,
        distinct_values(region) as region,
        min(account_id) as account_id,
        arg_min(
            {'table': 'bedrock_invocation', 'artifact_id': artifact_id, 'record_no': record_no},
            row(event_time, artifact_id, record_no),
            200
        ) as records
    from attributed
    group by
        principal,
        end_user,
        day
    having several > 0
        or content >= $min_content::bigint
        or sensitive >= $min_sensitive::bigint
        or topic >= $min_topics::bigint
)
select
    case when end_user is null then 'principal' else 'principal/user' end as entity_type,
    concat_ws(' ', coalesce(principal, 'unknown'), end_user) as entity,
    'medium' as severity,
    first_seen,
    last_seen,
    calls as event_count,
    counted(calls, 'call') || ' of ' || short_name(principal)
    || coalesce(' (user ' || end_user || ')', '') || ' hit policies of a guardrail from '
    || moment(first_seen) || ' to ' || moment(last_seen) || ': ' || content
    || ' content filters with high confidence, ' || sensitive || ' personal data, ' || topic
    || ' topics or words, ' || several || ' several families at once (' || named(filter) || ')' as summary,
    records,
    principal as actor,
    case when len(region) = 1 then region[1] end as region,
    account_id,
    case when len(guardrail) = 1 then guardrail[1] end as resource,
    {
        'calls': calls,
        'interventions': calls,
        'with_several_families': several,
        'most_families': families,
        'content_high': content,
        'sensitive': sensitive,
        'topics_or_words': topic,
        'filters': filter,
        'guardrails': guardrail,
        'end_user': end_user,
        'models': list_slice(model, 1, 20)
    } as metrics,
    calls as record_total
from finding
order by
    first_seen,
    entity
