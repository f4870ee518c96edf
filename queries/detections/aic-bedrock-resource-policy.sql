-- ---
-- id: aic-bedrock-resource-policy
-- version: 1.0.0
-- title: Resource policy of an AI asset changed
-- status: stable
-- severity: high
-- element: ai-changes
-- attack: [T1098, T1537]
-- atlas: [AML.T0025, AML.T0044]
-- description: >-
--   Finds resource policies of Bedrock and AgentCore, policies of model package groups, and shares of SageMaker assets
--   that were written or deleted: critical when everybody or an account that is not ours is let in, high otherwise, low
--   when the change was refused. One finding per asset and identity. Misses sharing by a role that trusts another
--   account.
-- requires:
--   cloudtrail_event: needed
--   ref_account: optional
--   ref_case: optional
-- parameters: {}
-- false_positives:
--   - Programmes that share models between accounts.
-- references:
--   - https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_PutModelPackageGroupPolicy.html
-- changelog:
--   1.0.0: first version
-- ---
with event as (
    select
        event_time,
        event_source,
        event_name,
        coalesce(
            request_parameters ->> '$.resourceArn',
            request_parameters ->> '$.modelPackageGroupName',
            request_parameters ->> '$.name',
            request_parameters ->> '$.resourceShareArn'
        ) as resource,
        policy_document(
            coalesce(
                request_parameters -> '$.policy',
                request_parameters -> '$.resourcePolicy'
            )
        ) as policy,
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
            event_source in ('bedrock.amazonaws.com', 'bedrock-agentcore.amazonaws.com')
            and event_name in ('PutResourcePolicy', 'DeleteResourcePolicy')
            or event_source = 'sagemaker.amazonaws.com'
            and event_name in ('PutModelPackageGroupPolicy', 'DeleteModelPackageGroupPolicy')
            or event_source = 'ram.amazonaws.com'
            and event_name in ('CreateResourceShare', 'AssociateResourceShare')
            and contains((request_parameters -> '$.resourceArns')::varchar, ':sagemaker:')
        )
),
own as (
    select own_accounts() as accounts
),
read as (
    select
        event.*,
        foreign_grantees(
            coalesce(policy_grantees(event.policy), [])
            || json_extract_string(event.request, '$.principals[*]'),
            own.accounts
        ) as outsider
    from event
    cross join own
),
judged as (
    select
        read.*,
        list_filter(
            [
                case
                    when len(outsider) > 0 then 'open to ' || named(outsider)
                    when starts_with(event_name, 'Delete') then 'policy deleted'
                    when event_source = 'ram.amazonaws.com' then 'shared'
                    else 'policy written'
                end
            ],
            lambda reason : reason is not null
        ) as reason
    from read
),
finding as (
    select
        resource,
        principal,
        error_code is not null as is_attempt,
        max(case when len(outsider) > 0 then 5 else 4 end) as rank,
        list_sort(
            list_distinct(flatten(list(reason order by event_time, artifact_id, record_no)))
        ) as reason,
        list_sort(list_distinct(flatten(list(outsider order by event_time)))) as outsider,
        distinct_values(event_name) as event_name,
        distinct_values(error_code) as error_code,
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
        principal,
        error_code is not null
)
select
    'asset' as entity_type,
    coalesce(resource, event_name[1]) as entity,
    case
        when is_attempt then 'low'
        else ['info', 'low', 'medium', 'high', 'critical'][rank]
    end as severity,
    first_seen,
    last_seen,
    event_count,
    short_name(principal)
    || case when is_attempt then ' tried ' else ' made ' end
    || counted(event_count, 'call') || ' (' || named(event_name) || ')'
    || coalesce(' on ' || resource, '')
    || coalesce(': ' || nullif(named(reason), ''), '')
    || case when is_attempt then '; failed with ' || named(error_code) else '' end as summary,
    records,
    principal as actor,
    case when len(address) = 1 then address[1] end as source_ip,
    case when len(region) = 1 then region[1] end as region,
    account_id,
    resource,
    {
        'event_names': event_name,
        'attempt': is_attempt,
        'reasons': reason,
        'error_codes': error_code,
        'outsiders': outsider,
        'regions': region,
        'credentials': credential,
        'addresses': address
    } as metrics
from finding
order by
    first_seen,
    entity,
    actor,
    is_attempt
