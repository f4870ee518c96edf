-- ---
-- id: inv-mantle-inference
-- version: 1.0.0
-- title: First use of bedrock-mantle or of the Anthropic endpoint
-- status: stable
-- severity: high
-- element: invocation
-- attack: [T1496.004, T1562.008]
-- atlas: [AML.T0040, AML.T0034]
-- description: >-
--   Finds identities that use the OpenAI-compatible endpoint bedrock-mantle or the Anthropic-compatible endpoint after
--   the baseline and never before: inference, files, fine-tuning, lists of models. Rules that look for
--   bedrock.amazonaws.com do not see these calls, and no invocation log keeps their prompts. Misses everything when the
--   data events of these endpoints are not selected in the trail.
-- requires:
--   cloudtrail_event: needed
--   api_snapshot: optional
-- preconditions:
--   - query: >-
--       select exists (from cloudtrail_event where event_source in
--       ('bedrock-mantle.amazonaws.com', 'aws-external-anthropic.amazonaws.com'))
--       or exists (from api_snapshot where service = 'cloudtrail' and operation = 'get-event-selectors'
--       and contains("json"::varchar, 'AWS::BedrockMantle::'))
--     otherwise: not_evaluable
--     reason: >-
--       no event of bedrock-mantle or aws-external-anthropic in CloudTrail and no snapshot of a selector for them; their
--       inference is a data event that a trail records only when a selector asks for it
--   - query: >-
--       select coalesce(min(event_time) <= coalesce($base_to::timestamptz, $case_from::timestamptz)
--       - interval 7 days, false) from cloudtrail_event
--     otherwise: not_evaluable
--     reason: less than seven days of CloudTrail before the case, so unseen may only mean unrecorded
-- parameters:
--   case_from: {type: timestamptz, default: case, description: start of the period of interest}
--   case_to: {type: timestamptz, default: case, description: end of the period of interest}
--   base_from: {type: timestamptz, default: case, description: start of the baseline}
--   base_to: {type: timestamptz, default: case, description: end of the baseline; the start of the case when empty}
-- false_positives:
--   - Applications that have adopted an OpenAI or Anthropic SDK.
-- references:
--   - https://docs.aws.amazon.com/bedrock/latest/userguide/bedrock-mantle.html
-- changelog:
--   1.0.0: first version
-- ---
with call as (
    select
        event_time,
        event_name,
        event_source,
        principal,
        credential,
        aws_region,
        source_ip_address,
        user_agent,
        error_code,
        recipient_account_id,
        request_parameters ->> '$.model' as model,
        coalesce(
            request_parameters ->> '$.bearerTokenType',
            additional_event_data ->> '$.bearerTokenType'
        ) as bearer_token_type,
        event_time < coalesce($base_to::timestamptz, $case_from::timestamptz) as is_before,
        artifact_id,
        record_no
    from cloudtrail_event
    where event_source in ('bedrock-mantle.amazonaws.com', 'aws-external-anthropic.amazonaws.com')
        and ($base_from::timestamptz is null or event_time >= $base_from::timestamptz)
        and ($case_to::timestamptz is null or event_time < $case_to::timestamptz)
),
known as (
    select distinct principal
    from call
    where is_before
),
finding as (
    select
        principal,
        min(event_time) as first_seen,
        max(event_time) as last_seen,
        count(*) as event_count,
        count(*) filter (event_name = 'CreateInference') as inferences,
        count(error_code) as failed,
        distinct_values(event_name) as event_name,
        distinct_values(event_source) as event_source,
        distinct_values(model) as model,
        distinct_values(bearer_token_type) as bearer_token_type,
        distinct_values(credential) as credential,
        distinct_values(source_ip_address) as address,
        distinct_values(user_agent) as user_agent,
        distinct_values(aws_region) as region,
        min(recipient_account_id) as account_id,
        arg_min(
            {'table': 'cloudtrail_event', 'artifact_id': artifact_id, 'record_no': record_no},
            row(event_time, artifact_id, record_no),
            200
        ) as records
    from call
    where not is_before
        and not exists (
            from known
            where known.principal is not distinct from call.principal
        )
    group by principal
)
select
    'principal' as entity_type,
    coalesce(principal, 'unknown') as entity,
    'high' as severity,
    first_seen,
    last_seen,
    event_count,
    short_name(principal) || ' used '
    || array_to_string(list_transform(event_source, lambda name : short_source(name)), ' and ')
    || ' for the first time: ' || counted(event_count, 'call') || ' ('
    || array_to_string(event_name, ', ') || ')'
    || case when len(model) > 0 then ' of ' || named(model) else '' end
    || case
        when len(bearer_token_type) > 0
        then ' with a bearer token ' || array_to_string(bearer_token_type, ', ')
        else ''
    end
    || ' from ' || moment(first_seen) || ' to ' || moment(last_seen) as summary,
    records,
    principal as actor,
    case when len(address) = 1 then address[1] end as source_ip,
    case when len(region) = 1 then region[1] end as region,
    account_id,
    {
        'calls': event_count,
        'inferences': inferences,
        'failed': failed,
        'event_names': event_name,
        'models': model,
        'bearer_token_types': bearer_token_type,
        'credentials': credential,
        'addresses': list_slice(address, 1, 20),
        'user_agents': list_slice(user_agent, 1, 20),
        'regions': region,
        'selector_seen': exists (
            from api_snapshot
            where service = 'cloudtrail'
                and operation = 'get-event-selectors'
                and contains("json"::varchar, 'AWS::BedrockMantle::')
        )
    } as metrics,
    event_count as record_total
from finding
order by
    first_seen,
    entity
