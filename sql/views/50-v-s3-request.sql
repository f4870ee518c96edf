-- One S3 request as CloudTrail and as the access log of the bucket saw it (J1). A copy is one call and a line in the log
-- of each of the two buckets, a deletion of many objects one call and a line for each of them. Request ids join; where the
-- host ids of a pair differ, seen_by says so.

create or replace view v_s3_request as
with call as (
    select
        event_time,
        recipient_account_id as account_id,
        aws_region as region,
        event_name,
        principal,
        credential,
        source_ip_address,
        user_agent,
        vpc_endpoint_id,
        error_code,
        request_parameters ->> '$.bucketName' as bucket,
        request_parameters ->> '$.key' as key,
        additional_event_data ->> '$."x-amz-id-2"' as host_id,
        event_bytes(additional_event_data) as bytes,
        management_event is false or event_category = 'Data' as is_data_event,
        request_id,
        artifact_id,
        record_no
    from cloudtrail_event
    where event_source = 's3.amazonaws.com'
),
selected as (
    select distinct bucket
    from call
    where is_data_event
),
off as (
    select
        resource as bucket,
        blind_from,
        blind_to,
        from_the_start
    from v_blind
    where source = 's3_access'
),
logged as (
    select
        bucket,
        min(event_time) as first_line,
        max(event_time) as last_line
    from s3_access
    group by bucket
),
pair as (
    select
        coalesce(call.event_time, line.event_time) as event_time,
        call.event_time as cloudtrail_time,
        line.event_time as access_time,
        call.account_id,
        coalesce(call.region, line.source_region) as region,
        coalesce(line.bucket, call.bucket) as bucket,
        coalesce(line.key, call.key) as key,
        call.event_name,
        line.operation,
        coalesce(call.principal, line.principal) as principal,
        call.credential,
        coalesce(call.source_ip_address, line.remote_ip) as source_ip,
        coalesce(line.user_agent, call.user_agent) as user_agent,
        call.vpc_endpoint_id,
        coalesce(call.error_code, line.error_code) as error_code,
        line.http_status,
        coalesce(line.bytes_sent, call.bytes) as bytes,
        line.object_size,
        line.total_time_ms,
        line.version_id,
        line.requester,
        call.is_data_event,
        coalesce(call.request_id, line.request_id) as request_id,
        coalesce(call.host_id <> line.host_id, false) as is_other_host,
        call.artifact_id as cloudtrail_artifact_id,
        call.record_no as cloudtrail_record_no,
        line.artifact_id as access_artifact_id,
        line.record_no as access_record_no
    from call
    full join s3_access as line
        on line.request_id = call.request_id
)
select
    pair.*,
    case
        when cloudtrail_artifact_id is null then 'access log only'
        when access_artifact_id is null then 'CloudTrail only'
        when is_other_host then 'both, host ids differ'
        else 'both'
    end as seen_by,
    case
        when cloudtrail_artifact_id is not null and access_artifact_id is not null then null
        when cloudtrail_artifact_id is null then
            case
                when starts_with(operation, 'S3.') then 'S3 itself did it, there was no call'
                when http_status in (301, 307) then 'redirected to another region'
                when requester is null and http_status in (401, 403) then 'nobody was authenticated'
                when selected.bucket is null then 'the trail selects no data events of this bucket'
                else 'not delivered by the trail, or not collected'
            end
        when pair.bucket is null then 'the call concerns no bucket'
        when cloudtrail_time <= off.blind_to and off.from_the_start
        then 'access logging of this bucket is off from the start'
        when cloudtrail_time <= off.blind_to then 'access logging of this bucket off since ' || moment(off.blind_from)
        when logged.bucket is null then 'the evidence holds no access log of this bucket'
        when cloudtrail_time not between logged.first_line and logged.last_line
        then 'outside the time that the access log covers'
        else 'not delivered by the access log, which is best effort'
    end as miss_reason,
    coalesce(cloudtrail_artifact_id, access_artifact_id) as artifact_id,
    coalesce(cloudtrail_record_no, access_record_no) as record_no
from pair
left join selected
    on selected.bucket = pair.bucket
left join logged
    on logged.bucket = pair.bucket
asof left join off
    on off.bucket = pair.bucket
    and pair.event_time >= off.blind_from;
comment on view v_s3_request is
'S3 requests of CloudTrail and of access logs, joined by request id and held against each other by host id; seen_by and miss_reason say what is missing.';
