-- Forensic readiness over time: for each item of the score and each thing that it is about (a trail, a region, a bucket,
-- an endpoint, a VPC, a log group), intervals in which it is in one state. share says how much of the item the thing has:
-- 1 all, 0 nothing, between them a part; null is unknown. States come from snapshots and from the calls that change them;
-- the first snapshot tells what held before it, back to the last change. unit says how things make up the item: best (one
-- is enough) or mean (all count).

create or replace view v_readiness as
with snapshot as materialized (
    select
        -- Many answers name no account.
        coalesce(
            account_id,
            max(account_id) over (),
            (select max(recipient_account_id) from cloudtrail_event)
        ) as account_id,
        region,
        service,
        operation,
        resource,
        error_code,
        json,
        collected_at,
        artifact_id,
        record_no
    from api_snapshot
    where collected_at is not null
        and operation in (
            'describe-trails',
            'get-trail-status',
            'get-event-selectors',
            'get-object-lock-configuration',
            'get-bucket-versioning',
            'get-bucket-logging',
            'describe-endpoint',
            'describe-endpoint-config',
            'describe-flow-logs',
            'describe-vpcs',
            'describe-network-interfaces',
            'list-resolver-query-log-configs',
            'describe-log-groups',
            'list-detectors',
            'get-detector',
            'describe-configuration-recorder-status'
        )
),
change as materialized (
    select
        event_time,
        event_name,
        aws_region as region,
        recipient_account_id as account_id,
        request_parameters,
        response_elements,
        artifact_id,
        record_no
    from cloudtrail_event
    where error_code is null
        and event_name in (
            'StopLogging',
            'StartLogging',
            'DeleteTrail',
            'PutEventSelectors',
            'UpdateTrail',
            'CreateEndpoint',
            'UpdateEndpoint',
            'DeleteEndpoint',
            'CreateEndpointConfig',
            'PutBucketLogging',
            'PutBucketVersioning',
            'CreateFlowLogs',
            'DeleteFlowLogs',
            'CreateResolverQueryLogConfig',
            'DeleteResolverQueryLogConfig',
            'PutRetentionPolicy',
            'DeleteRetentionPolicy',
            'DeleteLogGroup',
            'CreateDetector',
            'UpdateDetector',
            'DeleteDetector',
            'StartConfigurationRecorder',
            'StopConfigurationRecorder',
            'DeleteConfigurationRecorder'
        )
),
-- Trails, with what was asked about each at the same time.
trail as materialized (
    select
        described.account_id,
        described.region,
        described.collected_at,
        described.artifact_id,
        described.record_no,
        entry ->> '$.Name' as name,
        entry ->> '$.S3BucketName' as bucket,
        (entry ->> '$.IsMultiRegionTrail') = 'true' as is_multi_region,
        (entry ->> '$.LogFileValidationEnabled') = 'true' as is_validated
    from (
        select
            *,
            unnest(json_extract(json, '$.trailList[*]')) as entry
        from snapshot
        where operation = 'describe-trails'
    ) as described
),
selector as materialized (
    select
        told.account_id,
        told.region,
        told.name,
        told.told_at,
        told.source,
        told.artifact_id,
        told.record_no,
        -- Keys are in PascalCase in answers and in camelCase in calls.
        lower(told.selectors::varchar)::json as selectors
    from (
        select
            account_id,
            region,
            coalesce(regexp_extract(json ->> '$.TrailARN', '([^/]+)$', 1), resource) as name,
            collected_at as told_at,
            'api_snapshot' as source,
            artifact_id,
            record_no,
            json as selectors
        from snapshot
        where operation = 'get-event-selectors'
            and error_code is null
        union all
        select
            account_id,
            region,
            regexp_extract(request_parameters ->> '$.trailName', '([^/]+)$', 1) as name,
            event_time as told_at,
            'cloudtrail_event' as source,
            artifact_id,
            record_no,
            coalesce(response_elements, request_parameters) as selectors
        from change
        where event_name = 'PutEventSelectors'
    ) as told
),
selected as (
    select
        *,
        case
            -- A selector of all management events has no field but the category.
            when len(
                list_filter(
                    json_extract(selectors, '$.advancedeventselectors[*]'),
                    lambda one : contains(one::varchar, '"management"') and not contains(one::varchar, '"readonly"')
                )
            ) > 0
                or len(
                    list_filter(
                        json_extract(selectors, '$.eventselectors[*]'),
                        lambda one : (one ->> '$.includemanagementevents') = 'true'
                        and (one ->> '$.readwritetype') = 'all'
                    )
                ) > 0 then 1.0
            when contains(selectors::varchar, '"management"')
                or len(
                    list_filter(
                        json_extract(selectors, '$.eventselectors[*]'),
                        lambda one : (one ->> '$.includemanagementevents') = 'true'
                    )
                ) > 0 then 0.5
            else 0.0
        end as management_share,
        -- Prefixes of objects that are selected; an empty one stands for all.
        list_concat(
            flatten(
                list_transform(
                    list_filter(
                        json_extract(selectors, '$.advancedeventselectors[*]'),
                        lambda one : contains(one::varchar, '"aws::s3::object"')
                    ),
                    lambda one : case
                        when contains(one::varchar, '"resources.arn"')
                            then list_concat(
                                coalesce(
                                    json_extract_string(one, '$.fieldselectors[*].startswith[*]'),
                                    []
                                ),
                                list_filter(
                                    coalesce(json_extract_string(one, '$.fieldselectors[*].equals[*]'), []),
                                    lambda value : starts_with(value, 'arn:')
                                )
                            )
                        else ['']
                    end
                )
            ),
            coalesce(
                list_filter(
                    flatten(
                        list_transform(
                            list_filter(
                                json_extract(selectors, '$.eventselectors[*].dataresources[*]'),
                                lambda one : (one ->> '$.type') = 'aws::s3::object'
                            ),
                            lambda one : list_transform(
                                json_extract_string(one, '$.values[*]'),
                                lambda value : case when value in ('arn:aws:s3', 'arn:aws:s3:::') then '' else value end
                            )
                        )
                    ),
                    lambda value : value is not null
                ),
                []
            )
        ) as object_prefixes,
        len(
            list_filter(
                [
                    'aws::bedrock::agentalias', 'aws::bedrock::knowledgebase', 'aws::bedrock::flow',
                    'aws::bedrock::guardrail', 'aws::bedrock::prompt', 'aws::bedrock::asyncinvoke'
                ],
                lambda type : contains(selectors::varchar, '"' || type)
            )
        ) as bedrock_types,
        len(
            list_filter(
                [
                    'aws::bedrockmantle::', 'aws::bedrockagentcore::', 'aws::lambda::function', 'aws::sns::',
                    'aws::ses::'
                ],
                lambda type : contains(selectors::varchar, '"' || type)
            )
        ) as action_types
    from selector
),
ai_bucket as (
    select
        bucket,
        class
    from ref_bucket
    where class in ('training', 'model', 'kb', 'private')
),
config as (
    -- What an endpoint configuration captures.
    select
        resource,
        share
    from (
        select
            json ->> '$.EndpointConfigName' as resource,
            case
                when (json ->> '$.DataCaptureConfig.EnableCapture') is distinct from 'true' then 0.0
                when try_cast(json ->> '$.DataCaptureConfig.InitialSamplingPercentage' as double) >= 100
                    and contains(json::varchar, '"Input"')
                    and contains(json::varchar, '"Output"') then 1.0
                else 0.5
            end as share
        from snapshot
        where operation = 'describe-endpoint-config'
            and error_code is null
        union all
        select
            request_parameters ->> '$.endpointConfigName' as resource,
            case
                when (request_parameters ->> '$.dataCaptureConfig.enableCapture') is distinct from 'true' then 0.0
                when try_cast(request_parameters ->> '$.dataCaptureConfig.initialSamplingPercentage' as double) >= 100
                    and contains(request_parameters::varchar, '"Input"')
                    and contains(request_parameters::varchar, '"Output"') then 1.0
                else 0.5
            end as share
        from change
        where event_name = 'CreateEndpointConfig'
    )
    where resource is not null
    qualify row_number() over (partition by resource order by share) = 1
),
vpc as (
    -- VPCs that AI services have network interfaces in; where none is known, all of them.
    select
        region,
        vpc_id
    from (
        select distinct
            region,
            interface ->> '$.VpcId' as vpc_id,
            regexp_matches(interface ->> '$.Description', '(?i)sagemaker|bedrock') as is_ai
        from (
            select
                region,
                unnest(json_extract(json, '$.NetworkInterfaces[*]')) as interface
            from snapshot
            where operation = 'describe-network-interfaces'
        )
        union
        select distinct
            region,
            unnest(json_extract_string(json, '$.Vpcs[*].VpcId')) as vpc_id,
            false as is_ai
        from snapshot
        where operation = 'describe-vpcs'
    )
    where vpc_id is not null
    qualify is_ai = max(is_ai) over ()
),
flow_log as materialized (
    select
        region,
        collected_at,
        artifact_id,
        record_no,
        entry ->> '$.FlowLogId' as flow_log_id,
        entry ->> '$.ResourceId' as vpc_id,
        case
            when (entry ->> '$.FlowLogStatus') is distinct from 'ACTIVE' then 0.0
            when (entry ->> '$.TrafficType') = 'ALL'
                and contains(entry ->> '$.LogFormat', '${pkt-srcaddr}')
                and contains(entry ->> '$.LogFormat', '${pkt-dstaddr}')
                and contains(entry ->> '$.LogFormat', '${flow-direction}')
                and contains(entry ->> '$.LogFormat', '${pkt-dst-aws-service}') then 1.0
            else 0.5
        end as share
    from (
        select
            *,
            unnest(json_extract(json, '$.FlowLogs[*]')) as entry
        from snapshot
        where operation = 'describe-flow-logs'
    )
),
-- Everything that says in which state a thing is at some time.
told as (
    select
        'trail' as item,
        trail.account_id,
        trail.region,
        trail.name as thing,
        trail.collected_at as told_at,
        'snapshot' as said_by,
        case when trail.is_multi_region then 1.0 else 0.5 end
        * coalesce(min(selected.management_share), 1.0)
        * case
            when min(status.json ->> '$.IsLogging') = 'false' then 0.0
            else 1.0
        end as share,
        'api_snapshot' as source,
        trail.artifact_id,
        trail.record_no
    from trail
    left join selected
        on selected.name = trail.name
        and selected.told_at = trail.collected_at
    left join snapshot as status
        on status.operation = 'get-trail-status'
        and regexp_extract(status.resource, '([^/]+)$', 1) = trail.name
        and status.collected_at = trail.collected_at
    group by
        trail.account_id,
        trail.region,
        trail.name,
        trail.collected_at,
        trail.is_multi_region,
        trail.artifact_id,
        trail.record_no
    union all
    select
        'trail',
        account_id,
        region,
        coalesce(regexp_extract(request_parameters ->> '$.name', '([^/]+)$', 1), 'trail'),
        event_time,
        event_name,
        case when event_name = 'StartLogging' then 1.0 else 0.0 end,
        'cloudtrail_event',
        artifact_id,
        record_no
    from change
    where event_name in ('StopLogging', 'StartLogging', 'DeleteTrail')
    union all
    select
        'objects',
        selected.account_id,
        selected.region,
        selected.name,
        selected.told_at,
        case when selected.source = 'api_snapshot' then 'snapshot' else 'PutEventSelectors' end,
        case
            when list_contains(selected.object_prefixes, '') then 1.0
            when count(ai_bucket.bucket) = 0
                then case when len(selected.object_prefixes) > 0 then 0.5 else 0.0 end
            else count(*) filter (
                list_has_any(
                    selected.object_prefixes,
                    ['arn:aws:s3:::' || ai_bucket.bucket, 'arn:aws:s3:::' || ai_bucket.bucket || '/']
                )
            ) / count(*)
        end,
        selected.source,
        selected.artifact_id,
        selected.record_no
    from selected
    left join ai_bucket
        on true
    group by
        selected.account_id,
        selected.region,
        selected.name,
        selected.told_at,
        selected.source,
        selected.object_prefixes,
        selected.artifact_id,
        selected.record_no
    union all
    select
        'bedrock data events',
        account_id,
        region,
        name,
        told_at,
        case when source = 'api_snapshot' then 'snapshot' else 'PutEventSelectors' end,
        bedrock_types / 6.0,
        source,
        artifact_id,
        record_no
    from selected
    union all
    select
        'action data events',
        account_id,
        region,
        name,
        told_at,
        case when source = 'api_snapshot' then 'snapshot' else 'PutEventSelectors' end,
        action_types / 5.0,
        source,
        artifact_id,
        record_no
    from selected
    union all
    select
        'validation',
        account_id,
        region,
        name,
        collected_at,
        'snapshot',
        case when is_validated then 1.0 else 0.0 end,
        'api_snapshot',
        artifact_id,
        record_no
    from trail
    union all
    select
        'validation',
        account_id,
        region,
        regexp_extract(request_parameters ->> '$.name', '([^/]+)$', 1),
        event_time,
        event_name,
        case when (request_parameters ->> '$.enableLogFileValidation') = 'true' then 1.0 else 0.0 end,
        'cloudtrail_event',
        artifact_id,
        record_no
    from change
    where event_name = 'UpdateTrail'
        and (request_parameters ->> '$.enableLogFileValidation') is not null
    union all
    -- The bucket of the trail: locked is all, versions are half.
    select
        'immutable',
        snapshot.account_id,
        snapshot.region,
        snapshot.resource,
        snapshot.collected_at,
        'snapshot',
        max(
            case
                when snapshot.operation = 'get-object-lock-configuration' and snapshot.error_code is null
                    then 1.0
                when snapshot.operation = 'get-bucket-versioning' and (snapshot.json ->> '$.Status') = 'Enabled'
                    then 0.5
                else 0.0
            end
        ),
        'api_snapshot',
        min(snapshot.artifact_id),
        arg_min(snapshot.record_no, snapshot.artifact_id)
    from snapshot
    where snapshot.operation in ('get-object-lock-configuration', 'get-bucket-versioning')
        and snapshot.resource in (select bucket from trail)
        and (snapshot.error_code is null or snapshot.error_code = 'ObjectLockConfigurationNotFoundError')
    group by
        snapshot.account_id,
        snapshot.region,
        snapshot.resource,
        snapshot.collected_at
    union all
    select
        'invocation logging',
        account_id,
        region,
        region,
        told_at,
        said_by,
        case when points >= 4 then 1.0 else 0.0 end,
        source,
        artifact_id,
        record_no
    from v_bedrock_logging
    where region in (
        select aws_region
        from cloudtrail_event
        where event_source = 'bedrock.amazonaws.com'
            and event_name in ('InvokeModel', 'InvokeModelWithResponseStream', 'Converse', 'ConverseStream')
    )
    union all
    select
        'capture',
        account_id,
        region,
        json ->> '$.EndpointName',
        collected_at,
        'snapshot',
        case
            when (json ->> '$.DataCaptureConfig.EnableCapture') is distinct from 'true' then 0.0
            when try_cast(json ->> '$.DataCaptureConfig.CurrentSamplingPercentage' as double) >= 100
                then coalesce(
                    (select share from config where config.resource = (json ->> '$.EndpointConfigName')),
                    1.0
                )
            else 0.5
        end,
        'api_snapshot',
        artifact_id,
        record_no
    from snapshot
    where operation = 'describe-endpoint'
        and (json ->> '$.EndpointStatus') in ('InService', 'Updating', 'SystemUpdating')
    union all
    select
        'capture',
        account_id,
        region,
        request_parameters ->> '$.endpointName',
        event_time,
        event_name,
        case
            when event_name <> 'DeleteEndpoint'
                then (select share from config where config.resource = (request_parameters ->> '$.endpointConfigName'))
        end,
        'cloudtrail_event',
        artifact_id,
        record_no
    from change
    where event_name in ('CreateEndpoint', 'UpdateEndpoint', 'DeleteEndpoint')
        and (request_parameters ->> '$.endpointName') is not null
    union all
    select
        'access logging',
        account_id,
        region,
        resource,
        collected_at,
        'snapshot',
        case when json_exists(json, '$.LoggingEnabled') then 1.0 else 0.0 end,
        'api_snapshot',
        artifact_id,
        record_no
    from snapshot
    where operation = 'get-bucket-logging'
        and error_code is null
        and resource in (select bucket from ai_bucket)
    union all
    select
        'access logging',
        account_id,
        region,
        request_parameters ->> '$.bucketName',
        event_time,
        event_name,
        case when contains(lower(request_parameters::varchar), '"loggingenabled"') then 1.0 else 0.0 end,
        'cloudtrail_event',
        artifact_id,
        record_no
    from change
    where event_name = 'PutBucketLogging'
        and (request_parameters ->> '$.bucketName') in (select bucket from ai_bucket)
    union all
    select
        'flow logs',
        asked.account_id,
        vpc.region,
        vpc.vpc_id,
        asked.collected_at,
        'snapshot',
        coalesce(max(flow_log.share), 0.0),
        'api_snapshot',
        asked.artifact_id,
        asked.record_no
    from vpc
    join snapshot as asked
        on asked.operation = 'describe-flow-logs'
        and asked.region is not distinct from vpc.region
    left join flow_log
        on flow_log.vpc_id = vpc.vpc_id
        and flow_log.artifact_id = asked.artifact_id
        and flow_log.record_no = asked.record_no
    group by
        asked.account_id,
        vpc.region,
        vpc.vpc_id,
        asked.collected_at,
        asked.artifact_id,
        asked.record_no
    union all
    select
        'flow logs',
        change.account_id,
        change.region,
        flow_log.vpc_id,
        change.event_time,
        change.event_name,
        0.0,
        'cloudtrail_event',
        change.artifact_id,
        change.record_no
    from change
    join (
        select distinct
            flow_log_id,
            vpc_id
        from flow_log
    ) as flow_log
        on contains(change.request_parameters::varchar, '"' || flow_log.flow_log_id || '"')
    where change.event_name = 'DeleteFlowLogs'
        and flow_log.vpc_id in (select vpc_id from vpc)
    union all
    select
        'flow logs',
        change.account_id,
        change.region,
        vpc.vpc_id,
        change.event_time,
        change.event_name,
        case when contains(change.request_parameters::varchar, 'pkt-srcaddr') then 1.0 else 0.5 end,
        'cloudtrail_event',
        change.artifact_id,
        change.record_no
    from change
    join vpc
        on contains(change.request_parameters::varchar, '"' || vpc.vpc_id || '"')
    where change.event_name = 'CreateFlowLogs'
    union all
    select
        'dns logs',
        account_id,
        region,
        region,
        collected_at,
        'snapshot',
        case when json_array_length(json, '$.ResolverQueryLogConfigs') > 0 then 1.0 else 0.0 end,
        'api_snapshot',
        artifact_id,
        record_no
    from snapshot
    where operation = 'list-resolver-query-log-configs'
        and error_code is null
    union all
    select
        'dns logs',
        account_id,
        region,
        region,
        event_time,
        event_name,
        case when starts_with(event_name, 'Create') then 1.0 else 0.0 end,
        'cloudtrail_event',
        artifact_id,
        record_no
    from change
    where event_name in ('CreateResolverQueryLogConfig', 'DeleteResolverQueryLogConfig')
    union all
    select
        'retention',
        account_id,
        region,
        entry ->> '$.logGroupName',
        collected_at,
        'snapshot',
        -- Without a number of days a group keeps all.
        case
            when (entry ->> '$.retentionInDays') is null then 1.0
            when try_cast(entry ->> '$.retentionInDays' as bigint) >= 365 then 1.0
            when try_cast(entry ->> '$.retentionInDays' as bigint) >= 90 then 0.5
            else 0.0
        end,
        'api_snapshot',
        artifact_id,
        record_no
    from (
        select
            *,
            unnest(json_extract(json, '$.logGroups[*]')) as entry
        from snapshot
        where operation = 'describe-log-groups'
    )
    where regexp_matches(entry ->> '$.logGroupName', '(?i)bedrock|sagemaker|^/aws/lambda/')
    union all
    select
        'retention',
        account_id,
        region,
        request_parameters ->> '$.logGroupName',
        event_time,
        event_name,
        case
            when event_name = 'DeleteRetentionPolicy' then 1.0
            when event_name = 'DeleteLogGroup' then 0.0
            when try_cast(request_parameters ->> '$.retentionInDays' as bigint) >= 365 then 1.0
            when try_cast(request_parameters ->> '$.retentionInDays' as bigint) >= 90 then 0.5
            else 0.0
        end,
        'cloudtrail_event',
        artifact_id,
        record_no
    from change
    where event_name in ('PutRetentionPolicy', 'DeleteRetentionPolicy', 'DeleteLogGroup')
        and regexp_matches(request_parameters ->> '$.logGroupName', '(?i)bedrock|sagemaker|^/aws/lambda/')
    union all
    select
        'guardduty',
        account_id,
        region,
        region,
        collected_at,
        'snapshot',
        max(
            case
                when operation = 'get-detector' and (json ->> '$.Status') = 'ENABLED' then 1.0
                else 0.0
            end
        ),
        'api_snapshot',
        max(artifact_id),
        arg_max(record_no, artifact_id)
    from snapshot
    where (
            operation = 'get-detector'
            or operation = 'list-detectors' and json_array_length(json, '$.DetectorIds') = 0
        )
        and error_code is null
    group by
        account_id,
        region,
        collected_at
    union all
    select
        'guardduty',
        account_id,
        region,
        region,
        event_time,
        event_name,
        case
            when event_name = 'DeleteDetector' or (request_parameters ->> '$.enable') = 'false' then 0.0
            else 1.0
        end,
        'cloudtrail_event',
        artifact_id,
        record_no
    from change
    where event_name in ('CreateDetector', 'DeleteDetector')
        or event_name = 'UpdateDetector' and (request_parameters ->> '$.enable') is not null
    union all
    select
        'config',
        account_id,
        region,
        region,
        collected_at,
        'snapshot',
        case when contains(json::varchar, '"recording":true') then 1.0 else 0.0 end,
        'api_snapshot',
        artifact_id,
        record_no
    from snapshot
    where operation = 'describe-configuration-recorder-status'
        and error_code is null
    union all
    select
        'config',
        account_id,
        region,
        region,
        event_time,
        event_name,
        case when event_name = 'StartConfigurationRecorder' then 1.0 else 0.0 end,
        'cloudtrail_event',
        artifact_id,
        record_no
    from change
    where event_name in ('StartConfigurationRecorder', 'StopConfigurationRecorder', 'DeleteConfigurationRecorder')
    union all
    select
        'versioning',
        account_id,
        region,
        resource,
        collected_at,
        'snapshot',
        case when (json ->> '$.Status') = 'Enabled' then 1.0 else 0.0 end,
        'api_snapshot',
        artifact_id,
        record_no
    from snapshot
    where operation = 'get-bucket-versioning'
        and error_code is null
        and resource in (select bucket from ai_bucket where class in ('model', 'kb'))
    union all
    select
        'versioning',
        account_id,
        region,
        request_parameters ->> '$.bucketName',
        event_time,
        event_name,
        case when contains(request_parameters::varchar, 'Enabled') then 1.0 else 0.0 end,
        'cloudtrail_event',
        artifact_id,
        record_no
    from change
    where event_name = 'PutBucketVersioning'
        and (request_parameters ->> '$.bucketName') in (select bucket from ai_bucket where class in ('model', 'kb'))
),
-- What repeats the state before begins nothing.
turn as (
    select
        *,
        lag(share) over place as share_before,
        row_number() over place as turn_no
    from (
        select
            * replace (
                -- Names of buckets and trails are the same in every region.
                case
                    when item in ('invocation logging', 'capture', 'flow logs', 'dns logs', 'retention', 'guardduty', 'config')
                        then region
                end as region
            )
        from told
    )
    window place as (
        partition by item, account_id, region, thing
        order by told_at, source desc, artifact_id, record_no
    )
)
select
    item,
    case
        when item in ('trail', 'objects', 'bedrock data events', 'action data events', 'validation', 'immutable')
            then 'best'
        else 'mean'
    end as unit,
    account_id,
    region,
    thing,
    -- The first snapshot tells what held before it; before a first change nothing is known.
    case when turn_no = 1 and said_by = 'snapshot' then null else told_at end as known_from,
    lead(told_at) over (
        partition by item, account_id, region, thing
        order by told_at, source desc, artifact_id, record_no
    ) as known_to,
    told_at,
    said_by,
    share::double as share,
    source,
    artifact_id,
    record_no
from turn
where turn_no = 1
    or share is distinct from share_before;
comment on view v_readiness is 'States of what forensic readiness is made of, over time, by item and thing.';
