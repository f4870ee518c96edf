-- What the role of a Lambda function did after a call of Invoke (J8): a session that bears the name of the function, each
-- of its calls under the newest Invoke before it, within a quarter of an hour, the longest that a function can run.

create or replace view v_second_hop as
with invoke as (
    select
        event_time,
        function_name(request_parameters ->> '$.functionName') as function_name,
        recipient_account_id as account_id,
        aws_region as region,
        principal,
        credential,
        invoked_by,
        source_ip_address,
        request_parameters ->> '$.sourceArn' as source_arn,
        artifact_id,
        record_no
    from cloudtrail_event
    where event_source = 'lambda.amazonaws.com'
        and event_name in ('Invoke', 'InvokeAsync', 'InvokeExecution')
        and error_code is null
        and event_time is not null
),
hop as (
    select
        event_time,
        session_name,
        recipient_account_id as account_id,
        aws_region as region,
        principal,
        credential,
        source_ip_address,
        event_source,
        event_name,
        error_code,
        event_resource(request_parameters, resources) as resource,
        read_only,
        artifact_id,
        record_no
    from cloudtrail_event
    where identity_type = 'AssumedRole'
        and session_name in (select function_name from invoke)
        and event_time is not null
)
select
    hop.event_time,
    hop.account_id,
    hop.region,
    hop.session_name as function_name,
    hop.principal as function_role,
    hop.credential as function_credential,
    hop.source_ip_address as source_ip,
    hop.event_source,
    hop.event_name,
    hop.error_code,
    hop.resource,
    hop.read_only,
    found.event_time as invoked,
    found.principal as invoker,
    found.credential as invoker_credential,
    found.invoked_by,
    found.source_arn,
    found.source_ip_address as invoker_ip,
    case when found.event_time is null then 'no Invoke in the evidence within 15 minutes' end as miss_reason,
    found.artifact_id as invoke_artifact_id,
    found.record_no as invoke_record_no,
    hop.artifact_id,
    hop.record_no
from (
    select
        hop.*,
        case when hop.event_time <= invoke.event_time + interval 15 minutes then invoke end as found
    from hop
    asof left join (
        select
            *,
            event_time - interval 1 second as invoked_from
        from invoke
    ) as invoke
        on invoke.function_name = hop.session_name
        and invoke.account_id = hop.account_id
        and hop.event_time >= invoke.invoked_from
) as hop;
comment on view v_second_hop is
'Calls of the roles of Lambda functions, each with the Invoke before it; miss_reason when there is none.';
