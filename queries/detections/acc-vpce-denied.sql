-- ---
-- id: acc-vpce-denied
-- version: 1.0.0
-- title: Calls denied by a VPC endpoint
-- status: stable
-- severity: medium
-- element: access
-- attack: [T1537, T1078.004]
-- atlas: [AML.T0025]
-- description: >-
--   Finds calls of AI and data services that the policy of a VPC endpoint denied, by endpoint and caller; high when the
--   caller belongs to an account that is not the organisation's: foreign credentials in our network. Misses everything when
--   the trail records no network activity.
-- requires:
--   cloudtrail_event: needed
--   ref_account: helpful
-- preconditions:
--   - query: >-
--       select count(*) > 0 from cloudtrail_event
--       where event_category = 'NetworkActivity' or event_type = 'AwsVpceEvent'
--     otherwise: not_evaluable
--     reason: the evidence holds no network activity events; the trail does not select them
-- parameters: {}
-- false_positives:
--   - An endpoint policy that is wrong after a change.
-- references:
--   - https://docs.aws.amazon.com/awscloudtrail/latest/userguide/logging-network-events-with-cloudtrail.html
-- changelog:
--   1.0.0: first version
-- ---
with denial as (
    select
        event_time,
        event_source,
        event_name,
        coalesce(principal, account_id, 'an unknown identity') as caller,
        account_id,
        source_ip_address,
        vpc_endpoint_id,
        aws_region,
        recipient_account_id,
        (select count(*) > 0 from ref_account where class = 'org')
        and account_id is not null
        and account_id not in (
            select account from ref_account where class = 'org' and account is not null
        ) as is_foreign,
        artifact_id,
        record_no
    from cloudtrail_event
    where (event_category = 'NetworkActivity' or event_type = 'AwsVpceEvent')
        and error_code = 'VpceAccessDenied'
        and (
            event_source in ('s3.amazonaws.com', 'lambda.amazonaws.com', 'kms.amazonaws.com')
            or starts_with(event_source, 'bedrock')
            or starts_with(event_source, 'sagemaker')
        )
),
finding as (
    select
        vpc_endpoint_id,
        caller,
        account_id,
        bool_or(is_foreign) as is_foreign,
        min(event_time) as first_seen,
        max(event_time) as last_seen,
        count(*) as event_count,
        distinct_values(short_source(event_source) || ':' || event_name) as action,
        distinct_values(source_ip_address) as address,
        distinct_values(aws_region) as region,
        min(recipient_account_id) as recipient_account_id,
        arg_min(
            {'table': 'cloudtrail_event', 'artifact_id': artifact_id, 'record_no': record_no},
            row(event_time, artifact_id, record_no),
            200
        ) as records
    from denial
    group by
        vpc_endpoint_id,
        caller,
        account_id
)
select
    'vpc_endpoint' as entity_type,
    coalesce(vpc_endpoint_id, 'unknown endpoint') as entity,
    case when is_foreign then 'high' else 'medium' end as severity,
    first_seen,
    last_seen,
    event_count,
    coalesce(vpc_endpoint_id, 'an endpoint') || ' denied ' || counted(event_count, 'call') || ' of '
    || short_name(caller) || ': ' || named(action)
    || case
        when is_foreign
        then '; the caller belongs to account ' || account_id || ', which is not ours'
        else ''
    end
    as summary,
    records,
    caller as actor,
    case when len(address) = 1 then address[1] end as source_ip,
    case when len(region) = 1 then region[1] end as region,
    recipient_account_id as account_id,
    vpc_endpoint_id as resource,
    {
        'caller_account': account_id,
        'foreign': is_foreign,
        'actions': action,
        'addresses': list_slice(address, 1, 50)
    } as metrics,
    event_count as record_total
from finding
order by
    first_seen,
    entity,
    actor
