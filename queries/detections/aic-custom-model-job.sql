-- ---
-- id: aic-custom-model-job
-- version: 1.0.0
-- title: Custom model job by an unusual identity or with unusual data
-- status: stable
-- severity: high
-- element: ai-changes
-- attack: [T1565.001, T1525]
-- atlas: [AML.T0020, AML.T0018]
-- description: >-
--   Finds customisation, fine-tuning, custom model and copy jobs of Bedrock that an identity makes for the first time,
--   that read a bucket no job read before the case, that write to a bucket which is not ours, or whose training objects
--   somebody outside the pipeline changed within days. One finding per model and identity. Misses data that was
--   poisoned longer ago, and refused calls.
-- requires:
--   cloudtrail_event: needed
--   v_object_write: optional
--   v_own_bucket: optional
--   ref_principal: helpful
-- preconditions:
--   - query: >-
--       select coalesce(min(event_time) <= coalesce($base_to::timestamptz, $case_from::timestamptz)
--       - interval 7 days, false) from cloudtrail_event
--     otherwise: partial
--     reason: less than seven days of CloudTrail before the case, so unseen may only mean unrecorded
-- parameters:
--   fresh: {type: interval, default: 7 days, description: training objects changed this long before the job are fresh}
--   case_from: {type: timestamptz, default: case, description: start of the period of interest}
--   base_from: {type: timestamptz, default: case, description: start of the baseline}
--   base_to: {type: timestamptz, default: case, description: end of the baseline; the start of the case when empty}
-- false_positives:
--   - Machine learning engineers who start their first job.
-- references:
--   - https://docs.aws.amazon.com/bedrock/latest/APIReference/API_CreateModelCustomizationJob.html
-- changelog:
--   1.0.0: first version
-- ---
with event as (
    select
        event_time,
        event_source,
        event_name,
        coalesce(
            request_parameters ->> '$.customModelName',
            request_parameters ->> '$.modelName',
            request_parameters ->> '$.targetModelName',
            request_parameters ->> '$.jobName'
        ) as resource,
        coalesce(
            request_parameters ->> '$.trainingDataConfig.s3Uri',
            request_parameters ->> '$.modelSourceConfig.s3DataSource.s3Uri',
            request_parameters ->> '$.training_file'
        ) as input_uri,
        request_parameters ->> '$.outputDataConfig.s3Uri' as output_uri,
        request_parameters ->> '$.roleArn' as role,
        coalesce(
            request_parameters ->> '$.baseModelIdentifier',
            request_parameters ->> '$.sourceModelArn'
        ) as base_model,
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
            event_source = 'bedrock.amazonaws.com'
            and event_name in ('CreateModelCustomizationJob', 'CreateCustomModel', 'CreateModelCopyJob')
            or event_source = 'bedrock-mantle.amazonaws.com'
            and event_name = 'CreateFineTuningJob'
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
own_bucket as (
    select coalesce(list(distinct bucket order by bucket), []) as buckets
    from v_own_bucket
),
known_input as (
    select coalesce(list(distinct uri_bucket(input_uri) order by uri_bucket(input_uri)), []) as buckets
    from event
    where event_time < coalesce($base_to::timestamptz, $case_from::timestamptz)
        and input_uri is not null
),
stranger as (
    select
        event.artifact_id,
        event.record_no,
        arg_max(object.principal, object.event_time) as writer,
        max(object.event_time) as written_at,
        count(*) as writes
    from event
    join v_object_write as object
        on object.bucket = uri_bucket(event.input_uri)
        and starts_with(object.key, coalesce(uri_key(event.input_uri), ''))
        and object.event_time <= event.event_time
        and object.event_time >= event.event_time - $fresh::interval
    where not exists (
            select 1
            from ref_principal as known
            where known.class in ('pipeline', 'ci', 'training_writer')
                and principal_matches(known.principal, object.principal)
        )
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
        stranger.writer,
        stranger.written_at,
        list_filter(
            [
                case when is_unseen then 'identity never made such a job' end,
                case
                    when event_time >= coalesce($base_to::timestamptz, $case_from::timestamptz)
                        and input_uri is not null
                        and not list_contains(known_input.buckets, uri_bucket(input_uri))
                    then 'reads new bucket ' || uri_bucket(input_uri)
                end,
                case
                    when len(own_bucket.buckets) > 0
                        and output_uri is not null
                        and not list_contains(own_bucket.buckets, uri_bucket(output_uri))
                    then 'writes to ' || uri_bucket(output_uri) || ', which is not ours'
                end,
                case
                    when stranger.written_at is not null
                    then 'training data changed at ' || moment(stranger.written_at) || ' by '
                        || short_name(stranger.writer)
                end
            ],
            lambda reason : reason is not null
        ) as reason
    from compared
    cross join own_bucket
    cross join known_input
    left join stranger
        on stranger.artifact_id = compared.artifact_id
        and stranger.record_no = compared.record_no
),
finding as (
    select
        resource,
        principal,
        list_sort(
            list_distinct(flatten(list(reason order by event_time, artifact_id, record_no)))
        ) as reason,
        bool_or(is_unseen) as is_unseen,
        distinct_values(input_uri) as input_uri,
        distinct_values(output_uri) as output_uri,
        distinct_values(role) as role,
        distinct_values(base_model) as base_model,
        max(written_at) as written_at,
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
    'model' as entity_type,
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
        'inputs': input_uri,
        'outputs': output_uri,
        'roles': role,
        'base_models': base_model,
        'training_data_changed': written_at,
        'regions': region,
        'credentials': credential,
        'addresses': address
    } as metrics
from finding
order by
    first_seen,
    entity,
    actor
