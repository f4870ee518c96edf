-- One row for each log file that a digest lists.

delete from cloudtrail_digest_file;

insert into cloudtrail_digest_file by name
select
    artifact_id,
    record_no,
    file_no,
    account_id,
    region,
    digest_end_time,
    file ->> '$.s3Bucket' as s3_bucket,
    file ->> '$.s3Object' as s3_object,
    file ->> '$.hashValue' as hash_value,
    file ->> '$.hashAlgorithm' as hash_algorithm,
    instant_of(file ->> '$.newestEventTime') as newest_event_time,
    instant_of(file ->> '$.oldestEventTime') as oldest_event_time,
from (
    select
        *,
        unnest(json_extract(log_files, '$[*]')) as file,
        unnest(range(1, json_array_length(log_files)::bigint + 1)) as file_no,
    from cloudtrail_digest
    where json_type(log_files) = 'ARRAY'
);
