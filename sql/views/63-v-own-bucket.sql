-- Buckets of ours, by all that says so: what the analyst knows, listings, access logs (only ours are here), and calls that
-- made a bucket.

create or replace view v_own_bucket as
select bucket
from ref_bucket
where bucket is not null
union
select bucket
from ref_prefix
where bucket is not null
union
select bucket
from s3_access
where bucket is not null
union
select unnest(json_extract_string(json, '$.Buckets[*].Name')) as bucket
from api_snapshot
where service = 's3api'
    and operation = 'list-buckets'
union
select request_parameters ->> '$.bucketName' as bucket
from cloudtrail_event
where event_source = 's3.amazonaws.com'
    and event_name = 'CreateBucket'
    and error_code is null
    and (request_parameters ->> '$.bucketName') is not null;
comment on view v_own_bucket is 'Buckets that belong to us; a bucket that is not here may still be ours.';
