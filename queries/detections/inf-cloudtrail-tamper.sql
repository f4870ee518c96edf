-- ---
-- id: inf-cloudtrail-tamper
-- version: 1.0.0
-- title: CloudTrail disabled or narrowed
-- status: stable
-- severity: critical
-- element: infrastructure-changes
-- attack: [T1562.008]
-- atlas: []
-- description: >-
--   Finds trails and event data stores that were stopped, deleted or made to record less: one region, no global services,
--   no log file validation, another bucket or key, no management events, reads or writes only, a service left out, data
--   events dropped, no insights. Refused attempts are medium, one finding per identity, trail and operation, and so is a
--   change whose content is not recorded or that cannot be compared. Gives the blind interval of a trail that is off, and
--   which other controls the identity touched within an hour. Misses a narrowing whose earlier state is in no record, and
--   changes of the bucket that receives the trail.
-- requires:
--   cloudtrail_event: needed
--   named_set: optional
--   ref_bucket: optional
--   api_snapshot: optional
--   v_impairment: optional
-- parameters:
--   run: {type: interval, default: 60 minutes, description: how far apart two controls may be touched to be one run}
-- false_positives:
--   - Trails that are merged into an organisation trail.
--   - Infrastructure as code that writes the same selectors again; only what gets less is a finding.
-- references:
--   - https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_PutEventSelectors.html
--   - https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_UpdateTrail.html
-- changelog:
--   1.0.0: first version
-- ---
with event as (
    select
        event_time,
        event_name,
        regexp_replace(
            coalesce(
                request_parameters ->> '$.name',
                request_parameters ->> '$.trailName',
                request_parameters ->> '$.eventDataStore',
                response_elements ->> '$.trailARN'
            ),
            '^arn:[^:]+:cloudtrail:[^:]*:[^:]*:(?:trail|eventdatastore)/',
            ''
        ) as trail,
        principal,
        credential,
        source_ip_address,
        aws_region,
        recipient_account_id,
        error_code,
        request_parameters as request,
        case when error_code is null then response_elements end as success,
        artifact_id,
        record_no
    from cloudtrail_event
    where event_source = 'cloudtrail.amazonaws.com'
        and (
            event_name in (select member from named_set where name = 'CLOUDTRAIL_TAMPER')
            or event_name in ('CreateTrail', 'StartLogging')
        )
    union all by name
    -- What was asked about a trail is a state as well; its keys are those of the CLI.
    select
        collected_at as event_time,
        'DescribeTrails' as event_name,
        coalesce(
            trail ->> '$.Name',
            regexp_replace(trail ->> '$.TrailARN', '^arn:[^:]+:cloudtrail:[^:]*:[^:]*:trail/', '')
        ) as trail,
        split_part(trail ->> '$.TrailARN', ':', 5) as recipient_account_id,
        list_reduce(
            [
                'EventSelectors', 'AdvancedEventSelectors', 'ReadWriteType', 'IncludeManagementEvents',
                'ExcludeManagementEventSources', 'DataResources', 'Type', 'Values', 'FieldSelectors', 'Field',
                'Equals', 'NotEquals'
            ],
            lambda spelling, name : replace(
                spelling,
                '"' || name || '":',
                '"' || lower(name[1]) || name[2:] || '":'
            ),
            trail::varchar
        )::json as request,
        json_object(
            's3BucketName',
            trail ->> '$.S3BucketName',
            'kmsKeyId',
            trail ->> '$.KmsKeyId',
            'isMultiRegionTrail',
            trail ->> '$.IsMultiRegionTrail'
        ) as success,
        artifact_id,
        record_no
    from (
        select
            collected_at,
            unnest(
                json_items(json -> '$.trailList')
                || json_items(json -> '$.Trail')
                || case when operation = 'get-event-selectors' then [json] else [] end
            ) as trail,
            artifact_id,
            record_no
        from api_snapshot
        where service = 'cloudtrail'
            and operation in ('describe-trails', 'get-trail', 'get-event-selectors')
            and collected_at is not null
    )
),
-- What a selector records, one text per kind and place: a text covers all that begin with it.
selector as (
    select
        *,
        json_items(request -> '$.eventSelectors') as basic,
        json_items(request -> '$.advancedEventSelectors') as advanced
    from event
),
scope as (
    select
        *,
        len(basic) + len(advanced) > 0 as has_selectors,
        list_sort(
            list_distinct(
                flatten(
                    list_transform(
                        flatten(
                            list_transform(basic, lambda each : json_items(each -> '$.dataResources'))
                        ),
                        lambda kind : list_transform(
                            json_extract_string(kind, '$.values[*]'),
                            lambda place : (kind ->> '$.type') || ' '
                                || case
                                    when place in ('arn:aws:s3', 'arn:aws:s3:::', 'arn:aws:lambda') then ''
                                    else place
                                end
                        )
                    )
                )
                || flatten(
                    list_transform(
                        advanced,
                        lambda each : flatten(
                            list_transform(
                                json_items(each -> '$.fieldSelectors'),
                                lambda field : case
                                    when (field ->> '$.field') = 'resources.type'
                                    then list_transform(
                                        json_extract_string(field, '$.equals[*]'),
                                        lambda kind : kind || ' '
                                    )
                                    else []
                                end
                            )
                        )
                    )
                )
            )
        ) as data_scope,
        len(list_filter(basic, lambda each : (each ->> '$.includeManagementEvents') is distinct from 'false'))
        + len(
            list_filter(
                advanced,
                lambda each : list_contains(
                    json_extract_string(each, '$.fieldSelectors[*].equals[*]'),
                    'Management'
                )
            )
        ) > 0 as has_management,
        list_distinct(
            list_filter(
                list_transform(
                    list_filter(
                        basic,
                        lambda each : (each ->> '$.includeManagementEvents') is distinct from 'false'
                    ),
                    lambda each : each ->> '$.readWriteType'
                ),
                lambda kind : kind <> 'All'
            )
        ) as partial_kind,
        list_distinct(
            flatten(
                list_transform(
                    basic,
                    lambda each : json_extract_string(each, '$.excludeManagementEventSources[*]')
                )
            )
            || flatten(
                list_transform(
                    advanced,
                    lambda each : flatten(
                        list_transform(
                            json_items(each -> '$.fieldSelectors'),
                            lambda field : case
                                when (field ->> '$.field') = 'eventSource'
                                then json_extract_string(field, '$.notEquals[*]')
                                else []
                            end
                        )
                    )
                )
            )
        ) as excluded_source,
        list_distinct(
            flatten(
                list_transform(
                    list_filter(
                        advanced,
                        lambda each : list_contains(
                            json_extract_string(each, '$.fieldSelectors[*].equals[*]'),
                            'Management'
                        )
                    ),
                    lambda each : flatten(
                        list_transform(
                            json_items(each -> '$.fieldSelectors'),
                            lambda field : case
                                when (field ->> '$.field') = 'readOnly'
                                then json_extract_string(field, '$.equals[*]')
                                else []
                            end
                        )
                    )
                )
            )
        ) as read_only_kind
    from selector
),
-- What the trail was before, as the answers to earlier changes tell it.
compared as (
    select
        * exclude (basic, advanced),
        last_value(success ->> '$.s3BucketName' ignore nulls) over before as old_bucket,
        last_value(
            case
                when event_name in ('CreateTrail', 'UpdateTrail') and success is not null
                    or event_name = 'DescribeTrails' and (success ->> '$.s3BucketName') is not null
                then coalesce(success ->> '$.kmsKeyId', '')
            end
            ignore nulls
        ) over before as old_key,
        last_value(success ->> '$.isMultiRegionTrail' ignore nulls) over before as old_multi_region,
        last_value(
            case when error_code is null and has_selectors then data_scope end ignore nulls
        ) over before as old_scope,
        last_value(
            case when error_code is null and has_selectors then has_management end ignore nulls
        ) over before as old_management,
        min(
            case when error_code is null and event_name in ('StartLogging', 'CreateTrail') then event_time end
        ) over (
            partition by recipient_account_id, trail
            order by event_time, artifact_id, record_no
            rows between 1 following and unbounded following
        ) as next_on
    from scope
    window before as (
        partition by recipient_account_id, trail
        order by event_time, artifact_id, record_no
        rows between unbounded preceding and 1 preceding
    )
),
judged as (
    select
        *,
        list_filter(
            [
                case event_name
                    when 'StopLogging' then 'logging stopped'
                    when 'DeleteTrail' then 'trail deleted'
                    when 'DeleteEventDataStore' then 'event data store deleted'
                    when 'StopEventDataStoreIngestion' then 'ingestion stopped'
                end,
                case
                    when event_name in ('UpdateTrail', 'UpdateEventDataStore')
                        and coalesce(
                            request ->> '$.isMultiRegionTrail',
                            request ->> '$.multiRegionEnabled'
                        ) = 'false'
                        and old_multi_region is distinct from 'false'
                    then 'only one region recorded'
                end,
                case
                    when event_name = 'UpdateTrail' and (request ->> '$.includeGlobalServiceEvents') = 'false'
                    then 'global services no longer recorded'
                end,
                case
                    when event_name in ('UpdateTrail', 'UpdateEventDataStore')
                        and coalesce(
                            request ->> '$.isOrganizationTrail',
                            request ->> '$.organizationEnabled'
                        ) = 'false'
                    then 'other accounts of the organisation no longer recorded'
                end,
                case
                    when event_name = 'UpdateTrail' and (request ->> '$.enableLogFileValidation') = 'false'
                    then 'log file validation off'
                end,
                case
                    when event_name = 'UpdateTrail' and old_bucket <> (request ->> '$.s3BucketName')
                    then 'bucket changed from ' || old_bucket || ' to ' || (request ->> '$.s3BucketName')
                end,
                case
                    when event_name = 'UpdateTrail'
                        and old_bucket is null
                        and (select count(*) > 0 from ref_bucket where class = 'log')
                        and (request ->> '$.s3BucketName') not in (
                            select bucket from ref_bucket where class = 'log'
                        )
                    then 'bucket ' || (request ->> '$.s3BucketName') || ' is no known log bucket'
                end,
                case
                    when event_name = 'UpdateTrail' and old_key <> (request ->> '$.kmsKeyId')
                    then case
                        when (request ->> '$.kmsKeyId') = '' then 'encryption key removed'
                        else 'encryption key changed'
                    end
                end,
                case
                    when event_name = 'UpdateEventDataStore'
                        and (request ->> '$.terminationProtectionEnabled') = 'false'
                    then 'protection against deletion off'
                end,
                case
                    when event_name in ('PutEventSelectors', 'UpdateEventDataStore')
                        and has_selectors
                        and not has_management
                        and old_management is distinct from false
                    then 'management events no longer recorded'
                end,
                case
                    when len(partial_kind) > 0
                    then 'only ' || array_to_string(list_sort(partial_kind), ' and ')
                        || ' management events recorded'
                end,
                case
                    when len(read_only_kind) = 1
                    then 'only ' || case read_only_kind[1] when 'true' then 'ReadOnly' else 'WriteOnly' end
                        || ' management events recorded'
                end,
                case
                    when len(excluded_source) > 0
                    then array_to_string(list_sort(excluded_source), ' and ') || ' left out'
                end,
                case
                    when event_name = 'PutEventSelectors' and has_selectors
                        and len(
                            list_filter(
                                old_scope,
                                lambda old : len(
                                    list_filter(data_scope, lambda kept : starts_with(old, kept))
                                ) = 0
                            )
                        ) > 0
                    then 'data events dropped: ' || named(
                        list_transform(
                            list_filter(
                                old_scope,
                                lambda old : len(
                                    list_filter(data_scope, lambda kept : starts_with(old, kept))
                                ) = 0
                            ),
                            lambda old : trim(old)
                        )
                    )
                end,
                case
                    when event_name = 'PutInsightSelectors'
                        and json_type(request -> '$.insightSelectors') = 'ARRAY'
                        and json_array_length(request -> '$.insightSelectors') = 0
                    then 'insights off'
                end
            ],
            lambda reason : reason is not null
        ) as reason,
        request is null and event_name in ('UpdateTrail', 'PutEventSelectors', 'PutInsightSelectors')
        or event_name = 'PutEventSelectors' and not has_selectors
        or event_name = 'UpdateEventDataStore' as is_unclear
    from compared
),
counted_event as (
    select
        *,
        error_code is not null as is_attempt,
        event_name in (
            'StopLogging',
            'DeleteTrail',
            'DeleteEventDataStore',
            'StopEventDataStoreIngestion'
        )
        and error_code is null as is_blind,
        -- Each success is a finding of its own, refused attempts are counted together.
        case when error_code is null then row(event_time, artifact_id, record_no) end as change
    from judged
    where event_name not in ('CreateTrail', 'StartLogging', 'DescribeTrails')
        and (len(reason) > 0 or is_unclear)
),
finding as (
    select
        row_number() over (
            order by min(event_time), min(artifact_id), min(record_no), event_name
        ) as finding_no,
        coalesce(trail, 'a trail') as trail,
        principal,
        event_name,
        error_code,
        is_attempt,
        is_blind,
        arg_min(reason, row(event_time, artifact_id, record_no)) as reason,
        min(next_on) as next_on,
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
    from counted_event
    group by
        trail,
        principal,
        event_name,
        error_code,
        is_attempt,
        is_blind,
        change
),
companion as (
    select
        finding.finding_no,
        distinct_values(other.control) as control
    from finding
    join v_impairment as other
        on other.principal = finding.principal
        and other.event_time >= finding.first_seen - $run::interval
        and other.event_time <= finding.last_seen + $run::interval
    where other.control <> 'CloudTrail'
    group by finding.finding_no
)
select
    case
        when contains(event_name, 'EventDataStore') then 'event_data_store'
        else 'trail'
    end as entity_type,
    trail as entity,
    case when is_attempt or len(reason) = 0 then 'medium' else 'critical' end as severity,
    first_seen,
    last_seen,
    event_count,
    short_name(principal)
    || case
        when is_attempt
        then ' tried ' || event_name || ' on ' || trail || ' in ' || counted(event_count, 'call')
            || ' and failed with ' || error_code
        else ' changed CloudTrail with ' || event_name || ' on ' || trail || ': ' || case
            when len(reason) > 0 then array_to_string(reason, ', ')
            else 'the record does not say what'
        end
    end
    || case
        when is_blind
        then '; blind from ' || moment(first_seen) || ' to '
            || coalesce(moment(next_on), 'the end of the evidence')
        else ''
    end
    || coalesce('; also touched: ' || array_to_string(companion.control, ', '), '') as summary,
    records,
    principal as actor,
    case when len(address) = 1 then address[1] end as source_ip,
    case when len(region) = 1 then region[1] end as region,
    account_id,
    trail as resource,
    {
        'event_name': event_name,
        'attempt': is_attempt,
        'reasons': reason,
        'error_code': error_code,
        'blind_from': case when is_blind then first_seen end,
        'blind_to': case when is_blind then next_on end,
        'other_controls': coalesce(companion.control, []),
        'credentials': credential,
        'addresses': address
    } as metrics
from finding
left join companion
    on companion.finding_no = finding.finding_no
order by
    first_seen,
    entity,
    finding.finding_no
