-- ---
-- id: h-summary
-- version: 1.0.0
-- title: What every identity and every key did, in one line
-- status: stable
-- element: access
-- attack: []
-- atlas: []
-- description: >-
--   Finds for every identity and every credential when it was first and last seen, which calls it was allowed and denied, and its
--   regions, addresses, tools, models, tokens and bytes. Tokens are those of the invocation log and bytes those of the access log,
--   joined to a credential by request id. Misses what no log of calls holds; tokens of calls that were not logged are not estimated.
-- requires:
--   cloudtrail_event: needed
--   bedrock_invocation: helpful
--   s3_access: helpful
--   named_set: needed
-- parameters:
--   name: {type: text, default: null, description: "identity or credential, or a pattern with *; all when empty"}
--   case_from: {type: timestamptz, default: null, description: start of the time that is looked at}
--   case_to: {type: timestamptz, default: null, description: end of the time that is looked at}
-- references: []
-- changelog:
--   1.0.0: first version
-- ---
with token as (
    select
        request_id,
        any_value(base_model order by base_model) as model,
        sum(input_tokens) as input_tokens,
        sum(output_tokens) as output_tokens
    from bedrock_invocation
    where request_id is not null
        and in_period(event_time, $case_from::timestamptz, $case_to::timestamptz)
    group by request_id
),
transfer as (
    select
        request_id,
        sum(bytes_sent) as bytes
    from s3_access
    where request_id is not null
        and in_period(event_time, $case_from::timestamptz, $case_to::timestamptz)
    group by request_id
),
-- One row for each different thing done: the lists below are then made of few rows.
deed as materialized (
    select
        event.principal,
        event.credential,
        short_source(event.event_source) || ':' || event.event_name as api,
        event.error_code in (select member from named_set where name = 'ERR_DENIED') as is_denied,
        event.error_code,
        event.aws_region as region,
        event.source_ip_address as address,
        event.user_agent,
        coalesce(token.model, base_model(invoked_model(event.request_parameters))) as model,
        min(event.event_time) as first_seen,
        max(event.event_time) as last_seen,
        count(*) as event_count,
        sum(token.input_tokens) as input_tokens,
        sum(token.output_tokens) as output_tokens,
        sum(transfer.bytes) as bytes,
        arg_min(
            {'artifact_id': event.artifact_id, 'record_no': event.record_no},
            row(event.event_time, event.artifact_id, event.record_no)
        ) as first_record
    from cloudtrail_event as event
    left join token
        on token.request_id = event.request_id
    left join transfer
        on transfer.request_id = event.request_id
    where in_period(event.event_time, $case_from::timestamptz, $case_to::timestamptz)
    group by all
),
subject as (
    select
        'identity' as kind,
        principal as name,
        deed.*
    from deed
    where principal is not null
    union all
    select
        'key' as kind,
        credential as name,
        deed.*
    from deed
    where credential is not null
)
select
    kind,
    name,
    min(first_seen) as first_seen,
    max(last_seen) as last_seen,
    sum(event_count)::bigint as event_count,
    coalesce(sum(event_count) filter (is_denied), 0)::bigint as denied_count,
    distinct_values(case when error_code is null then api end) as allowed,
    distinct_values(case when is_denied then api end) as denied,
    distinct_values(case when error_code is not null and not is_denied then api end) as failed,
    distinct_values(region) as regions,
    distinct_values(address) as addresses,
    distinct_values(tool_of(user_agent)) as tools,
    distinct_values(model) as models,
    sum(input_tokens)::bigint as input_tokens,
    sum(output_tokens)::bigint as output_tokens,
    sum(bytes)::bigint as bytes,
    case kind when 'identity' then distinct_values(credential) else distinct_values(principal) end as belongs_to,
    arg_min(first_record, row(first_seen, first_record.artifact_id, first_record.record_no)).artifact_id as artifact_id,
    arg_min(first_record, row(first_seen, first_record.artifact_id, first_record.record_no)).record_no as record_no
from subject
where $name::varchar is null
    or name = $name::varchar
    or principal_matches($name::varchar, name)
    or short_name(name) = $name::varchar
group by
    kind,
    name
order by
    kind,
    first_seen,
    name
