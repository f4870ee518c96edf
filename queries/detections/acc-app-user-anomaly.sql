-- ---
-- id: acc-app-user-anomaly
-- version: 1.0.1
-- title: End user of an application behaves unlike others
-- status: stable
-- severity: medium
-- element: access
-- attack: [T1190, T1078]
-- atlas: [AML.T0093, AML.T0047]
-- description: >-
--   Finds end users of an application, told by the request metadata of its invocations, who in one hour send far more
--   requests than is usual for them, or whom the guardrail stopped several times, or who try to override or extract the
--   system prompt several times. GuardDuty cannot see people who only touch the application. Misses users without an id in
--   the metadata, and the networks that they come from.
-- requires:
--   bedrock_invocation: needed
--   bedrock_message: optional
-- preconditions:
--   - query: >-
--       select count(*) > 0 from bedrock_invocation
--       where coalesce(request_metadata ->> '$.userId', request_metadata ->> '$.user_id',
--       request_metadata ->> '$.tenant', request_metadata ->> '$.sessionId', request_metadata ->> '$.traceId') is not null
--     otherwise: not_evaluable
--     reason: no invocation names its end user
--   - query: >-
--       select count(*) = 0 from bedrock_invocation
--       where coalesce(request_metadata ->> '$.userId', request_metadata ->> '$.user_id',
--       request_metadata ->> '$.tenant', request_metadata ->> '$.sessionId', request_metadata ->> '$.traceId') is null
--     otherwise: partial
--     reason: only a part of the invocations names its end user
-- parameters:
--   min_requests: {type: integer, default: 30, description: requests in an hour that are many for anybody}
--   median_factor: {type: double, default: 10, description: times the user's own median hour that requests must reach}
--   min_interventions: {type: integer, default: 3, description: interventions of the guardrail in an hour}
--   min_attempts: {type: integer, default: 3, description: prompts in an hour that try to override or extract}
-- false_positives:
--   - Load tests and accounts that many people share.
-- references:
--   - https://docs.aws.amazon.com/bedrock/latest/userguide/model-invocation-logging.html
-- changelog:
--   1.0.1: the same rows, faster
--   1.0.0: first version
-- ---
with invocation as (
    select
        event_time,
        time_bucket(interval 1 hour, event_time) as hour,
        principal,
        coalesce(
            request_metadata ->> '$.userId',
            request_metadata ->> '$.user_id',
            request_metadata ->> '$.tenant',
            request_metadata ->> '$.sessionId',
            request_metadata ->> '$.traceId'
        ) as end_user,
        coalesce(stop_reason = 'guardrail_intervened' or guardrail_action = 'INTERVENED', false)
            as is_stopped,
        region,
        account_id,
        artifact_id,
        record_no
    from bedrock_invocation
    where end_user is not null
        and event_time is not null
),
attempt as (
    select distinct
        block.artifact_id,
        block.record_no
    from bedrock_message as block
    where block.direction = 'input'
        and block.role = 'user'
        and (
            regexp_matches(block.text, rx_override())
            or regexp_matches(block.text, rx_sysprompt_ask())
        )
),
hourly as (
    select
        invocation.principal,
        invocation.end_user,
        invocation.hour,
        count(*) as request_count,
        count(*) filter (invocation.is_stopped) as stopped_count,
        count(attempt.artifact_id) as attempt_count,
        min(invocation.event_time) as first_seen,
        max(invocation.event_time) as last_seen,
        min(invocation.region) as region,
        min(invocation.account_id) as account_id
    from invocation
    left join attempt
        on attempt.artifact_id = invocation.artifact_id
        and attempt.record_no = invocation.record_no
    group by
        invocation.principal,
        invocation.end_user,
        invocation.hour
),
habit as (
    select
        principal,
        end_user,
        median(request_count) as median_count
    from hourly
    group by
        principal,
        end_user
)
select
    'end_user' as entity_type,
    hourly.end_user as entity,
    'medium' as severity,
    hourly.first_seen,
    hourly.last_seen,
    hourly.request_count as event_count,
    'end user ' || hourly.end_user || ' of ' || short_name(hourly.principal) || ' sent '
    || counted(hourly.request_count, 'request') || ' in the hour from ' || moment(hourly.hour)
    || ' (median ' || habit.median_count || '), ' || counted(hourly.stopped_count, 'intervention')
    || ' of the guardrail, ' || counted(hourly.attempt_count, 'attempt') || ' on the system prompt'
    as summary,
    (
        select
            list(
                {
                    'table': 'bedrock_invocation',
                    'artifact_id': invocation.artifact_id,
                    'record_no': invocation.record_no
                }
                order by invocation.event_time, invocation.artifact_id, invocation.record_no
            )
        from invocation
        where invocation.principal is not distinct from hourly.principal
            and invocation.end_user = hourly.end_user
            and invocation.hour = hourly.hour
    ) as records,
    hourly.principal as actor,
    hourly.region,
    hourly.account_id,
    {
        'hour': hourly.hour,
        'requests': hourly.request_count,
        'median_requests': habit.median_count,
        'interventions': hourly.stopped_count,
        'attempts': hourly.attempt_count
    } as metrics
from hourly
join habit
    on habit.principal is not distinct from hourly.principal
    and habit.end_user = hourly.end_user
where hourly.request_count > greatest(
        $min_requests::double,
        $median_factor::double * habit.median_count
    )
    or hourly.stopped_count >= $min_interventions::bigint
    or hourly.attempt_count >= $min_attempts::bigint
order by
    first_seen,
    entity
