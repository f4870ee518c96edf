-- When records were delivered, by the names of their files: CloudTrail and S3 write the moment of delivery there. Whoever read
-- the logs before that moment did not have the record, and what the last files before a collection say may be incomplete by
-- as much as delivery takes.

create or replace view v_delivery as
with named as (
    select
        artifact_id,
        source,
        regexp_extract(original, '_([0-9]{8}T[0-9]{4})Z_[A-Za-z0-9]+\.json(\.gz)?$', 1) as cloudtrail_time,
        regexp_extract(
            original,
            '([0-9]{4}-[0-9]{2}-[0-9]{2}-[0-9]{2}-[0-9]{2}-[0-9]{2})-[0-9A-Z]{16}$',
            1
        ) as s3_time
    from artifact
    where source in ('cloudtrail', 's3_access')
),
delivered as (
    select
        artifact_id,
        case
            when source = 'cloudtrail' then try_strptime(cloudtrail_time, '%Y%m%dT%H%M')
            -- Files by event time hold a day and say no moment.
            when not ends_with(s3_time, '-00-00-00') then try_strptime(s3_time, '%Y-%m-%d-%H-%M-%S')
        end::timestamptz as delivered_at
    from named
),
record as (
    select
        'cloudtrail_event' as source,
        recipient_account_id as account_id,
        aws_region as region,
        null as bucket,
        event_time,
        artifact_id,
        record_no
    from cloudtrail_event
    union all
    select
        's3_access',
        null,
        null,
        bucket,
        event_time,
        artifact_id,
        record_no
    from s3_access
)
select
    record.source,
    record.account_id,
    record.region,
    record.bucket,
    record.event_time,
    delivered.delivered_at,
    date_diff('second', record.event_time, delivered.delivered_at) as seconds,
    record.artifact_id,
    record.record_no
from record
join delivered
    on delivered.artifact_id = record.artifact_id
where delivered.delivered_at is not null
    and record.event_time is not null;
comment on view v_delivery is 'Records with the moment at which their file was delivered, where its name says so.';

create or replace view v_late as
with usual as (
    select
        source,
        median(seconds) as median_seconds
    from v_delivery
    group by source
)
select
    v_delivery.*,
    v_delivery.seconds - usual.median_seconds as seconds_late
from v_delivery
join usual
    on usual.source = v_delivery.source
where v_delivery.seconds > usual.median_seconds + 3600;
comment on view v_late is 'Records that were delivered more than an hour later than is usual for their source.';
