-- ---
-- id: agy-service-invoked-action
-- version: 1.0.0
-- title: Call that an AI service made on our behalf
-- status: stable
-- severity: medium
-- element: agency
-- attack: [T1648, T1078.004]
-- atlas: [AML.T0053]
-- description: >-
--   Finds every kind of call that Bedrock, AgentCore, SageMaker or Q made to a service that is no AI service, one finding
--   per AI service, role, call and resource. Info when it was made before the case; medium when it was not; high when such
--   a new call changes something or goes to Lambda, SNS, SES, SQS, EventBridge, Step Functions, IAM, EC2 or Secrets
--   Manager. That is the first hop: what a called function then does has another identity and address, see
--   agy-second-hop-action. Misses calls whose data events no trail selects.
-- requires:
--   cloudtrail_event: needed
--   named_set: optional
-- preconditions:
--   - query: >-
--       select coalesce(min(event_time) <= coalesce($base_to::timestamptz, $case_from::timestamptz)
--       - interval 7 days, false) from cloudtrail_event
--     otherwise: partial
--     reason: less than seven days of CloudTrail before the case, so unseen may only mean unrecorded
--   - query: >-
--       select count(*) > 0 from cloudtrail_event where event_category = 'Data'
--       and event_source in ('lambda.amazonaws.com', 'ses.amazonaws.com', 'sns.amazonaws.com')
--     otherwise: partial
--     reason: CloudTrail has no data events of Lambda, SES or SNS, where most actions of agents would be
-- parameters:
--   case_from: {type: timestamptz, default: case, description: start of the period of interest}
--   base_from: {type: timestamptz, default: case, description: start of the baseline}
--   base_to: {type: timestamptz, default: case, description: end of the baseline; the start of the case when empty}
-- false_positives:
--   - Grants of KMS, network interfaces of training jobs and reads of knowledge bases are everyday calls.
-- references:
--   - https://aws.amazon.com/blogs/security/methodology-for-incident-response-on-generative-ai-workloads/
-- changelog:
--   1.0.0: first version
-- ---
with call as (
    select
        event_time,
        list_filter(
            [invoked_by, source_ip_address, user_agent],
            lambda name : regexp_matches(name, '^(bedrock|bedrock-agentcore|sagemaker|q|qbusiness|qapps)\.amazonaws\.com$')
        )[1] as service,
        principal,
        event_source,
        -- Lambda adds the date of the API to the names of its operations.
        case
            when event_source = 'lambda.amazonaws.com' then regexp_replace(event_name, '[0-9]{8}.*$', '')
            else event_name
        end as event_name,
        case event_source
            when 's3.amazonaws.com' then request_parameters ->> '$.bucketName'
            when 'lambda.amazonaws.com' then function_name(request_parameters ->> '$.functionName')
            else event_resource(request_parameters, resources)
        end as resource,
        read_only,
        error_code,
        aws_region,
        recipient_account_id,
        artifact_id,
        record_no
    from cloudtrail_event
    where (
            ends_with(invoked_by, '.amazonaws.com')
            or ends_with(source_ip_address, '.amazonaws.com')
            or ends_with(user_agent, '.amazonaws.com')
        )
        and event_source not in (select member from named_set where name = 'AI_SOURCES')
        and (
            regexp_matches(invoked_by, '^(bedrock|bedrock-agentcore|sagemaker|q|qbusiness|qapps)\.amazonaws\.com$')
            or regexp_matches(
                source_ip_address,
                '^(bedrock|bedrock-agentcore|sagemaker|q|qbusiness|qapps)\.amazonaws\.com$'
            )
            or regexp_matches(user_agent, '^(bedrock|bedrock-agentcore|sagemaker|q|qbusiness|qapps)\.amazonaws\.com$')
        )
),
grouped as (
    select
        service,
        principal,
        event_source,
        event_name,
        resource,
        min(event_time) as first_seen,
        max(event_time) as last_seen,
        count(*) as event_count,
        count(error_code) as failed,
        count(*) filter (
            coalesce(
                event_time < coalesce($base_to::timestamptz, $case_from::timestamptz)
                and ($base_from::timestamptz is null or event_time >= $base_from::timestamptz),
                false
            )
        ) as base_events,
        count(*) filter (event_time >= coalesce($base_to::timestamptz, $case_from::timestamptz)) as case_events,
        bool_or(read_only is false) as is_change,
        distinct_values(aws_region) as region,
        min(recipient_account_id) as account_id,
        list(
            {'table': 'cloudtrail_event', 'artifact_id': artifact_id, 'record_no': record_no}
            order by event_time, artifact_id, record_no
        ) as records
    from call
    group by
        service,
        principal,
        event_source,
        event_name,
        resource
),
judged as (
    select
        *,
        case_events > 0 and base_events = 0 as is_unseen,
        event_source in (
            'lambda.amazonaws.com',
            'sns.amazonaws.com',
            'ses.amazonaws.com',
            'sqs.amazonaws.com',
            'events.amazonaws.com',
            'states.amazonaws.com',
            'iam.amazonaws.com',
            'ec2.amazonaws.com',
            'secretsmanager.amazonaws.com'
        ) as is_target
    from grouped
)
select
    'call' as entity_type,
    short_source(event_source) || ':' || event_name || coalesce(' ' || resource, '') as entity,
    case
        when is_unseen and (is_change or is_target) then 'high'
        when is_unseen then 'medium'
        else 'info'
    end as severity,
    first_seen,
    last_seen,
    event_count,
    short_source(service)
    || case when starts_with(principal, 'service:') then '' else ' as ' || short_name(principal) end
    || ' called ' || short_source(event_source) || ':' || event_name
    || coalesce(' on ' || resource, '') || ' ' || counted(event_count, 'time')
    || case when case_events > 0 and base_events > 0 then ', ' || case_events || ' of them in the case' else '' end
    || case when failed > 0 then ', ' || failed || ' failed' else '' end
    || case when is_unseen then '; never before the case' else '' end as summary,
    records,
    principal as actor,
    case when len(region) = 1 then region[1] end as region,
    account_id,
    resource,
    {
        'service': service,
        'event_source': event_source,
        'event_name': event_name,
        'unseen': is_unseen,
        'changes_something': is_change,
        'baseline_events': base_events,
        'case_events': case_events,
        'failed': failed,
        'regions': region
    } as metrics
from judged
order by
    first_seen,
    entity,
    actor,
    service
