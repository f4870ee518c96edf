-- ---
-- id: inf-instance-userdata
-- version: 1.0.0
-- title: User data or instance profile changed to run code
-- status: stable
-- severity: high
-- element: infrastructure-changes
-- attack: [T1578.005, T1059.009]
-- atlas: [AML.T0072]
-- description: >-
--   Finds instances whose user data was changed, with the stop before and the start after that make it run, instances
--   that start with user data that opens a shell or fetches credentials, and instance profiles that were attached or
--   replaced by an identity that never did so before the case. One finding per instance and identity. Misses user data
--   that CloudTrail hides at launch, which is most of it, and refused calls.
-- requires:
--   cloudtrail_event: needed
-- preconditions:
--   - query: >-
--       select coalesce(min(event_time) <= coalesce($base_to::timestamptz, $case_from::timestamptz)
--       - interval 7 days, false) from cloudtrail_event
--     otherwise: partial
--     reason: less than seven days of CloudTrail before the case, so unseen may only mean unrecorded
-- parameters:
--   span: {type: interval, default: 60 minutes, description: time from the stop to the start}
--   case_from: {type: timestamptz, default: case, description: start of the period of interest}
--   base_from: {type: timestamptz, default: case, description: start of the baseline}
--   base_to: {type: timestamptz, default: case, description: end of the baseline; the start of the case when empty}
-- false_positives:
--   - Pipelines for golden images.
--   - An operator who repairs an instance that does not boot.
-- references:
--   - https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/user-data.html
-- changelog:
--   1.0.0: first version
-- ---
with event as (
    select
        event_time,
        event_source,
        event_name,
        coalesce(
            request_parameters ->> '$.instanceId',
            request_parameters ->> '$.AssociateIamInstanceProfileRequest.InstanceId',
            request_parameters ->> '$.ReplaceIamInstanceProfileAssociationRequest.AssociationId',
            response_elements ->> '$.instancesSet.items[0].instanceId'
        ) as resource,
        coalesce(
            text_of_base64(request_parameters ->> '$.userData'),
            request_parameters ->> '$.userData'
        ) as user_data,
        coalesce(
            request_parameters -> '$.AssociateIamInstanceProfileRequest.IamInstanceProfile',
            request_parameters -> '$.ReplaceIamInstanceProfileAssociationRequest.IamInstanceProfile'
        ) as profile,
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
    where event_source = 'ec2.amazonaws.com'
        and event_name in (
            'ModifyInstanceAttribute',
            'AssociateIamInstanceProfile',
            'ReplaceIamInstanceProfileAssociation',
            'RunInstances'
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
power as (
    select
        event_time,
        event_name,
        unnest(json_extract_string(request_parameters, '$.instancesSet.items[*].instanceId')) as instance
    from cloudtrail_event
    where event_source = 'ec2.amazonaws.com'
        and event_name in ('StopInstances', 'StartInstances')
        and error_code is null
),
restart as (
    select
        event.artifact_id,
        event.record_no,
        max(power.event_time) filter (
            power.event_name = 'StopInstances' and power.event_time <= event.event_time + interval 1 second
        ) as stopped_at,
        min(power.event_time) filter (
            power.event_name = 'StartInstances' and power.event_time >= event.event_time - interval 1 second
        ) as started_at
    from event
    join power
        on power.instance = event.resource
        and power.event_time between event.event_time - $span::interval and event.event_time + $span::interval
    where event.event_name = 'ModifyInstanceAttribute'
    group by
        event.artifact_id,
        event.record_no
),
compared as (
    select
        event.*,
        coalesce(
            event.event_time >= coalesce($base_to::timestamptz, $case_from::timestamptz)
            and habit.principal is null,
            false
        ) as is_unseen
    from event
    left join habit
        on habit.principal = event.principal
        and habit.event_name is not distinct from event.event_name
),
judged as (
    select
        compared.*,
        restart.stopped_at,
        case
            when restart.started_at <= restart.stopped_at + $span::interval then restart.started_at
        end as started_at,
        list_filter(
            [
                case
                    when event_name = 'ModifyInstanceAttribute'
                        and (
                            (request -> '$.userData') is not null
                            or (request ->> '$.attribute') = 'userData'
                        )
                    then 'user data changed'
                        || case
                            when restart.started_at <= restart.stopped_at + $span::interval
                            then ' between a stop and a start'
                            else ''
                        end
                end,
                case
                    when event_name = 'RunInstances' and regexp_matches(user_data, rx_lcc_script())
                    then 'starts with suspicious user data'
                end,
                case
                    when is_unseen and event_name in ('AssociateIamInstanceProfile', 'ReplaceIamInstanceProfileAssociation')
                    then 'instance profile ' || coalesce(profile ->> '$.Name', profile ->> '$.Arn', 'of the record')
                        || ' attached'
                end
            ],
            lambda reason : reason is not null
        ) as reason
    from compared
    left join restart
        on restart.artifact_id = compared.artifact_id
        and restart.record_no = compared.record_no
),
finding as (
    select
        resource,
        principal,
        list_sort(
            list_distinct(flatten(list(reason order by event_time, artifact_id, record_no)))
        ) as reason,
        bool_or(is_unseen) as is_unseen,
        max(stopped_at) as stopped_at,
        min(started_at) as started_at,
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
    'instance' as entity_type,
    coalesce(resource, event_name[1]) as entity,
    'high' as severity,
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
        'stopped': stopped_at,
        'started': started_at,
        'regions': region,
        'credentials': credential,
        'addresses': address
    } as metrics
from finding
order by
    first_seen,
    entity,
    actor
