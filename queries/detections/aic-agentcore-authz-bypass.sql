-- ---
-- id: aic-agentcore-authz-bypass
-- version: 1.0.0
-- title: Authorisation of an AgentCore gateway weakened
-- status: stable
-- severity: critical
-- element: ai-changes
-- attack: [T1562.001, T1556]
-- atlas: [AML.T0081, AML.T0110]
-- description: >-
--   Finds gateways of AgentCore that ask callers for nothing, or only who they are, policy engines and policies that
--   only log, policies that permit everything, policies that were deleted (critical when they forbade something), and
--   targets that lead to a function of another account or to a host that is neither of AWS nor ours. One finding per
--   resource and identity. Misses what CloudTrail masks, and refused calls.
-- requires:
--   cloudtrail_event: needed
--   ref_account: optional
--   ref_case: optional
--   ref_domain: optional
-- parameters: {}
-- false_positives:
--   - Gateways for development.
-- references:
--   - https://docs.aws.amazon.com/bedrock-agentcore/latest/devguide/gateway.html
-- changelog:
--   1.0.0: first version
-- ---
with event as (
    select
        event_time,
        event_source,
        event_name,
        coalesce(
            request_parameters ->> '$.gatewayIdentifier',
            request_parameters ->> '$.policyId',
            response_elements ->> '$.policyId',
            response_elements ->> '$.gatewayId',
            request_parameters ->> '$.policyEngineId',
            request_parameters ->> '$.name'
        ) as resource,
        coalesce(
            request_parameters ->> '$.definition.cedar.statement',
            request_parameters ->> '$.definition'
        ) as statement,
        coalesce(response_elements ->> '$.policyId', request_parameters ->> '$.policyId') as policy,
        account_of(request_parameters ->> '$.targetConfiguration.mcp.lambda.lambdaArn') as function_account,
        regexp_extract(
            coalesce(
                request_parameters ->> '$.targetConfiguration.mcp.mcpServer.endpoint',
                request_parameters ->> '$.targetConfiguration.mcp.openApiSchema.s3.uri',
                request_parameters ->> '$.targetConfiguration.http.url'
            ),
            '^https?://([^/:]+)',
            1
        ) as host,
        principal,
        credential,
        source_ip_address,
        aws_region,
        recipient_account_id,
        error_code,
        request_parameters as request,
        artifact_id,
        record_no
    from cloudtrail_event as event
    where event_source = 'bedrock-agentcore.amazonaws.com'
        and event_name in (
            'CreateGateway',
            'UpdateGateway',
            'CreatePolicy',
            'UpdatePolicy',
            'DeletePolicy',
            'CreateGatewayTarget',
            'UpdateGatewayTarget'
        )
        and error_code is null
),
own as (
    select
        own_accounts() as accounts,
        (
            select coalesce(list(distinct domain order by domain), [])
            from ref_domain
            where class in ('own', 'allowed')
        ) as domains
),
forbidding as (
    select distinct policy
    from event
    where event_name in ('CreatePolicy', 'UpdatePolicy')
        and regexp_matches(statement, '(?i)\bforbid\s*\(')
),
judged as (
    select
        event.*,
        list_filter(
            [
                case
                    when contains(event_name, 'Gateway')
                        and (request ->> '$.authorizerType') in ('NONE', 'AUTHENTICATE_ONLY')
                    then 'authoriser ' || (request ->> '$.authorizerType')
                end,
                case
                    when (request ->> '$.policyEngineConfiguration.mode') = 'LOG_ONLY'
                    then 'policy engine only logs'
                end,
                case
                    when event_name in ('CreatePolicy', 'UpdatePolicy')
                        and (request ->> '$.enforcementMode') = 'LOG_ONLY'
                    then 'policy only logs'
                end,
                case
                    when event_name in ('CreatePolicy', 'UpdatePolicy')
                        and regexp_matches(
                            statement,
                            '(?i)^\s*permit\s*\(\s*principal\s*,\s*action\s*,\s*resource\s*\)\s*;?\s*$'
                        )
                    then 'everything permitted'
                end,
                case
                    when event_name = 'DeletePolicy'
                    then case
                        when forbidding.policy is not null then 'forbidding policy deleted'
                        else 'policy deleted'
                    end
                end,
                case
                    when contains(event_name, 'GatewayTarget')
                        and function_account is not null
                        and not list_contains(own.accounts, function_account)
                    then 'target is a function of account ' || function_account
                end,
                case
                    when contains(event_name, 'GatewayTarget')
                        and host <> ''
                        and not regexp_matches(host, '(^|\.)(amazonaws\.com(\.cn)?|aws|on\.aws)$')
                        and len(
                            list_filter(own.domains, lambda domain : host = domain or ends_with(host, '.' || domain))
                        ) = 0
                    then 'target is ' || host
                end
            ],
            lambda reason : reason is not null
        ) as reason
    from event
    cross join own
    left join forbidding
        on forbidding.policy = event.policy
        and event.event_name = 'DeletePolicy'
),
finding as (
    select
        resource,
        principal,
        max(case when reason = ['policy deleted'] then 4 else 5 end) as rank,
        list_sort(
            list_distinct(flatten(list(reason order by event_time, artifact_id, record_no)))
        ) as reason,
        distinct_values(event_name) as event_name,
        min(event_time) as first_seen,
        max(event_time) as last_seen,
        count(*) as event_count,
        distinct_values(credential) as credential,
        distinct_values(source_ip_address) as address,
        distinct_values(aws_region) as region,
        min(recipient_account_id) as account_id,
        list(
            {'table': 'cloudtrail_event', 'artifact_id': artifact_id, 'record_no': record_no}
            order by event_time, artifact_id, record_no
        ) as records
    from judged
    where len(reason) > 0
    group by
        resource,
        principal
)
select
    'gateway' as entity_type,
    coalesce(resource, event_name[1]) as entity,
    ['info', 'low', 'medium', 'high', 'critical'][rank] as severity,
    first_seen,
    last_seen,
    event_count,
    short_name(principal)
    || ' made '
    || counted(event_count, 'call') || ' (' || named(event_name) || ')'
    || coalesce(' on ' || resource, '')
    || coalesce(': ' || nullif(named(reason), ''), '') as summary,
    records,
    principal as actor,
    case when len(address) = 1 then address[1] end as source_ip,
    case when len(region) = 1 then region[1] end as region,
    account_id,
    resource,
    {
        'event_names': event_name,
        'reasons': reason,
        'regions': region,
        'credentials': credential,
        'addresses': address
    } as metrics
from finding
order by
    first_seen,
    entity,
    actor
