-- ---
-- id: aic-batch-invocation-job
-- version: 1.0.0
-- title: Batch invocation with an unusual place or identity
-- status: stable
-- severity: high
-- element: ai-changes
-- attack: [T1496.004, T1537]
-- atlas: [AML.T0034, AML.T0025]
-- description: >-
--   Finds batch and asynchronous invocations that read from or write to a bucket which is not ours, that run with a
--   role no such job had before the case, or that an identity makes for the first time. One finding per job and
--   identity. Misses asynchronous invocations when the trail does not select them, and refused calls.
-- requires:
--   cloudtrail_event: needed
--   v_own_bucket: optional
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
--   - Batch pipelines that move.
-- references:
--   - https://docs.aws.amazon.com/bedrock/latest/APIReference/API_CreateModelInvocationJob.html
-- changelog:
--   1.0.0: first version
-- ---
with event as (
    select
        event_time,
        event_source,
        event_name,
        coalesce(
            request_parameters ->> '$.jobName',
            request_parameters ->> '$.modelId'
        ) as resource,
        list_filter(
            json_extract_string(
                request_parameters,
                ['$.inputDataConfig.s3InputDataConfig.s3Uri', '$.outputDataConfig.s3OutputDataConfig.s3Uri']
            ),
            lambda uri : uri is not null
        ) as uri,
        request_parameters ->> '$.roleArn' as role,
        request_parameters ->> '$.modelId' as model_id,
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
    where event_source = 'bedrock.amazonaws.com'
        and event_name in ('CreateModelInvocationJob', 'StartAsyncInvoke')
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
own_bucket as (
    select coalesce(list(distinct bucket order by bucket), []) as buckets
    from v_own_bucket
),
known_role as (
    select coalesce(list(distinct role order by role), []) as roles
    from event
    where event_time < coalesce($base_to::timestamptz, $case_from::timestamptz)
        and role is not null
),
read as (
    select
        event.*,
        case
            when len(own_bucket.buckets) > 0
            then list_filter(
                event.uri,
                lambda each : not list_contains(own_bucket.buckets, uri_bucket(each))
            )
            else []
        end as foreign_uri,
        coalesce(
            event.event_time >= coalesce($base_to::timestamptz, $case_from::timestamptz)
            and not list_contains(known_role.roles, event.role),
            false
        ) as is_new_role
    from event
    cross join own_bucket
    cross join known_role
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
                case when is_unseen then 'identity never made such a job' end,
                case when len(foreign_uri) > 0 then 'place that is not ours ' || named(foreign_uri) end,
                case when is_new_role then 'new role ' || short_name(role) end
            ],
            lambda reason : reason is not null
        ) as reason
    from compared
),
finding as (
    select
        resource,
        principal,
        list_sort(
            list_distinct(flatten(list(reason order by event_time, artifact_id, record_no)))
        ) as reason,
        bool_or(is_unseen) as is_unseen,
        list_sort(list_distinct(flatten(list(uri order by event_time)))) as uri,
        distinct_values(role) as role,
        distinct_values(model_id) as model_id,
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
    'job' as entity_type,
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
        'uris': uri,
        'roles': role,
        'models': model_id,
        'regions': region,
        'credentials': credential,
        'addresses': address
    } as metrics
from finding
order by
    first_seen,
    entity,
    actor
