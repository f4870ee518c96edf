-- ---
-- id: aic-log-config-recon-then-invoke
-- version: 1.0.0
-- title: Invocation logging looked up, then a model invoked
-- status: stable
-- severity: high
-- element: ai-changes
-- attack: [T1580, T1654, T1496.004]
-- atlas: [AML.T0075, AML.T0040]
-- description: >-
--   Finds the question whether Bedrock logs invocations, whatever the answer, followed within the hour by an invocation or
--   an attempt in any region: with the same credential, else from the same outside address. High when one of the
--   credentials is a long-term key or the region of the invocation did not log; medium otherwise. Misses tools that ask
--   and invoke with different keys from different addresses, and invocations that are data events.
-- requires:
--   cloudtrail_event: needed
--   named_set: optional
--   ref_cidr: optional
--   api_snapshot: optional
-- parameters:
--   window: {type: interval, default: 60 minutes, description: time from the question to the invocation}
-- false_positives:
--   - The settings page of the Bedrock console, then the playground.
--   - Posture scanners ask and do not invoke.
-- references:
--   - https://www.sysdig.com/blog/llmjacking-stolen-cloud-credentials-used-in-new-ai-attack
-- changelog:
--   1.0.0: first version
-- ---
with question as (
    select
        event_time,
        principal,
        credential,
        source_ip_address,
        aws_region,
        recipient_account_id,
        error_code,
        artifact_id,
        record_no
    from cloudtrail_event
    where event_source = 'bedrock.amazonaws.com'
        and event_name = 'GetModelInvocationLoggingConfiguration'
        and event_time is not null
),
-- Shared addresses of ours say nothing about who used them.
address as (
    select source_ip_address
    from (select distinct source_ip_address from question where source_ip_address is not null)
    where not is_own_class(ip_class(source_ip_address))
        and ip_class(source_ip_address) <> 'unknown'
),
asked as (
    select
        *,
        'credential' as tie,
        credential as value
    from question
    where credential is not null
    union all
    select
        *,
        'address' as tie,
        source_ip_address as value
    from question
    where source_ip_address in (select source_ip_address from address)
),
invocation as (
    select
        event_time,
        event_name,
        principal,
        credential,
        source_ip_address,
        aws_region,
        error_code,
        artifact_id,
        record_no
    from cloudtrail_event
    where event_source = 'bedrock.amazonaws.com'
        and event_name in (select member from named_set where name = 'INVOKE_RT')
        and event_time >= (select min(event_time) from question) - interval 1 second
        and (
            credential in (select credential from question)
            or source_ip_address in (select source_ip_address from address)
        )
),
invoked as (
    select
        *,
        row_number() over (
            partition by tie, value
            order by event_time, artifact_id, record_no
        ) as position
    from (
        select
            *,
            'credential' as tie,
            credential as value
        from invocation
        union all
        select
            *,
            'address' as tie,
            source_ip_address as value
        from invocation
    )
),
-- The first and the last invocation of the window; their positions give how many there were.
answered as (
    select
        asked.*,
        first_call.event_time as invoked_at,
        first_call.event_name as invoked_name,
        first_call.principal as invoked_by,
        first_call.credential as invoked_with,
        first_call.aws_region as invoked_region,
        first_call.error_code as invoked_error,
        first_call.artifact_id as invoked_artifact,
        first_call.record_no as invoked_record,
        first_call.position as first_position
    from asked
    asof join invoked as first_call
        on first_call.tie = asked.tie
        and first_call.value = asked.value
        and first_call.event_time >= asked.event_time - interval 1 second
    where first_call.event_time <= asked.event_time + $window::interval
),
tied as (
    select
        answered.*,
        last_call.position - answered.first_position + 1 as invocations
    from answered
    asof join invoked as last_call
        on last_call.tie = answered.tie
        and last_call.value = answered.value
        and last_call.event_time <= answered.event_time + $window::interval
    -- What the credential ties together needs no address.
    qualify answered.tie = 'credential'
        or not bool_or(answered.tie = 'credential') over (
            partition by answered.artifact_id, answered.record_no
        )
),
logging as (
    select
        aws_region,
        event_time,
        coalesce(
            request_parameters ->> '$.loggingConfig.s3Config.bucketName',
            request_parameters ->> '$.loggingConfig.cloudWatchConfig.logGroupName'
        ) is not null as is_on
    from cloudtrail_event
    where event_source = 'bedrock.amazonaws.com'
        and event_name in (
            'DeleteModelInvocationLoggingConfiguration',
            'PutModelInvocationLoggingConfiguration'
        )
        and error_code is null
        and aws_region is not null
    union all
    select
        region as aws_region,
        collected_at as event_time,
        coalesce(
            json ->> '$.loggingConfig.s3Config.bucketName',
            json ->> '$.loggingConfig.cloudWatchConfig.logGroupName'
        ) is not null as is_on
    from api_snapshot
    where service = 'bedrock'
        and operation = 'get-model-invocation-logging-configuration'
        and error_code is null
        and region is not null
        and collected_at is not null
),
finding as (
    select
        tied.tie,
        tied.value,
        tied.invoked_at,
        tied.invoked_name,
        tied.invoked_by,
        tied.invoked_with,
        tied.invoked_region,
        tied.invoked_error,
        tied.invoked_artifact,
        tied.invoked_record,
        arg_min(tied.principal, row(tied.event_time, tied.artifact_id, tied.record_no)) as asked_by,
        distinct_values(tied.credential) as asked_with,
        distinct_values(tied.source_ip_address) as address,
        distinct_values(tied.aws_region) as asked_region,
        min(tied.recipient_account_id) as account_id,
        min(tied.event_time) as asked_at,
        count(*) as questions,
        count(tied.error_code) as refused,
        max(tied.invocations) as invocations,
        list(
            {'table': 'cloudtrail_event', 'artifact_id': tied.artifact_id, 'record_no': tied.record_no}
            order by tied.event_time, tied.artifact_id, tied.record_no
        ) as records
    from tied
    group by
        tied.tie,
        tied.value,
        tied.invoked_at,
        tied.invoked_name,
        tied.invoked_by,
        tied.invoked_with,
        tied.invoked_region,
        tied.invoked_error,
        tied.invoked_artifact,
        tied.invoked_record
),
judged as (
    select
        finding.*,
        logging.is_on as logged,
        starts_with(coalesce(invoked_with, ''), 'AKIA')
        or len(list_filter(asked_with, lambda key : starts_with(key, 'AKIA'))) > 0 as is_long_term
    from finding
    asof left join logging
        on logging.aws_region = finding.invoked_region
        and logging.event_time <= finding.invoked_at
)
select
    tie as entity_type,
    value as entity,
    case when is_long_term or logged is false then 'high' else 'medium' end as severity,
    asked_at as first_seen,
    invoked_at as last_seen,
    questions + 1 as event_count,
    short_name(asked_by) || ' asked for the invocation logging of ' || coalesce(named(asked_region), 'a region')
    || ' at ' || moment(asked_at) || ', '
    || case
        when tie = 'credential' then 'and invoked with the same credential'
        else 'and from the same address ' || short_name(invoked_by) || ' called'
    end
    || ' ' || invoked_name || coalesce(' in ' || invoked_region, '') || ' at ' || moment(invoked_at)
    || coalesce(' (' || invoked_error || ')', '')
    || '; ' || counted(invocations, 'invocation') || ' in the window'
    || case when logged is false then ', the region did not log' else '' end as summary,
    records || [
        {'table': 'cloudtrail_event', 'artifact_id': invoked_artifact, 'record_no': invoked_record}
    ] as records,
    asked_by as actor,
    case when len(address) = 1 then address[1] end as source_ip,
    invoked_region as region,
    account_id,
    {
        'tie': tie,
        'asked': asked_at,
        'invoked': invoked_at,
        'minutes': round(date_diff('second', asked_at, invoked_at) / 60.0, 1),
        'questions': questions,
        'refused_questions': refused,
        'asked_regions': asked_region,
        'asked_with': asked_with,
        'invoked_by': invoked_by,
        'invoked_with': invoked_with,
        'invoked_error': invoked_error,
        'invocations': invocations,
        'region_logged': logged,
        'addresses': address
    } as metrics
from judged
order by
    first_seen,
    entity,
    last_seen
