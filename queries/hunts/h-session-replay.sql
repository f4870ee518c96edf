-- ---
-- id: h-session-replay
-- version: 1.0.1
-- title: What happened in this session, step by step?
-- status: stable
-- description: >-
--   Finds the calls of one session in the order of time, with the pause before each, the access log line and the
--   invocation record of the same request, and the flows of the private addresses that it called from. A session is an
--   access key, or a session name with the time at which it was made. Misses steps that no trail selects and flows of
--   addresses outside.
-- requires:
--   cloudtrail_event: needed
--   s3_access: helpful
--   bedrock_invocation: helpful
--   vpc_flow: helpful
-- parameters:
--   access_key: {type: text, default: null, description: access key id or other credential of the session}
--   session_name: {type: text, default: null, description: name of the session}
--   session_created: {type: timestamptz, default: null, description: when the session was made}
--   pause: {type: interval, default: 15 minutes, description: a longer pause begins a new phase}
--   case_from: {type: timestamptz, default: null, description: only from here}
--   case_to: {type: timestamptz, default: null, description: only before}
-- references: []
-- changelog:
--   1.0.1: the same rows, in time that grows with the events and no faster
--   1.0.0: first version
-- ---
with call as (
    select *
    from cloudtrail_event
    where coalesce($access_key::varchar, $session_name::varchar) is not null
        and ($access_key::varchar is null or credential = $access_key::varchar)
        and ($session_name::varchar is null or session_name = $session_name::varchar)
        and ($session_created::timestamptz is null or session_created = $session_created::timestamptz)
        and in_period(event_time, $case_from::timestamptz, $case_to::timestamptz)
),
request as (
    select distinct request_id
    from call
    where request_id is not null
),
span as (
    select
        min(event_time) as first_seen,
        max(event_time) as last_seen
    from call
),
address as (
    select distinct source_ip_address as address
    from call
    where is_private_address(source_ip_address)
),
step as (
    select
        event_time,
        'cloudtrail_event' as source,
        aws_region as region,
        principal,
        credential,
        session_name,
        source_ip_address as source_ip,
        user_agent,
        short_source(event_source) || ':' || event_name as action,
        event_resource(request_parameters, resources) as resource,
        coalesce(error_code, 'success') as outcome,
        event_bytes(additional_event_data) as bytes,
        read_only is false as is_change,
        session_credential_from_console is true as is_console,
        invoked_by,
        artifact_id,
        record_no
    from call
    union all
    select
        event_time,
        's3_access',
        source_region,
        principal,
        null,
        null,
        remote_ip,
        user_agent,
        's3:' || operation,
        'arn:aws:s3:::' || bucket || coalesce('/' || key, ''),
        coalesce(error_code, http_status::varchar),
        bytes_sent,
        null,
        null,
        null,
        artifact_id,
        record_no
    from s3_access
    where request_id in (select request_id from request)
    union all
    select
        event_time,
        'bedrock_invocation',
        region,
        principal,
        null,
        null,
        null,
        null,
        'bedrock:' || operation,
        base_model,
        coalesce(error_code, guardrail_action, stop_reason, 'success')
        || coalesce(', ' || input_tokens || ' tokens in', '')
        || coalesce(', ' || output_tokens || ' out', ''),
        null,
        null,
        null,
        null,
        artifact_id,
        record_no
    from bedrock_invocation
    where request_id in (select request_id from request)
    union all
    select
        start_time,
        'vpc_flow',
        region,
        null,
        null,
        null,
        coalesce(pkt_srcaddr, srcaddr),
        null,
        'flow',
        coalesce(pkt_dstaddr, dstaddr) || coalesce(':' || dstport, ''),
        action,
        vpc_flow.bytes,
        null,
        null,
        null,
        artifact_id,
        record_no
    from vpc_flow
    where srcaddr in (select address from address)
        and end_time >= (select first_seen from span)
        and start_time <= (select last_seen from span)
),
timed as (
    select
        *,
        date_diff(
            'second',
            lag(event_time) over (order by event_time, source, artifact_id, record_no),
            event_time
        ) as seconds_since_previous
    from step
)
select
    event_time,
    seconds_since_previous,
    1 + count(case when seconds_since_previous > epoch($pause::interval) then 1 end) over (
        order by event_time, source, artifact_id, record_no
    ) as phase,
    source,
    region,
    principal,
    credential,
    session_name,
    source_ip,
    user_agent,
    action,
    resource,
    outcome,
    bytes,
    is_change,
    is_console,
    invoked_by,
    artifact_id,
    record_no
from timed
order by
    event_time,
    source,
    artifact_id,
    record_no
