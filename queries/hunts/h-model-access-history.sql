-- ---
-- id: h-model-access-history
-- version: 1.0.0
-- title: Who opened which model, and what followed?
-- status: stable
-- description: >-
--   Finds the calls that look up, agree to and enable access to models, in the order of time, with the first successful
--   invocation of the same model in the same region afterwards. Misses access that was open before the evidence.
-- requires:
--   cloudtrail_event: needed
--   named_set: optional
-- parameters:
--   model: {type: text, default: null, description: part of a model id}
--   accounts: {type: text, default: null, description: "only these accounts, separated by commas"}
--   regions: {type: text, default: null, description: "only these regions, separated by commas"}
--   case_from: {type: timestamptz, default: null, description: only from here}
--   case_to: {type: timestamptz, default: null, description: only before}
-- references: []
-- changelog:
--   1.0.0: first version
-- ---
with step as (
    select
        *,
        base_model(invoked_model(request_parameters)) as model
    from cloudtrail_event
    where event_name in (select member from named_set where name = 'MODEL_ACCESS')
        and is_listed(recipient_account_id, $accounts::varchar)
        and is_listed(aws_region, $regions::varchar)
        and in_period(event_time, $case_from::timestamptz, $case_to::timestamptz)
),
invocation as (
    select
        aws_region as region,
        base_model(invoked_model(request_parameters)) as model,
        event_time,
        principal,
        artifact_id,
        record_no
    from cloudtrail_event
    where event_source = 'bedrock.amazonaws.com'
        and event_name in (select member from named_set where name = 'INVOKE_RT')
        and error_code is null
        and event_time is not null
)
select
    step.event_time,
    step.recipient_account_id as account_id,
    step.aws_region as region,
    step.event_name as action,
    step.model,
    step.principal,
    step.credential,
    step.source_ip_address as source_ip,
    step.user_agent,
    step.session_credential_from_console is true as is_console,
    coalesce(step.error_code, 'success') as outcome,
    invocation.event_time as first_invocation_after,
    invocation.principal as invoked_by,
    date_diff('second', step.event_time, invocation.event_time) as seconds_to_invocation,
    invocation.artifact_id as invocation_artifact_id,
    invocation.record_no as invocation_record_no,
    step.artifact_id,
    step.record_no
from step
asof left join invocation
    on invocation.region = step.aws_region
    and invocation.model = step.model
    and step.event_time <= invocation.event_time
where $model::varchar is null
    or contains(step.model, $model::varchar)
order by
    step.event_time,
    step.artifact_id,
    step.record_no
