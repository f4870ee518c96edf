-- ---
-- id: inf-gpu-launch
-- version: 1.0.1
-- title: GPU or accelerator instances launched or tried
-- status: stable
-- severity: high
-- element: infrastructure-changes
-- attack: [T1496.001, T1578.002]
-- atlas: [AML.T0048.000, AML.T0008.000]
-- description: >-
--   Finds identities that fail to launch GPU or accelerator instances several times within half an hour for lack of
--   capacity, quota or permission, and launches by identities that did not launch such instances before the case. One
--   finding per identity and series of calls, with the quota requests, key pairs and opened security groups around it.
--   Misses instances that a launch template, an auto scaling group or another service starts, and SageMaker compute.
-- requires:
--   cloudtrail_event: needed
-- preconditions:
--   - query: >-
--       select coalesce(min(event_time) <= coalesce($base_to::timestamptz, $case_from::timestamptz)
--       - interval 7 days, false) from cloudtrail_event
--     otherwise: partial
--     reason: less than seven days of CloudTrail before the case, so unseen may only mean unrecorded
-- parameters:
--   min_failures: {type: integer, default: 2, description: failed launches in a window that make a finding}
--   window: {type: interval, default: 30 minutes, description: length of the sliding window}
--   series: {type: interval, default: 2 hours, description: launches with a longer pause between them are two findings}
--   around: {type: interval, default: 24 hours, description: quota requests this near to a launch are told with it}
--   case_from: {type: timestamptz, default: case, description: start of the period of interest}
--   base_from: {type: timestamptz, default: case, description: start of the baseline}
--   base_to: {type: timestamptz, default: case, description: end of the baseline; the start of the case when empty}
-- false_positives:
--   - Research accounts that train on EC2, above all when capacity is short.
-- references:
--   - https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/troubleshooting-launch.html
--   - https://www.sysdig.com/blog/ai-assisted-cloud-intrusion-achieves-admin-access-in-8-minutes
-- changelog:
--   1.0.1: the same rows, in time that grows with the events and no faster
--   1.0.0: first version
-- ---
with request as (
    select
        event_time,
        event_name,
        list_distinct(
            list_filter(
                regexp_extract_all(
                    concat_ws(' ', request_parameters::varchar, response_elements -> '$.instancesSet'),
                    '"[iI]nstanceType"\s*:\s*"([^"]+)"',
                    1
                ),
                lambda kind : regexp_matches(kind, '^(p[2-6]|g[3-7]|trn|inf|dl)')
            )
        ) as instance_type,
        error_code,
        principal,
        credential,
        source_ip_address,
        aws_region,
        recipient_account_id,
        regexp_extract_all(
            (response_elements -> '$.instancesSet')::varchar,
            '"(i-[0-9a-zA-Z]+)"',
            1
        ) as instance,
        artifact_id,
        record_no
    from cloudtrail_event
    where event_source = 'ec2.amazonaws.com'
        and event_name in ('RunInstances', 'RequestSpotInstances', 'RequestSpotFleet', 'CreateFleet')
        and event_time is not null
),
launch as (
    select
        *,
        error_code is not null as failed
    from request
    where len(instance_type) > 0
        and (
            error_code is null
            or regexp_matches(
                error_code,
                'InsufficientInstanceCapacity|VcpuLimitExceeded|UnauthorizedOperation'
            )
        )
),
habit as (
    select distinct principal
    from launch
    where not failed
        and event_time < coalesce($base_to::timestamptz, $case_from::timestamptz)
        and ($base_from::timestamptz is null or event_time >= $base_from::timestamptz)
),
judged as (
    select
        launch.*,
        count(case when launch.failed then 1 end) over (
            partition by launch.principal
            order by launch.event_time
            range between $window::interval preceding and current row
        ) as recent_failures,
        coalesce(
            not launch.failed
            and habit.principal is null
            and launch.event_time >= coalesce($base_to::timestamptz, $case_from::timestamptz),
            false
        ) as is_unseen,
        launch.event_time - lag(launch.event_time) over (
            partition by launch.principal
            order by launch.event_time, launch.artifact_id, launch.record_no
        ) > $series::interval as starts_series
    from launch
    left join habit
        on habit.principal is not distinct from launch.principal
),
numbered as (
    select
        *,
        failed and recent_failures >= $min_failures::bigint or is_unseen as is_reached,
        count(case when starts_series then 1 end) over (
            partition by principal
            order by event_time, artifact_id, record_no
        ) as series
    from judged
),
kind as (
    select
        principal,
        series,
        instance_type,
        count(*) filter (failed) as failed,
        count(*) filter (not failed) as launched
    from (select * exclude (instance_type), unnest(instance_type) as instance_type from numbered)
    group by all
),
breakdown as (
    select
        principal,
        series,
        list(
            {'instance_type': instance_type, 'failed': failed, 'launched': launched}
            order by failed + launched desc, instance_type
        ) as kinds
    from kind
    group by
        principal,
        series
),
finding as (
    select
        principal,
        series,
        min(event_time) filter (is_reached) as reached,
        min(event_time) as first_seen,
        max(event_time) as last_seen,
        count(*) as event_count,
        count(*) filter (failed) as failed,
        count(*) filter (not failed) as launched,
        bool_or(is_unseen) as is_unseen,
        distinct_values(error_code) as error_code,
        list_sort(list_distinct(flatten(list(coalesce(instance, []) order by event_time)))) as instance,
        distinct_values(credential) as credential,
        distinct_values(source_ip_address) as address,
        distinct_values(aws_region) as region,
        min(recipient_account_id) as account_id,
        list(
            {'table': 'cloudtrail_event', 'artifact_id': artifact_id, 'record_no': record_no}
            order by event_time, artifact_id, record_no
        ) as records
    from numbered
    group by
        principal,
        series
    having bool_or(is_reached)
),
companion as (
    select
        event_time,
        event_name,
        principal,
        event_source = 'servicequotas.amazonaws.com' as is_quota
    from cloudtrail_event
    where (
            event_source = 'servicequotas.amazonaws.com'
            and event_name in ('GetServiceQuota', 'RequestServiceQuotaIncrease')
            and (request_parameters ->> '$.serviceCode') = 'ec2'
            and starts_with(request_parameters ->> '$.quotaCode', 'L-')
            or event_source = 'ec2.amazonaws.com'
            and event_name in ('CreateKeyPair', 'CreateSecurityGroup', 'AuthorizeSecurityGroupIngress')
            and error_code is null
        )
        and principal in (select principal from finding)
),
preparation as (
    select
        finding.principal,
        finding.series,
        count(*) filter (companion.is_quota) as quota_calls,
        distinct_values(case when not companion.is_quota then companion.event_name end) as prepared
    from finding
    join companion
        on companion.principal = finding.principal
        and companion.event_time >= finding.first_seen
        - case when companion.is_quota then $around::interval else $series::interval end
        and companion.event_time <= finding.last_seen
        + case when companion.is_quota then $around::interval else interval 0 second end
    group by
        finding.principal,
        finding.series
)
select
    'principal' as entity_type,
    finding.principal as entity,
    'high' as severity,
    first_seen,
    last_seen,
    event_count,
    short_name(finding.principal) || ' asked for GPU or accelerator instances '
    || counted(event_count, 'time') || ' between ' || moment(first_seen) || ' and ' || moment(last_seen)
    || ': ' || array_to_string(
        list_transform(
            breakdown.kinds,
            lambda each : each.instance_type || concat_ws(
                ' and',
                case when each.failed > 0 then ' failed ' || counted(each.failed, 'time') end,
                case when each.launched > 0 then ' launched ' || counted(each.launched, 'time') end
            )
        ),
        ', '
    )
    || '; the threshold was reached at ' || moment(reached) as summary,
    records,
    finding.principal as actor,
    case when len(address) = 1 then address[1] end as source_ip,
    case when len(region) = 1 then region[1] end as region,
    account_id,
    case when len(instance) = 1 then instance[1] end as resource,
    {
        'failed': failed,
        'launched': launched,
        'reached': reached,
        'unseen': is_unseen,
        'kinds': breakdown.kinds,
        'instances': instance,
        'error_codes': error_code,
        'quota_calls': coalesce(preparation.quota_calls, 0),
        'prepared': coalesce(preparation.prepared, []),
        'regions': region,
        'credentials': credential,
        'addresses': address
    } as metrics
from finding
join breakdown
    on breakdown.principal is not distinct from finding.principal
    and breakdown.series = finding.series
left join preparation
    on preparation.principal = finding.principal
    and preparation.series = finding.series
order by
    first_seen,
    entity,
    finding.series
