-- ---
-- id: aic-endpoint-datacapture-disabled
-- version: 1.0.1
-- title: Endpoint data capture disabled or reduced
-- status: stable
-- severity: high
-- element: ai-changes
-- attack: [T1562.008]
-- atlas: []
-- description: >-
--   Finds endpoints that were updated from a configuration that captures requests and responses to one that captures
--   nothing, a smaller share, or only one side; the earlier state comes from calls, from collected answers, or from the
--   captured records themselves. Gives the last captured record, the blind interval and the invocations that CloudWatch
--   counted in it. Finds endpoints too whose capture falls silent for several times its usual pause while CloudWatch goes on
--   counting. Misses updates whose new configuration is in no record, when CloudWatch was not asked either.
-- requires:
--   cloudtrail_event: needed
--   v_sagemaker_deployment: optional
--   v_sagemaker_endpoint_config: optional
--   api_snapshot: helpful
--   sagemaker_capture: optional
--   cloudwatch_metric: optional
-- parameters:
--   min_pauses: {type: integer, default: 3, description: usual pauses between captured records that make a silence}
--   in_use: {type: interval, default: 24 hours, description: captured records this long before an update show that it captured}
-- false_positives:
--   - Capture that is switched off to save cost; expect a ticket.
-- references:
--   - https://docs.aws.amazon.com/sagemaker/latest/dg/model-monitor-data-capture-endpoint.html
-- changelog:
--   1.0.1: the same rows, faster
--   1.0.0: first version
-- ---
with deployment as (
    select
        *,
        coalesce(region, '') as place,
        lag(config) over before as old_config
    from v_sagemaker_deployment
    where deployed is not null
        and config is not null
    window before as (
        partition by endpoint, coalesce(region, '')
        order by deployed, source desc, artifact_id, record_no
    )
),
config as (
    select
        *,
        coalesce(region, '') as place,
        coalesce(created, timestamptz '1970-01-01 00:00:00+00') as valid_from,
        len(capture_modes) = 0
        or list_has_any(capture_modes, ['Input', 'InputAndOutput']) as captures_input,
        len(capture_modes) = 0
        or list_has_any(capture_modes, ['Output', 'InputAndOutput']) as captures_output
    from v_sagemaker_endpoint_config
    where captures is not null
    -- The call is exact; the answer repeats it.
    qualify row_number() over (
        partition by config, coalesce(region, ''), coalesce(created, timestamptz '1970-01-01 00:00:00+00')
        order by source desc, artifact_id, record_no
    ) = 1
),
updated as (
    select *
    from deployment
    where source = 'cloudtrail_event'
        and event_name = 'UpdateEndpoint'
),
capture as (
    select
        endpoint,
        max(event_time) as last_capture
    from sagemaker_capture
    where endpoint is not null
    group by endpoint
),
around as (
    select
        updated.artifact_id,
        updated.record_no,
        count(*) filter (
            sagemaker_capture.event_time >= updated.deployed - $in_use::interval
            and sagemaker_capture.event_time <= updated.deployed
        ) as captured_before,
        count(*) filter (sagemaker_capture.event_time > updated.deployed) as captured_after
    from updated
    join sagemaker_capture
        on sagemaker_capture.endpoint = updated.endpoint
    group by
        updated.artifact_id,
        updated.record_no
),
paired as (
    select
        updated.*,
        new_config.captures as new_captures,
        new_config.sampling_percentage as new_percentage,
        new_config.captures_input as new_input,
        new_config.captures_output as new_output,
        new_config.created as configured_at,
        new_config.source as config_source,
        new_config.artifact_id as config_artifact,
        new_config.record_no as config_record
    from updated
    asof join config as new_config
        on new_config.config = updated.config
        and new_config.place = updated.place
        and new_config.valid_from <= updated.deployed + interval 1 second
),
compared as (
    select
        paired.*,
        coalesce(old_config.captures, around.captured_before > 0) as old_captures,
        old_config.captures as old_known,
        old_config.sampling_percentage as old_percentage,
        old_config.captures_input as old_input,
        old_config.captures_output as old_output,
        coalesce(around.captured_before, 0) as captured_before,
        coalesce(around.captured_after, 0) as captured_after,
        capture.last_capture
    from paired
    asof left join config as old_config
        on old_config.config = paired.old_config
        and old_config.place = paired.place
        and old_config.valid_from <= paired.deployed + interval 1 second
    left join around
        on around.artifact_id = paired.artifact_id
        and around.record_no = paired.record_no
    left join capture
        on capture.endpoint = paired.endpoint
),
judged as (
    select
        *,
        list_filter(
            [
                case when not new_captures then 'capture off' end,
                case
                    when new_captures and new_percentage < old_percentage
                    then 'sampling lowered from ' || old_percentage || ' % to ' || new_percentage || ' %'
                end,
                case
                    when new_captures and not new_input and coalesce(old_input, true)
                    then 'requests no longer captured'
                end,
                case
                    when new_captures and not new_output and coalesce(old_output, true)
                    then 'responses no longer captured'
                end
            ],
            lambda reason : reason is not null
        ) as reason
    from compared
),
-- What the endpoint said of its capture when it was asked last.
status as (
    select
        coalesce(json ->> '$.EndpointName', resource) as endpoint,
        coalesce(region, '') as place,
        arg_max(
            coalesce(json ->> '$.DataCaptureConfig.CaptureStatus', 'none'),
            collected_at
        ) as capture_status,
        max(collected_at) as asked_at
    from api_snapshot
    where service = 'sagemaker'
        and operation = 'describe-endpoint'
        and error_code is null
    group by all
),
evidence as (
    select max(event_time) as ends_at
    from cloudtrail_event
),
finding as (
    select
        judged.*,
        status.capture_status,
        status.asked_at,
        evidence.ends_at,
        (
            select min(later.deployed)
            from deployment as later
            join config as later_config
                on later_config.config = later.config
                and later_config.place = later.place
                and later_config.captures
            where later.endpoint = judged.endpoint
                and later.place = judged.place
                and later.deployed > judged.deployed
                and later.source = 'cloudtrail_event'
        ) as next_on
    from judged
    cross join evidence
    left join status
        on status.endpoint = judged.endpoint
        and status.place = judged.place
    where old_captures
        and len(reason) > 0
),
-- One datapoint per endpoint, variant and period, however often it was asked for.
invocation as (
    select
        dimensions ->> '$.EndpointName' as endpoint,
        coalesce(dimensions ->> '$.VariantName', '') as variant,
        event_time,
        coalesce(period_seconds, 60) as period_seconds,
        max(value) as value
    from cloudwatch_metric
    where namespace = 'AWS/SageMaker'
        and metric_name = 'Invocations'
        and coalesce(stat, 'Sum') = 'Sum'
        and value > 0
        and (dimensions ->> '$.EndpointName') is not null
    group by all
),
served as (
    select
        finding.artifact_id,
        finding.record_no,
        sum(invocation.value)::bigint as invocations
    from finding
    join invocation
        on invocation.endpoint = finding.endpoint
        and invocation.event_time >= finding.deployed
        and (finding.next_on is null or invocation.event_time < finding.next_on)
    group by
        finding.artifact_id,
        finding.record_no
),
pause as (
    select
        endpoint,
        event_time,
        epoch_us(event_time) // 1000000
        - lag(epoch_us(event_time) // 1000000) over (
            partition by endpoint
            order by event_time, artifact_id, record_no
        ) as seconds
    from sagemaker_capture
    where endpoint is not null
        and event_time is not null
),
stream as (
    select
        endpoint,
        greatest(median(seconds), 1) as pause_seconds,
        max(event_time) as last_capture,
        count(*) as records
    from pause
    group by endpoint
    having count(seconds) > 0
),
silent as (
    select
        stream.endpoint,
        stream.last_capture,
        stream.pause_seconds,
        min(invocation.event_time) as first_uncaptured,
        max(invocation.event_time) as last_uncaptured,
        sum(invocation.value)::bigint as invocations
    from stream
    join invocation
        on invocation.endpoint = stream.endpoint
        and invocation.event_time
        > stream.last_capture + to_seconds(($min_pauses::bigint * stream.pause_seconds)::bigint)
    where stream.endpoint not in (select endpoint from finding)
    group by all
),
silent_record as (
    select
        silent.endpoint,
        {
            'table': 'sagemaker_capture',
            'artifact_id': arg_max(
                sagemaker_capture.artifact_id,
                row(sagemaker_capture.artifact_id, sagemaker_capture.record_no)
            ),
            'record_no': arg_max(
                sagemaker_capture.record_no,
                row(sagemaker_capture.artifact_id, sagemaker_capture.record_no)
            )
        } as last_record
    from silent
    join sagemaker_capture
        on sagemaker_capture.endpoint = silent.endpoint
        and sagemaker_capture.event_time = silent.last_capture
    group by silent.endpoint
)
select
    'endpoint' as entity_type,
    endpoint as entity,
    'high' as severity,
    case
        when config_source = 'cloudtrail_event' then least(configured_at, deployed)
        else deployed
    end as first_seen,
    deployed as last_seen,
    1 + (config_source = 'cloudtrail_event')::bigint as event_count,
    short_name(principal) || ' moved endpoint ' || endpoint || ' from '
    || coalesce(old_config, 'an unknown configuration') || case
        when old_known and old_percentage is not null then ' (capture ' || old_percentage || ' %)'
        else ' (captured)'
    end
    || ' to ' || config || ': ' || array_to_string(reason, ', ')
    || coalesce('; last captured record ' || moment(last_capture), '')
    || case
        when not new_captures
        then '; blind from ' || moment(deployed) || ' to '
            || coalesce(moment(next_on), 'the end of the evidence')
        else ''
    end
    || coalesce(' with ' || counted(served.invocations, 'invocation'), '') as summary,
    [
        {'table': config_source, 'artifact_id': config_artifact, 'record_no': config_record},
        {
            'table': 'cloudtrail_event',
            'artifact_id': finding.artifact_id,
            'record_no': finding.record_no
        }
    ] as records,
    principal as actor,
    source_ip_address as source_ip,
    region,
    account_id,
    endpoint as resource,
    {
        'old_config': old_config,
        'new_config': config,
        'reasons': reason,
        'old_percentage': old_percentage,
        'new_percentage': new_percentage,
        'configured': configured_at,
        'updated': deployed,
        'last_capture': last_capture,
        'captured_before': captured_before,
        'captured_after': captured_after,
        'blind_from': case when not new_captures then deployed end,
        'blind_to': case when not new_captures then next_on end,
        'blind_minutes': case
            when not new_captures
            then date_diff('minute', deployed, coalesce(next_on, greatest(ends_at, deployed)))
        end,
        'invocations_uncaptured': served.invocations,
        'capture_status': capture_status,
        'capture_status_asked': asked_at,
        'credential': credential
    } as metrics
from finding
left join served
    on served.artifact_id = finding.artifact_id
    and served.record_no = finding.record_no
union all by name
select
    'endpoint' as entity_type,
    silent.endpoint as entity,
    'high' as severity,
    last_capture as first_seen,
    last_uncaptured as last_seen,
    1::bigint as event_count,
    'endpoint ' || silent.endpoint || ' captured nothing after ' || moment(last_capture) || ', before that '
    || 'every ' || counted(pause_seconds::bigint, 'second') || ', while CloudWatch counted '
    || counted(invocations, 'invocation') || ' from ' || moment(first_uncaptured) as summary,
    [silent_record.last_record] as records,
    null as actor,
    null as source_ip,
    null as region,
    null as account_id,
    silent.endpoint as resource,
    {
        'old_config': null::varchar,
        'new_config': null::varchar,
        'reasons': ['silent while invoked'],
        'old_percentage': null::integer,
        'new_percentage': null::integer,
        'configured': null::timestamptz,
        'updated': null::timestamptz,
        'last_capture': last_capture,
        'captured_before': null::bigint,
        'captured_after': 0::bigint,
        'blind_from': last_capture,
        'blind_to': null::timestamptz,
        'blind_minutes': date_diff('minute', last_capture, last_uncaptured),
        'invocations_uncaptured': invocations,
        'capture_status': null::varchar,
        'capture_status_asked': null::timestamptz,
        'credential': null::varchar
    } as metrics
from silent
join silent_record
    on silent_record.endpoint = silent.endpoint
order by
    first_seen,
    entity,
    last_seen
