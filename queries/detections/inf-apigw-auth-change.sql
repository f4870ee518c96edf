-- ---
-- id: inf-apigw-auth-change
-- version: 1.0.0
-- title: Front door of an application changed
-- status: stable
-- severity: high
-- element: infrastructure-changes
-- attack: [T1562.007, T1556]
-- atlas: [AML.T0049]
-- description: >-
--   Finds changes of API Gateway, of Cognito user pools and of web ACLs: routes and methods without authorisation or
--   API key, authorisers and web ACLs that are deleted or taken off, new API keys, users and passwords (high), any
--   other change of these by an identity that never made it before the case (medium), and the rest as a list for the
--   question what was changed at the front door (info). Misses load balancers and content delivery, and refused calls.
-- requires:
--   cloudtrail_event: needed
-- preconditions:
--   - query: >-
--       select coalesce(min(event_time) <= coalesce($base_to::timestamptz, $case_from::timestamptz)
--       - interval 7 days, false) from cloudtrail_event
--     otherwise: partial
--     reason: less than seven days of CloudTrail before the case, so unseen may only mean unrecorded
-- parameters:
--   case_from: {type: timestamptz, default: case, description: start of the period of interest}
--   base_from: {type: timestamptz, default: case, description: start of the baseline}
--   base_to: {type: timestamptz, default: case, description: end of the baseline; the start of the case when empty}
-- false_positives:
--   - Releases of the application.
--   - Help desk work on users.
-- references:
--   - https://docs.aws.amazon.com/apigateway/latest/developerguide/cloudtrail.html
-- changelog:
--   1.0.0: first version
-- ---
with event as (
    select
        event_time,
        event_source,
        event_name,
        coalesce(
            request_parameters ->> '$.restApiId',
            request_parameters ->> '$.apiId',
            request_parameters ->> '$.userPoolId',
            request_parameters ->> '$.resourceArn',
            request_parameters ->> '$.name',
            request_parameters ->> '$.webACLId'
        ) as resource,
        request_parameters::varchar as text,
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
    where (
            event_source = 'apigateway.amazonaws.com'
            and event_name in (
                'UpdateMethod',
                'PutMethod',
                'UpdateRoute',
                'CreateRoute',
                'UpdateAuthorizer',
                'DeleteAuthorizer',
                'UpdateStage',
                'UpdateIntegration',
                'CreateApiKey'
            )
            or event_source = 'cognito-idp.amazonaws.com'
            and event_name in ('UpdateUserPoolClient', 'AdminCreateUser', 'AdminSetUserPassword')
            or event_source in ('waf.amazonaws.com', 'waf-regional.amazonaws.com', 'wafv2.amazonaws.com')
            and event_name in ('DeleteWebACL', 'UpdateWebACL', 'DisassociateWebACL')
        )
        and error_code is null
),
habit as (
    select distinct
        principal,
        event_name
    from event
    where event_time < coalesce($base_to::timestamptz, $case_from::timestamptz)
        and ($base_from::timestamptz is null or event_time >= $base_from::timestamptz)
),
read as (
    select
        *,
        regexp_matches(text, '"authorizationType"\s*:\s*"NONE"')
        or regexp_matches(text, '"path"\s*:\s*"/authorizationType"[^}]*"value"\s*:\s*"NONE"')
        or regexp_matches(text, '"value"\s*:\s*"NONE"[^}]*"path"\s*:\s*"/authorizationType"') as is_open,
        regexp_matches(text, '"apiKeyRequired"\s*:\s*false')
        or regexp_matches(text, '"path"\s*:\s*"/apiKeyRequired"[^}]*"value"\s*:\s*"false"')
        or regexp_matches(text, '"value"\s*:\s*"false"[^}]*"path"\s*:\s*"/apiKeyRequired"') as is_keyless
    from event
),
compared as (
    select
        read.*,
        coalesce(
            read.event_time >= coalesce($base_to::timestamptz, $case_from::timestamptz)
            and habit.principal is null,
            false
        ) as is_unseen
    from read
    left join habit
        on habit.principal = read.principal
        and habit.event_name is not distinct from read.event_name
),
judged as (
    select
        compared.*,
        list_filter(
            [
                case when is_open then 'no authorisation' end,
                case when is_keyless then 'no API key' end,
                case event_name
                    when 'DeleteAuthorizer' then 'authoriser deleted'
                    when 'CreateApiKey' then 'API key created'
                    when 'AdminCreateUser' then 'user created'
                    when 'AdminSetUserPassword' then 'password set'
                    when 'DeleteWebACL' then 'web ACL deleted'
                    when 'DisassociateWebACL' then 'web ACL taken off'
                end
            ],
            lambda reason : reason is not null
        ) as reason
    from compared
),
finding as (
    select
        resource,
        principal,
        max(
            case
                when len(reason) > 0 then 4
                when is_unseen then 3
                else 1
            end
        ) as rank,
        list_sort(
            list_distinct(flatten(list(reason order by event_time, artifact_id, record_no)))
        ) as reason,
        bool_or(is_unseen) as is_unseen,
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
    where true
    group by
        resource,
        principal
)
select
    'front_door' as entity_type,
    coalesce(resource, event_name[1]) as entity,
    ['info', 'low', 'medium', 'high', 'critical'][rank] as severity,
    first_seen,
    last_seen,
    event_count,
    short_name(principal)
    || ' made '
    || counted(event_count, 'call') || ' (' || named(event_name) || ')'
    || coalesce(' on ' || resource, '')
    || coalesce(': ' || nullif(named(reason), ''), '')
    || case when is_unseen then '; never before the case' else '' end as summary,
    records,
    principal as actor,
    case when len(address) = 1 then address[1] end as source_ip,
    case when len(region) = 1 then region[1] end as region,
    account_id,
    resource,
    {
        'event_names': event_name,
        'reasons': reason,
        'unseen': is_unseen,
        'regions': region,
        'credentials': credential,
        'addresses': address
    } as metrics
from finding
order by
    first_seen,
    entity,
    actor
