-- ---
-- id: inf-org-guardrail-change
-- version: 1.0.0
-- title: Organisation, service control policy or account changed
-- status: stable
-- severity: high
-- element: infrastructure-changes
-- attack: [T1666, T1535]
-- atlas: []
-- description: >-
--   Finds accounts that leave, join or are made in an organisation, policies of the organisation that are detached,
--   changed or switched off, regions that are switched on or off, contacts and the root address of an account that
--   change, and resource shares with accounts that are not ours. Refused attempts are medium. Misses changes that the
--   management account records in its own trail only.
-- requires:
--   cloudtrail_event: needed
--   ref_account: optional
--   ref_case: optional
-- parameters: {}
-- false_positives:
--   - Work on the landing zone.
-- references:
--   - https://docs.aws.amazon.com/organizations/latest/userguide/orgs_cloudtrail-integration.html
-- changelog:
--   1.0.0: first version
-- ---
with event as (
    select
        event_time,
        event_source,
        event_name,
        coalesce(
            request_parameters ->> '$.policyId',
            request_parameters ->> '$.accountId',
            request_parameters ->> '$.regionName',
            request_parameters ->> '$.name',
            recipient_account_id
        ) as resource,
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
            event_source = 'organizations.amazonaws.com'
            and event_name in (
                'LeaveOrganization',
                'DetachPolicy',
                'UpdatePolicy',
                'DeletePolicy',
                'DisablePolicyType',
                'RemoveAccountFromOrganization',
                'CreateAccount',
                'InviteAccountToOrganization'
            )
            or event_source = 'account.amazonaws.com'
            and event_name in (
                'EnableRegion',
                'DisableRegion',
                'PutContactInformation',
                'StartPrimaryEmailUpdate'
            )
            or event_source = 'ram.amazonaws.com'
            and event_name in ('CreateResourceShare', 'AssociateResourceShare')
        )
),
own as (
    select own_accounts() as accounts
),
shared as (
    select
        event.*,
        foreign_grantees(
            json_extract_string(event.request, '$.principals[*]'),
            own.accounts
        ) as outsider
    from event
    cross join own
),
judged as (
    select
        shared.*,
        list_filter(
            [
                case event_name
                    when 'LeaveOrganization' then 'account leaves the organisation'
                    when 'DetachPolicy' then 'policy detached'
                    when 'UpdatePolicy' then 'policy changed'
                    when 'DeletePolicy' then 'policy deleted'
                    when 'DisablePolicyType' then 'policies of a type switched off'
                    when 'RemoveAccountFromOrganization' then 'account removed'
                    when 'CreateAccount' then 'account created'
                    when 'InviteAccountToOrganization' then 'account invited'
                    when 'EnableRegion' then 'region switched on'
                    when 'DisableRegion' then 'region switched off'
                    when 'PutContactInformation' then 'contact changed'
                    when 'StartPrimaryEmailUpdate' then 'address of the root user changed'
                end,
                case
                    when event_name in ('CreateResourceShare', 'AssociateResourceShare')
                        and len(outsider) > 0
                    then 'shared with ' || named(outsider)
                end
            ],
            lambda reason : reason is not null
        ) as reason
    from shared
),
finding as (
    select
        resource,
        principal,
        error_code is not null as is_attempt,
        list_sort(
            list_distinct(flatten(list(reason order by event_time, artifact_id, record_no)))
        ) as reason,
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
    'organisation' as entity_type,
    coalesce(resource, event_name[1]) as entity,
    case
        when is_attempt then 'medium'
        else 'high'
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
