-- ---
-- id: inf-lambda-exposed
-- version: 1.0.0
-- title: Lambda function exposed to everybody or another account
-- status: stable
-- severity: high
-- element: infrastructure-changes
-- attack: [T1648, T1098]
-- atlas: [AML.T0072]
-- description: >-
--   Finds permissions that let everybody or an account that is not ours invoke a function, and function URLs that ask
--   for no authentication. One finding per function and identity. Misses permissions for a service without a source,
--   layers that are shared, and refused calls.
-- requires:
--   cloudtrail_event: needed
--   ref_account: optional
--   ref_case: optional
-- parameters: {}
-- false_positives:
--   - Public webhooks.
-- references:
--   - https://docs.aws.amazon.com/lambda/latest/dg/urls-auth.html
-- changelog:
--   1.0.0: first version
-- ---
with event as (
    select
        event_time,
        event_source,
        event_name,
        function_name(request_parameters ->> '$.functionName') as resource,
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
    where event_source = 'lambda.amazonaws.com'
        and (
            starts_with(event_name, 'AddPermission')
            or starts_with(event_name, 'CreateFunctionUrlConfig')
            or starts_with(event_name, 'UpdateFunctionUrlConfig')
        )
        and error_code is null
),
own as (
    select own_accounts() as accounts
),
granted as (
    select
        event.*,
        foreign_grantees(
            case
                when (event.request ->> '$.principalOrgID') is null
                then [event.request ->> '$.principal']
                else []
            end,
            own.accounts
        ) as outsider
    from event
    cross join own
),
judged as (
    select
        granted.*,
        list_filter(
            [
                case
                    when starts_with(event_name, 'AddPermission') and list_contains(outsider, '*')
                    then 'everybody may invoke it'
                end,
                case
                    when starts_with(event_name, 'AddPermission') and len(outsider) > 0 and outsider[1] <> '*'
                    then outsider[1] || ' may invoke it'
                end,
                case
                    when contains(event_name, 'FunctionUrlConfig') and (request ->> '$.authType') = 'NONE'
                    then 'URL without authentication'
                end
            ],
            lambda reason : reason is not null
        ) as reason
    from granted
),
finding as (
    select
        resource,
        principal,
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
    'function' as entity_type,
    coalesce(resource, event_name[1]) as entity,
    'high' as severity,
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
