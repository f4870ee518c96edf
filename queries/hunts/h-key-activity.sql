-- ---
-- id: h-key-activity
-- version: 1.0.0
-- title: What did this access key do?
-- status: stable
-- description: >-
--   Finds every call of an access key or other credential, with the access log line and the invocation record of the same
--   request, in the order of time, behind one summary row. Misses S3 requests that only the access log knows, because it
--   names no key, and what the trail does not select.
-- requires:
--   cloudtrail_event: needed
--   s3_access: helpful
--   bedrock_invocation: helpful
-- parameters:
--   access_key: {type: text, required: true, description: "access key id, or a credential such as <user ARN>#bearer"}
--   accounts: {type: text, default: null, description: "only these accounts, separated by commas"}
--   regions: {type: text, default: null, description: "only these regions, separated by commas"}
--   case_from: {type: timestamptz, default: null, description: only from here}
--   case_to: {type: timestamptz, default: null, description: only before}
-- references: []
-- changelog:
--   1.0.0: first version
-- ---
with call as (
    select *
    from cloudtrail_event
    where credential = $access_key::varchar
        and ($accounts::varchar is null
            or list_contains(string_split($accounts::varchar, ','), recipient_account_id))
        and ($regions::varchar is null
            or list_contains(string_split($regions::varchar, ','), aws_region))
        and ($case_from::timestamptz is null or event_time >= $case_from::timestamptz)
        and ($case_to::timestamptz is null or event_time < $case_to::timestamptz)
),
request as (
    select distinct request_id
    from call
    where request_id is not null
),
event as (
    select
        1 as position,
        event_time,
        null::timestamptz as last_seen,
        null::bigint as event_count,
        'cloudtrail_event' as source,
        recipient_account_id as account_id,
        aws_region as region,
        principal,
        source_ip_address as source_ip,
        user_agent,
        short_source(event_source) || ':' || event_name as action,
        event_resource(request_parameters, resources) as resource,
        coalesce(error_code, 'success') as outcome,
        read_only is false as is_change,
        session_credential_from_console is true as is_console,
        invoked_by,
        event_bytes(additional_event_data) as bytes,
        null as summary,
        artifact_id,
        record_no
    from call
    union all
    select
        1,
        event_time,
        null,
        null,
        's3_access',
        null,
        null,
        principal,
        remote_ip,
        user_agent,
        's3:' || operation,
        'arn:aws:s3:::' || bucket || coalesce('/' || key, ''),
        coalesce(error_code, http_status::varchar),
        null,
        null,
        null,
        bytes_sent,
        null,
        artifact_id,
        record_no
    from s3_access
    where request_id in (select request_id from request)
    union all
    select
        1,
        event_time,
        null,
        null,
        'bedrock_invocation',
        account_id,
        region,
        principal,
        null,
        null,
        'bedrock:' || operation,
        base_model,
        coalesce(error_code, guardrail_action, stop_reason, 'success'),
        null,
        null,
        null,
        null,
        coalesce(input_tokens, 0) || ' tokens in, ' || coalesce(output_tokens, 0) || ' out',
        artifact_id,
        record_no
    from bedrock_invocation
    where request_id in (select request_id from request)
    union all
    select
        0,
        min(event_time),
        max(event_time),
        count(*),
        'summary',
        min(recipient_account_id),
        case when count(distinct aws_region) = 1 then min(aws_region) end,
        min(principal),
        case when count(distinct source_ip_address) = 1 then min(source_ip_address) end,
        null,
        null,
        null,
        null,
        bool_or(read_only is false),
        bool_or(session_credential_from_console is true),
        null,
        sum(event_bytes(additional_event_data))::bigint,
        named(distinct_values(short_name(principal))) || ': '
        || counted(count(*), 'call') || ', ' || counted(count(error_code), 'error') || ', '
        || counted(count(*) filter (read_only is false), 'change')
        || '; services ' || array_to_string(distinct_values(short_source(event_source)), ', ')
        || '; regions ' || array_to_string(distinct_values(aws_region), ', ')
        || '; addresses ' || array_to_string(distinct_values(source_ip_address), ', ')
        || '; changes ' || array_to_string(
            distinct_values(case when read_only is false then event_name end), ', '
        )
        || '; user agents ' || array_to_string(distinct_values(user_agent), ' | '),
        null,
        null
    from call
    having count(*) > 0
)
select
    event_time as first_seen,
    coalesce(last_seen, event_time) as last_seen,
    coalesce(event_count, 1) as event_count,
    case
        when position = 1
        then date_diff('second', lag(event_time) over same_kind, event_time)
    end as seconds_since_previous,
    source,
    account_id,
    region,
    principal,
    source_ip,
    user_agent,
    action,
    resource,
    outcome,
    is_change,
    is_console,
    invoked_by,
    bytes,
    summary,
    artifact_id,
    record_no
from event
window same_kind as (partition by position order by event_time, source, artifact_id, record_no)
order by
    position,
    event_time,
    source,
    artifact_id,
    record_no
