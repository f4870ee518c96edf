-- Who read training data (bucket.csv, prefix.csv) within the period of the case: how much, how many of the reads fall into a
-- job of the reader's role and come from its interface, and how many lines of the access log have their call in CloudTrail.
-- Where the end of a job is not known, it is taken to last a day at most.

create or replace view v_training_reader as
with period as (
    select
        coalesce(min(case_from), timestamptz '0001-01-01 00:00:00+00') as starts,
        coalesce(max(case_to), timestamptz '9999-12-31 00:00:00+00') as ends
    from ref_case
),
training_read as materialized (
    select request.*
    from v_s3_request as request
    cross join period
    where object_class(request.bucket, request.key) = 'training'
        and (
            request.operation in ('REST.GET.OBJECT', 'REST.COPY.OBJECT_GET')
            or request.operation is null and request.event_name in ('GetObject', 'CopyObject')
        )
        and request.error_code is null
        and request.event_time >= period.starts
        and request.event_time < period.ends
),
job as materialized (
    select distinct
        principal_key(role_arn) as role,
        created,
        coalesce(ended, created + interval 1 day) as ended,
        addresses
    from v_training_job
    where error_code is null
)
select
    principal_key(read.principal) as reader,
    count(*) as reads,
    coalesce(sum(read.bytes), 0) as bytes,
    count(distinct (read.bucket, read.key)) as objects,
    distinct_values(read.bucket) as bucket,
    count(*) filter (
        exists (
            from job
            where job.role = principal_key(read.principal)
                and read.event_time between job.created and job.ended
                and (len(job.addresses) = 0 or list_contains(job.addresses, read.source_ip))
        )
    ) as in_a_job,
    count(read.access_artifact_id) as lines,
    count(*) filter (read.access_artifact_id is not null and read.cloudtrail_artifact_id is not null) as joined,
    distinct_values(read.credential) as credential,
    distinct_values(read.source_ip) as address,
    distinct_values(read.version_id) as version,
    min(read.event_time) as first_seen,
    max(read.event_time) as last_seen,
    arg_min(
        {
            'table': case when read.access_artifact_id is null then 'cloudtrail_event' else 's3_access' end,
            'artifact_id': coalesce(read.access_artifact_id, read.artifact_id),
            'record_no': coalesce(read.access_record_no, read.record_no)
        },
        row(read.event_time, read.artifact_id, read.record_no)
    ) as record
from training_read as read
group by reader;
comment on view v_training_reader is
'Readers of training data with what they read, how much of it within a job of theirs, and how their log lines join.';
