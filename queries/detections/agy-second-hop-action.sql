-- ---
-- id: agy-second-hop-action
-- version: 1.0.0
-- title: Unusual action of a function that an agent called
-- status: stable
-- severity: high
-- element: agency
-- attack: [T1648]
-- atlas: [AML.T0053, AML.T0086]
-- description: >-
--   Finds invocations of functions by Bedrock after which the role of the function made a kind of call that it never made
--   before the case, or more calls than min_calls and than the P95 of the invocations before the case; one finding per
--   function, role and day. High when a new kind of call changes something or the calls are too many, medium when all that
--   is new only reads. A call belongs to the last invocation before it, for as long as the function may run plus some
--   seconds; the session bears the name of the function. This hop has the address and the user agent of Lambda, so a look
--   for the address of an AI service alone does not see it. Misses calls that CloudTrail does not record, and cannot tell
--   the invocations of an agent from others of the same function at the same moment.
-- requires:
--   cloudtrail_event: needed
--   api_snapshot: helpful
--   v_mail: optional
--   ref_domain: optional
-- preconditions:
--   - query: >-
--       select coalesce(min(event_time) <= coalesce($base_to::timestamptz, $case_from::timestamptz)
--       - interval 7 days, false) from cloudtrail_event
--     otherwise: partial
--     reason: less than seven days of CloudTrail before the case, so unseen may only mean unrecorded
--   - query: >-
--       select count(*) > 0 from cloudtrail_event where event_source = 'lambda.amazonaws.com'
--       and event_name = 'Invoke'
--     otherwise: not_evaluable
--     reason: CloudTrail has no data events of Lambda, so no invocation of a function is known
-- parameters:
--   min_calls: {type: integer, default: 3, description: calls of one invocation up to which nothing is too many}
--   default_timeout: {type: interval, default: 15 minutes, description: running time of a function whose configuration is not known}
--   slack: {type: interval, default: 5 seconds, description: time after the timeout in which its calls may still be recorded}
--   case_from: {type: timestamptz, default: case, description: start of the period of interest}
--   base_from: {type: timestamptz, default: case, description: start of the baseline}
--   base_to: {type: timestamptz, default: case, description: end of the baseline; the start of the case when empty}
-- false_positives:
--   - A new feature of the function, deployed in the case.
--   - Other callers of the same function at the same moment; the request ids in its own log tell them apart.
-- references:
--   - https://docs.aws.amazon.com/bedrock/latest/userguide/agents-lambda.html
--   - https://aws.amazon.com/blogs/security/methodology-for-incident-response-on-generative-ai-workloads/
-- changelog:
--   1.0.0: first version
-- ---
with invocation as materialized (
    select
        event_time,
        function_name(request_parameters ->> '$.functionName') as function_name,
        regexp_extract(request_parameters ->> '$.sourceArn', ':agent/([^/]+)', 1) as agent,
        coalesce(
            event_time < coalesce($base_to::timestamptz, $case_from::timestamptz)
            and ($base_from::timestamptz is null or event_time >= $base_from::timestamptz),
            false
        ) as in_baseline,
        aws_region,
        recipient_account_id,
        artifact_id,
        record_no
    from cloudtrail_event
    where event_source = 'lambda.amazonaws.com'
        and event_name in ('Invoke', 'InvokeAsync', 'InvokeWithResponseStream')
        and error_code is null
        and (
            starts_with(invoked_by, 'bedrock')
            or starts_with(source_ip_address, 'bedrock')
            or starts_with(user_agent, 'bedrock')
        )
),
-- Invocations within one second cannot be told apart: their calls are shared among them.
start as (
    select
        function_name,
        event_time as invoked_at,
        count(*) as invokes,
        bool_and(in_baseline) as in_baseline
    from invocation
    group by
        function_name,
        event_time
),
setting as (
    select
        function_name(json ->> '$.FunctionArn') as function_name,
        arg_max(principal_key(json ->> '$.Role'), row(collected_at, artifact_id, record_no)) as role_key,
        max(to_seconds(try_cast(json ->> '$.Timeout' as bigint))) as timeout
    from api_snapshot
    where service = 'lambda'
        and operation = 'get-function-configuration'
    group by function_name(json ->> '$.FunctionArn')
),
action as (
    select
        event_time,
        principal,
        principal_key(principal) as role_key,
        session_name,
        event_source,
        event_name,
        read_only,
        error_code,
        source_ip_address,
        artifact_id,
        record_no
    from cloudtrail_event
    where identity_type = 'AssumedRole'
        and invoked_by is null
        and session_name in (select function_name from invocation)
        -- Writing its own log is no action of a function.
        and event_source not in ('logs.amazonaws.com', 'xray.amazonaws.com', 'monitoring.amazonaws.com')
),
-- What the role did at all before the case, called by the agent or not.
habit as (
    select distinct
        principal,
        event_source,
        event_name
    from action
    where event_time < coalesce($base_to::timestamptz, $case_from::timestamptz)
        and ($base_from::timestamptz is null or event_time >= $base_from::timestamptz)
),
attributed as (
    select
        action.*,
        start.invoked_at,
        start.function_name
    from action
    asof join start
        on start.function_name = action.session_name
        and start.invoked_at <= action.event_time + interval 1 second
    left join setting
        on setting.function_name = action.session_name
    where action.event_time <= start.invoked_at + coalesce(setting.timeout, $default_timeout::interval)
        + $slack::interval
        and (setting.role_key is null or setting.role_key = action.role_key)
),
mail as (
    select
        artifact_id,
        record_no,
        outside_recipients,
        domains
    from v_mail
    where outside_recipients > 0
        and error_code is null
),
judged as (
    select
        attributed.*,
        coalesce(
            attributed.event_time >= coalesce($base_to::timestamptz, $case_from::timestamptz)
            and habit.principal is null,
            false
        ) as is_unseen,
        mail.artifact_id is not null as is_outside_mail,
        mail.domains
    from attributed
    left join habit
        on habit.principal = attributed.principal
        and habit.event_source = attributed.event_source
        and habit.event_name = attributed.event_name
    left join mail
        on mail.artifact_id = attributed.artifact_id
        and mail.record_no = attributed.record_no
),
hop as (
    select
        start.function_name,
        start.invoked_at,
        start.invokes,
        start.in_baseline,
        judged.principal,
        count(judged.artifact_id) as calls,
        count(judged.artifact_id) / start.invokes as calls_each,
        coalesce(bool_or(judged.is_unseen), false) as has_unseen
    from start
    left join judged
        on judged.function_name = start.function_name
        and judged.invoked_at = start.invoked_at
    group by
        start.function_name,
        start.invoked_at,
        start.invokes,
        start.in_baseline,
        judged.principal
),
ordinary as (
    select
        function_name,
        quantile_cont(calls_each, 0.95) as p95
    from hop
    where in_baseline
    group by function_name
),
reported as (
    select
        hop.*,
        time_bucket(interval 1 day, hop.invoked_at) as day,
        coalesce(ordinary.p95, 0) as p95,
        hop.calls_each > greatest($min_calls::bigint, coalesce(ordinary.p95, 0)) as is_excess
    from hop
    left join ordinary
        using (function_name)
    where not hop.in_baseline
        and (
            hop.has_unseen
            or hop.calls_each > greatest($min_calls::bigint, coalesce(ordinary.p95, 0))
        )
),
hop_summary as (
    select
        reported.function_name,
        reported.principal,
        reported.day,
        count(*) as invokes,
        min(reported.invoked_at) as invoked_from,
        max(reported.invoked_at) as invoked_to,
        max(reported.calls_each) as max_calls,
        max(reported.p95) as p95,
        bool_or(reported.is_excess) as is_excess,
        distinct_values(nullif(invocation.agent, '')) as agent,
        distinct_values(invocation.aws_region) as region,
        min(invocation.recipient_account_id) as account_id
    from reported
    join invocation
        on invocation.function_name = reported.function_name
        and invocation.event_time = reported.invoked_at
    group by
        reported.function_name,
        reported.principal,
        reported.day
),
effect as (
    select
        reported.function_name,
        reported.principal,
        reported.day,
        judged.event_time,
        short_source(judged.event_source) || ':' || judged.event_name as action,
        judged.is_unseen,
        judged.is_unseen and judged.read_only is not true as is_unseen_change,
        judged.is_outside_mail,
        judged.domains,
        judged.error_code,
        judged.source_ip_address,
        judged.artifact_id,
        judged.record_no
    from reported
    join judged
        on judged.function_name = reported.function_name
        and judged.invoked_at = reported.invoked_at
        and judged.principal = reported.principal
),
action_count as (
    select
        function_name,
        principal,
        day,
        list(action || ' ' || calls order by action) as actions
    from (
        select
            function_name,
            principal,
            day,
            action,
            count(*) as calls
        from effect
        group by all
    )
    group by
        function_name,
        principal,
        day
),
effect_summary as (
    select
        function_name,
        principal,
        day,
        count(*) as calls,
        count(error_code) as failed,
        min(event_time) as first_seen,
        max(event_time) as last_seen,
        count(*) filter (is_outside_mail) as outside_mails,
        list_sort(list_distinct(flatten(list(domains order by event_time) filter (is_outside_mail)))) as domains,
        distinct_values(case when is_unseen then action end) as unseen,
        min(event_time) filter (is_unseen) as unseen_at,
        bool_or(is_unseen_change) as has_unseen_change,
        distinct_values(source_ip_address) as address
    from effect
    group by
        function_name,
        principal,
        day
),
record as (
    select
        function_name,
        principal,
        day,
        list(
            {'table': 'cloudtrail_event', 'artifact_id': artifact_id, 'record_no': record_no}
            order by event_time, artifact_id, record_no
        ) as records
    from (
        select
            reported.function_name,
            reported.principal,
            reported.day,
            invocation.event_time,
            invocation.artifact_id,
            invocation.record_no
        from reported
        join invocation
            on invocation.function_name = reported.function_name
            and invocation.event_time = reported.invoked_at
        union
        select
            function_name,
            principal,
            day,
            event_time,
            artifact_id,
            record_no
        from effect
    )
    group by
        function_name,
        principal,
        day
)
select
    'function' as entity_type,
    function_name as entity,
    case when effect_summary.has_unseen_change or hop_summary.is_excess then 'high' else 'medium' end as severity,
    least(hop_summary.invoked_from, effect_summary.first_seen) as first_seen,
    greatest(hop_summary.invoked_to, effect_summary.last_seen) as last_seen,
    hop_summary.invokes + effect_summary.calls as event_count,
    'Bedrock called ' || function_name || ' ' || counted(hop_summary.invokes, 'time')
    || case
        when hop_summary.invokes > 1
            then ' from ' || moment(hop_summary.invoked_from) || ' to ' || moment(hop_summary.invoked_to)
        else ' at ' || moment(hop_summary.invoked_from)
    end
    || '; ' || short_name(principal) || ' then made ' || counted(effect_summary.calls, 'call')
    || ' (' || named(action_count.actions) || ')'
    || case
        when effect_summary.outside_mails > 0
            then ', ' || counted(effect_summary.outside_mails, 'mail') || ' to '
                || named(effect_summary.domains)
        else ''
    end
    || case
        when hop_summary.is_excess
            then '; up to ' || format('{:g}', hop_summary.max_calls) || ' calls for one invocation, where '
                || format('{:g}', hop_summary.p95) || ' were usual'
        else ''
    end
    || case
        when len(effect_summary.unseen) > 0
            then '; never before: ' || named(effect_summary.unseen) || ' at ' || moment(effect_summary.unseen_at)
        else ''
    end as summary,
    record.records,
    principal as actor,
    case when len(effect_summary.address) = 1 then effect_summary.address[1] end as source_ip,
    case when len(hop_summary.region) = 1 then hop_summary.region[1] end as region,
    hop_summary.account_id,
    function_name as resource,
    {
        'invokes': hop_summary.invokes,
        'invoked_from': hop_summary.invoked_from,
        'invoked_to': hop_summary.invoked_to,
        'calls': effect_summary.calls,
        'actions': action_count.actions,
        'failed': effect_summary.failed,
        'calls_of_one_invocation': hop_summary.max_calls,
        'baseline_p95': hop_summary.p95,
        'external_mails': effect_summary.outside_mails,
        'mail_domains': coalesce(effect_summary.domains, []),
        'unseen_actions': effect_summary.unseen,
        'unseen_at': effect_summary.unseen_at,
        'agents': hop_summary.agent,
        'day': day
    } as metrics
from hop_summary
join effect_summary
    using (function_name, principal, day)
join action_count
    using (function_name, principal, day)
join record
    using (function_name, principal, day)
order by
    first_seen,
    entity,
    actor
