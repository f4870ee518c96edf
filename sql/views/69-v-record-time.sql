-- Account, region and time of every record that has a moment of its own: what coverage counts. The time is the one by which
-- a source is kept; a flow counts when it began, a finding when it was last seen. NODATA and SKIPDATA count, since they say
-- that the flow log was on.

create or replace view v_record_time as
with bucket_place as materialized (
    select
        bucket,
        any_value(account_id order by cloudtrail_event.artifact_id, cloudtrail_event.record_no) as account_id,
        any_value(aws_region order by cloudtrail_event.artifact_id, cloudtrail_event.record_no) as region
    from s3_access
    join (
        select
            * exclude (account_id),
            recipient_account_id as account_id
        from cloudtrail_event
        where event_source = 's3.amazonaws.com'
    ) as cloudtrail_event
        on cloudtrail_event.request_id = s3_access.request_id
    group by bucket
),
-- Keys of the partitioned format say where the bucket is.
file_place as materialized (
    select
        artifact_id,
        regexp_extract(
            original,
            '([0-9]{12})/([a-z]{2}(?:-[a-z]+)+-[0-9])/[^/]+/[0-9]{4}/[0-9]{2}/[0-9]{2}/[^/]+$',
            ['account_id', 'region']
        ) as place
    from artifact
    where source in ('s3_access', 's3_access_delivery')
),
endpoint_arn as (
    select
        json ->> '$.EndpointName' as endpoint,
        json ->> '$.EndpointArn' as arn
    from api_snapshot
    where operation = 'describe-endpoint'
    union all
    select
        request_parameters ->> '$.endpointName',
        response_elements ->> '$.endpointArn'
    from cloudtrail_event
    where event_name in ('CreateEndpoint', 'UpdateEndpoint')
        and event_source = 'sagemaker.amazonaws.com'
),
endpoint_place as materialized (
    select
        endpoint,
        split_part(min(arn), ':', 5) as account_id,
        split_part(min(arn), ':', 4) as region
    from endpoint_arn
    where endpoint is not null
        and arn is not null
    group by endpoint
)
select
    'cloudtrail_event' as source,
    recipient_account_id as account_id,
    aws_region as region,
    event_time,
    artifact_id,
    record_no
from cloudtrail_event
union all
select
    'cloudtrail_insight',
    recipient_account_id,
    aws_region,
    event_time,
    artifact_id,
    record_no
from cloudtrail_insight
union all
select
    'cloudtrail_aggregate',
    account_id,
    aws_region,
    window_start,
    artifact_id,
    record_no
from cloudtrail_aggregate
union all
select
    's3_access',
    coalesce(nullif(place.account_id, ''), bucket_place.account_id),
    coalesce(nullif(place.region, ''), bucket_place.region),
    event_time,
    s3_access.artifact_id,
    record_no
from s3_access
left join file_place
    on file_place.artifact_id = s3_access.artifact_id
left join bucket_place
    on bucket_place.bucket = s3_access.bucket
union all
select
    'vpc_flow',
    account_id,
    region,
    start_time,
    artifact_id,
    record_no
from vpc_flow
union all
select
    'transit_gateway_flow',
    account_id,
    region,
    start_time,
    artifact_id,
    record_no
from transit_gateway_flow
union all
select
    'dns_query',
    account_id,
    region,
    event_time,
    artifact_id,
    record_no
from dns_query
union all
select
    'bedrock_invocation',
    account_id,
    region,
    event_time,
    artifact_id,
    record_no
from bedrock_invocation
union all
select
    'q_prompt',
    account_id,
    null,
    event_time,
    artifact_id,
    record_no
from q_prompt
union all
select
    'sagemaker_capture',
    endpoint_place.account_id,
    endpoint_place.region,
    event_time,
    artifact_id,
    record_no
from sagemaker_capture
left join endpoint_place
    on endpoint_place.endpoint = sagemaker_capture.endpoint
union all
select
    'cloudwatch_log_event',
    account_id,
    null,
    event_time,
    artifact_id,
    record_no
from cloudwatch_log_event
union all
select
    'cloudwatch_metric',
    account_id,
    region,
    event_time,
    artifact_id,
    record_no
from cloudwatch_metric
union all
select
    'security_finding',
    account_id,
    region,
    coalesce(last_seen, updated_at, created_at),
    artifact_id,
    record_no
from security_finding
union all
select
    'config_item',
    account_id,
    region,
    configuration_item_capture_time,
    artifact_id,
    record_no
from config_item;
comment on view v_record_time is 'Source, account, region and time of every record with a moment of its own; what coverage and gaps are counted from.';
