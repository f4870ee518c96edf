-- ---
-- id: acc-key-ip-rotation
-- version: 1.0.0
-- title: One key from many addresses in a short time
-- status: stable
-- severity: high
-- element: access
-- attack: [T1078.004, T1090.003]
-- atlas: [AML.T0012, AML.T0008.005]
-- description: >-
--   Finds long-term keys, bearer tokens and federated users that call from many outside addresses within a quarter of an
--   hour of the clock, one finding per credential and quarter. Many addresses for few calls are tagged per-request-rotation:
--   then the credential, and not the address, is what to follow. Misses rotation that is slower than the quarter.
-- requires:
--   cloudtrail_event: needed
--   ref_cidr: helpful
-- parameters:
--   min_addresses: {type: integer, default: 5, description: different outside addresses in a bucket}
--   min_calls: {type: integer, default: 5, description: calls in a bucket}
--   rotation_ratio: {type: double, default: 0.4, description: addresses per call from which the tag is set}
--   rotation_calls: {type: integer, default: 10, description: calls from which the tag is set}
--   bucket: {type: interval, default: 15 minutes, description: length of a bucket of the clock}
-- false_positives:
--   - Runners of a build service with a key baked in; carrier-grade NAT.
-- references:
--   - https://www.sysdig.com/blog/ai-assisted-cloud-intrusion-achieves-admin-access-in-8-minutes
-- changelog:
--   1.0.0: first version
-- ---
with call as (
    select
        time_bucket($bucket::interval, event_time) as bucket,
        event_time,
        event_source,
        error_code,
        principal,
        credential,
        source_ip_address,
        user_agent,
        aws_region,
        recipient_account_id,
        artifact_id,
        record_no
    from cloudtrail_event
    where (
            starts_with(access_key_id, 'AKIA')
            or ends_with(credential, '#bearer')
            or identity_type = 'FederatedUser'
        )
        and invoked_by is null
        and event_time is not null
        and ip_class(source_ip_address)
        not in ('corp', 'own_eip', 'own_vpc', 'aws_service', 'internal', 'service', 'unknown')
),
finding as (
    select
        principal,
        credential,
        bucket,
        min(event_time) as first_seen,
        max(event_time) as last_seen,
        count(*) as event_count,
        count(error_code) as error_count,
        distinct_values(source_ip_address) as address,
        distinct_values(trim(user_agent, '[]')) as user_agent,
        distinct_values(short_source(event_source)) as service,
        distinct_values(aws_region) as region,
        min(recipient_account_id) as account_id,
        arg_min(
            {'table': 'cloudtrail_event', 'artifact_id': artifact_id, 'record_no': record_no},
            row(event_time, artifact_id, record_no),
            200
        ) as records
    from call
    group by
        principal,
        credential,
        bucket
    having count(distinct source_ip_address) >= $min_addresses::bigint
        and count(*) >= $min_calls::bigint
)
select
    'credential' as entity_type,
    credential as entity,
    'high' as severity,
    first_seen,
    last_seen,
    event_count,
    short_name(principal) || ' made ' || counted(event_count, 'call') || ' from '
    || len(address) || ' addresses in the bucket from ' || moment(bucket)
    || case
        when event_count >= $rotation_calls::bigint
            and len(address) / event_count >= $rotation_ratio::double
        then '; the address changes with the request'
        else ''
    end as summary,
    records,
    principal as actor,
    case when len(region) = 1 then region[1] end as region,
    account_id,
    {
        'bucket': bucket,
        'addresses': len(address),
        'calls': event_count,
        'errors': error_count,
        'ratio': round(len(address) / event_count, 3),
        'tag': case
            when event_count >= $rotation_calls::bigint
                and len(address) / event_count >= $rotation_ratio::double
            then 'per-request-rotation'
        end,
        'address_list': list_slice(address, 1, 100),
        'user_agents': list_slice(user_agent, 1, 10),
        'services': service
    } as metrics,
    event_count as record_total
from finding
order by
    first_seen,
    entity
