-- One model invocation as CloudTrail (who, from where, with which key) and as the invocation log (what was said) saw it
-- (J2). A call without its log record says why: a surface that is never logged, logging off, a call that failed before
-- the model, or delivery.

create or replace view v_invocation as
with off as (
    select
        account_id,
        region,
        blind_from,
        blind_to,
        from_the_start
    from v_blind
    where source = 'bedrock_invocation'
),
considered as not materialized (
    select
        event_time,
        recipient_account_id as account_id,
        aws_region as region,
        event_source,
        event_name,
        principal,
        credential,
        source_ip_address,
        user_agent,
        vpc_endpoint_id,
        error_code,
        invoked_model(request_parameters) as model_id,
        event_source = 'bedrock.amazonaws.com'
        and event_name in ('InvokeModel', 'InvokeModelWithResponseStream', 'Converse', 'ConverseStream')
        as is_loggable,
        request_id,
        artifact_id,
        record_no
    from cloudtrail_event
    where event_source in (
            'bedrock.amazonaws.com',
            'bedrock-mantle.amazonaws.com',
            'bedrock-agentcore.amazonaws.com',
            'aws-external-anthropic.amazonaws.com'
        )
        and event_name in (
            'InvokeModel',
            'InvokeModelWithResponseStream',
            'Converse',
            'ConverseStream',
            'InvokeModelWithBidirectionalStream',
            'StartAsyncInvoke',
            'CreateModelInvocationJob',
            'InvokeAgent',
            'InvokeInlineAgent',
            'InvokeFlow',
            'RetrieveAndGenerate',
            'RetrieveAndGenerateStream',
            'CreateInference',
            'InvokeAgentRuntime'
        )
),
-- Records that share a request id tell of one invocation, as two accounts do that both record it. The first stands for all.
repeated as (
    select
        request_id,
        min(row(event_time, artifact_id, record_no)) as first_record,
        count(*) as records
    from considered
    where request_id is not null
    group by request_id
    having count(*) > 1
),
call as (
    select
        considered.*,
        coalesce(repeated.records, 1) as records
    from considered
    left join repeated
        on repeated.request_id = considered.request_id
    where repeated.request_id is null
        or row(considered.event_time, considered.artifact_id, considered.record_no) = repeated.first_record
),
logged as (
    select
        account_id,
        region,
        min(event_time) as first_record,
        max(event_time) as last_record
    from bedrock_invocation
    group by
        account_id,
        region
),
pair as (
    select
        coalesce(call.event_time, log.event_time) as event_time,
        call.event_time as cloudtrail_time,
        log.event_time as log_time,
        coalesce(call.account_id, log.account_id) as account_id,
        coalesce(call.region, log.region) as region,
        call.event_source,
        coalesce(call.event_name, log.operation) as operation,
        coalesce(call.principal, log.principal) as principal,
        call.credential,
        call.source_ip_address as source_ip,
        call.user_agent,
        call.vpc_endpoint_id,
        coalesce(log.model_id, call.model_id) as model_id,
        coalesce(log.base_model, base_model(call.model_id)) as base_model,
        log.inference_region,
        log.input_tokens,
        log.output_tokens,
        log.stop_reason,
        log.guardrail_action,
        coalesce(call.error_code, log.error_code) as error_code,
        log.request_metadata,
        log.input_body,
        log.output_body,
        log.flags,
        call.is_loggable,
        coalesce(call.request_id, log.request_id) as request_id,
        call.artifact_id as cloudtrail_artifact_id,
        call.record_no as cloudtrail_record_no,
        call.records as cloudtrail_records,
        log.artifact_id as log_artifact_id,
        log.record_no as log_record_no
    from call
    full join bedrock_invocation as log
        on log.request_id = call.request_id
)
select
    pair.*,
    case
        when cloudtrail_artifact_id is null then 'invocation log only'
        when log_artifact_id is null then 'CloudTrail only'
        else 'both'
    end as seen_by,
    case
        when cloudtrail_artifact_id is not null and log_artifact_id is not null then null
        when cloudtrail_artifact_id is null then 'not delivered by the trail, or not collected'
        when not is_loggable then 'surface that the invocation log never covers'
        when cloudtrail_time <= off.blind_to and off.from_the_start then 'logging off from the start'
        when cloudtrail_time <= off.blind_to then 'logging off since ' || moment(off.blind_from)
        when error_code is not null and logged.region is null then 'failed in a region without any log record'
        when error_code is not null then 'failed before the model answered'
        when logged.region is null then 'the evidence holds no log record of this region'
        when cloudtrail_time < logged.first_record then 'before the first log record of this region'
        when cloudtrail_time > logged.last_record then 'after the last log record of this region'
        else 'delivery gap'
    end as miss_reason,
    coalesce(cloudtrail_artifact_id, log_artifact_id) as artifact_id,
    coalesce(cloudtrail_record_no, log_record_no) as record_no
from pair
asof left join off
    on off.account_id = pair.account_id
    and off.region = pair.region
    and pair.event_time >= off.blind_from
left join logged
    on logged.account_id = pair.account_id
    and logged.region = pair.region;
comment on view v_invocation is
'Model invocations, one row each, of CloudTrail and of the invocation log, joined by request id; seen_by and miss_reason say what is missing, cloudtrail_records how many records share the id.';
