-- ---
-- id: h-first-invocations
-- version: 1.0.0
-- title: When did each identity use a model in a region for the first time, and what came before?
-- status: stable
-- description: >-
--   Finds the first invocation of each identity, model and region, with the calls of the same credential in the hour
--   before it. Misses first uses before the evidence begins.
-- requires:
--   cloudtrail_event: needed
--   named_set: optional
-- parameters:
--   before: {type: interval, default: 60 minutes, description: time before the first invocation to look at}
--   accounts: {type: text, default: null, description: "only these accounts, separated by commas"}
--   regions: {type: text, default: null, description: "only these regions, separated by commas"}
--   case_from: {type: timestamptz, default: null, description: only from here}
--   case_to: {type: timestamptz, default: null, description: only before}
-- references: []
-- changelog:
--   1.0.0: first version
-- ---
with invocation as (
    select
        principal,
        base_model(invoked_model(request_parameters)) as model,
        aws_region as region,
        min(event_time) as event_time,
        count(*) as event_count,
        count(error_code) as errors,
        max(event_time) as last_seen,
        arg_min(credential, row(event_time, artifact_id, record_no)) as credential,
        arg_min(source_ip_address, row(event_time, artifact_id, record_no)) as source_ip,
        arg_min(coalesce(error_code, 'success'), row(event_time, artifact_id, record_no)) as outcome,
        arg_min(artifact_id, row(event_time, artifact_id, record_no)) as artifact_id,
        arg_min(record_no, row(event_time, artifact_id, record_no)) as record_no
    from cloudtrail_event
    where event_name in (
            select member
            from named_set
            where name in ('INVOKE_RT', 'INVOKE_DATA')
        )
        and event_source in (select member from named_set where name = 'BEDROCK_SOURCES')
        and is_listed(recipient_account_id, $accounts::varchar)
        and is_listed(aws_region, $regions::varchar)
    group by
        principal,
        model,
        aws_region
),
prelude as (
    select
        invocation.artifact_id,
        invocation.record_no,
        count(*) as calls,
        distinct_values(short_source(earlier.event_source) || ':' || earlier.event_name) as actions
    from invocation
    join cloudtrail_event as earlier
        on earlier.credential = invocation.credential
        and earlier.event_time between invocation.event_time - $before::interval and invocation.event_time
        and (earlier.artifact_id, earlier.record_no) <> (invocation.artifact_id, invocation.record_no)
    group by
        invocation.artifact_id,
        invocation.record_no
)
select
    invocation.event_time as first_seen,
    invocation.last_seen,
    invocation.event_count,
    invocation.principal,
    invocation.model,
    invocation.region,
    invocation.credential,
    invocation.source_ip,
    ip_class(invocation.source_ip) as address_class,
    invocation.outcome as first_outcome,
    invocation.errors,
    coalesce(prelude.calls, 0) as calls_before,
    coalesce(prelude.actions, []) as actions_before,
    invocation.artifact_id,
    invocation.record_no
from invocation
left join prelude
    on prelude.artifact_id = invocation.artifact_id
    and prelude.record_no = invocation.record_no
where in_period(invocation.event_time, $case_from::timestamptz, $case_to::timestamptz)
order by
    first_seen,
    invocation.principal,
    invocation.model,
    invocation.region
