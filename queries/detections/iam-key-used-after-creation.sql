-- ---
-- id: iam-key-used-after-creation
-- version: 1.0.0
-- title: New key used at once from elsewhere
-- status: stable
-- severity: high
-- element: access
-- attack: [T1098.001]
-- atlas: [AML.T0012]
-- description: >-
--   Finds access keys whose first use follows their creation within a day, from another address than the creator's or from
--   outside, with the seconds between. Misses keys that are kept for later, and first uses that the trail does not select.
-- requires:
--   cloudtrail_event: needed
--   ref_cidr: helpful
-- parameters:
--   first_use: {type: interval, default: 24 hours, description: longest time from creation to first use}
-- false_positives:
--   - Somebody makes a key in the console and uses it at another desk of the company.
-- references:
--   - https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateAccessKey.html
-- changelog:
--   1.0.0: first version
-- ---
with creation as (
    select
        event_time,
        principal,
        source_ip_address,
        aws_region,
        recipient_account_id,
        response_elements ->> '$.accessKey.accessKeyId' as access_key,
        coalesce(
            response_elements ->> '$.accessKey.userName',
            request_parameters ->> '$.userName'
        ) as user_name,
        artifact_id,
        record_no
    from cloudtrail_event
    where event_source = 'iam.amazonaws.com'
        and event_name = 'CreateAccessKey'
        and error_code is null
),
first_use as (
    select
        creation.access_key,
        min(use.event_time) as event_time,
        arg_min(
            {
                'principal': use.principal,
                'source_ip_address': use.source_ip_address,
                'event_name': use.event_name,
                'user_agent': use.user_agent,
                'artifact_id': use.artifact_id,
                'record_no': use.record_no
            },
            row(use.event_time, use.artifact_id, use.record_no)
        ) as event
    from creation
    join cloudtrail_event as use
        on use.access_key_id = creation.access_key
        and use.event_time >= creation.event_time - interval 1 second
    group by creation.access_key
),
judged as (
    select
        creation.*,
        first_use.event_time as used_at,
        first_use.event as use,
        date_diff('second', creation.event_time, first_use.event_time) as seconds,
        first_use.event.source_ip_address is distinct from creation.source_ip_address
        as is_elsewhere,
        (select count(*) > 0 from ref_cidr)
        and coalesce(not is_own_class(ip_class(first_use.event.source_ip_address)), false)
            as is_external
    from creation
    join first_use
        on first_use.access_key = creation.access_key
        and first_use.event_time <= creation.event_time + $first_use::interval
)
select
    'credential' as entity_type,
    access_key as entity,
    'high' as severity,
    event_time as first_seen,
    used_at as last_seen,
    2::bigint as event_count,
    'key ' || access_key || ' of ' || coalesce(user_name, short_name(use.principal))
    || ' was created by ' || short_name(principal) || ' from '
    || coalesce(source_ip_address, 'an unknown address') || ' and used '
    || counted(seconds, 'second')
    || ' later from ' || coalesce(use.source_ip_address, 'an unknown address')
    || ' (' || use.event_name || ')' as summary,
    [
        {'table': 'cloudtrail_event', 'artifact_id': artifact_id, 'record_no': record_no},
        {'table': 'cloudtrail_event', 'artifact_id': use.artifact_id, 'record_no': use.record_no}
    ] as records,
    principal as actor,
    use.source_ip_address as source_ip,
    aws_region as region,
    recipient_account_id as account_id,
    coalesce(user_name, use.principal) as resource,
    {
        'seconds': seconds,
        'user': user_name,
        'creator_address': source_ip_address,
        'user_address': use.source_ip_address,
        'elsewhere': is_elsewhere,
        'external': is_external,
        'first_call': use.event_name,
        'user_agent': use.user_agent
    } as metrics
from judged
where is_elsewhere
    or is_external
order by
    first_seen,
    entity
