-- Facts that answer questions of scenarios where no detection does, within the period of the case. verdict is what the fact
-- says to its question: yes, no evidence, partial or not evaluable, and null where it adds a figure only. No fact where the evidence
-- has nothing to say.

create or replace view v_answer_fact as
with period as (
    select
        coalesce(min(case_from), timestamptz '0001-01-01 00:00:00+00') as starts,
        coalesce(max(case_to), timestamptz '9999-12-31 00:00:00+00') as ends
    from ref_case
),
held as materialized (
    select
        value as credential,
        min(since) as since,
        bool_and(via = 'named in ioc.csv') as is_named
    from v_flagged
    where kind = 'credential'
    group by value
),
act as materialized (
    select
        call.principal,
        call.credential,
        short_source(call.event_source) as service,
        call.event_name,
        call.error_code,
        call.event_time,
        call.artifact_id,
        call.record_no
    from cloudtrail_event as call
    join held
        on held.credential = call.credential
        and call.event_time >= held.since
    -- A credential that the analyst names has an owner, who goes on using it from places of our own.
    where not (held.is_named and is_own_class(ip_class(call.source_ip_address)))
),
tally as (
    select
        principal,
        count(*) as calls,
        count(*) filter (error_code is null) as allowed,
        count(distinct event_name) filter (error_code is null) as allowed_names,
        count(error_code) as refused,
        count(distinct event_name) filter (error_code is not null) as refused_names,
        list_sort(list(distinct service) filter (is_ai)) as ai_services,
        count(*) filter (is_ai) as ai_calls,
        count(distinct event_name) filter (is_ai) as ai_names,
        count(error_code) filter (is_ai) as ai_refused,
        min(event_time) as first_seen,
        max(event_time) as last_seen,
        min(event_time) filter (is_ai) as first_ai_call,
        max(event_time) filter (is_ai) as last_ai_call,
        arg_min(
            {'table': 'cloudtrail_event', 'artifact_id': artifact_id, 'record_no': record_no},
            row(event_time, artifact_id, record_no)
        ) as record,
        arg_min(
            {'table': 'cloudtrail_event', 'artifact_id': artifact_id, 'record_no': record_no},
            row(event_time, artifact_id, record_no)
        ) filter (is_ai) as ai_record,
    from (
        select
            *,
            regexp_matches(service, '^(bedrock|sagemaker|aoss$|qbusiness|q$|comprehend|textract|rekognition)') as is_ai
        from act
    )
    group by principal
),
issued as (
    select
        response_elements ->> '$.credentials.accessKeyId' as issued_key,
        max(
            coalesce(
                try_strptime(response_elements ->> '$.credentials.expiration', '%b %d, %Y, %I:%M:%S %p')::timestamptz,
                instant_of(response_elements ->> '$.credentials.expiration')
            )
        ) as expires
    from cloudtrail_event
    where event_source = 'sts.amazonaws.com'
        and event_name <> 'GetCallerIdentity'
        and error_code is null
    group by issued_key
),
ended as (
    select max(event_time) as ends_at
    from cloudtrail_event
),
credential_end as (
    select
        held.credential,
        max(issued.expires) filter (issued.expires <= ended.ends_at) as expired,
        max(act.principal) as principal,
        max(act.event_time) as last_use,
        min(stop.event_time) as contained,
        arg_max(
            {'table': 'cloudtrail_event', 'artifact_id': act.artifact_id, 'record_no': act.record_no},
            row(act.event_time, act.artifact_id, act.record_no)
        ) as record
    from held
    left join act
        on act.credential = held.credential
    left join v_containment as stop
        on stop.node in (held.credential, principal_key(act.principal))
        and stop.event_time >= held.since
    left join issued
        on issued.issued_key = held.credential
    cross join ended
    group by held.credential
),
reader as materialized (
    select *
    from v_training_reader
),
-- Writes to training data other than those of the roles that jobs run under.
training_write as (
    select
        count(*) as writes,
        distinct_values(short_name(written.principal)) as writer,
        distinct_values(written.key) as key,
        min(written.event_time) as first_seen,
        max(written.event_time) as last_seen,
        arg_min(
            {'table': written.source, 'artifact_id': written.artifact_id, 'record_no': written.record_no},
            row(written.event_time, written.artifact_id, written.record_no)
        ) as record
    from v_object_write as written
    cross join period
    where object_class(written.bucket, written.key) = 'training'
        and written.event_time >= period.starts
        and written.event_time < period.ends
        and principal_key(written.principal) not in (
            select principal_key(role_arn)
            from v_training_job
            where role_arn is not null
        )
),
container_log as (
    select
        log_group,
        count(*) as lines,
        count(*) filter (regexp_matches(message, '(?i)\b(error|exception|traceback|connection refused)\b')) as errors,
        min(event_time) as first_seen,
        max(event_time) as last_seen,
        arg_min(
            {'table': 'cloudwatch_log_event', 'artifact_id': artifact_id, 'record_no': record_no},
            row(event_time, artifact_id, record_no)
        ) as record
    from cloudwatch_log_event
    where starts_with(log_group, '/aws/sagemaker/Endpoints/')
    group by log_group
)
select
    'calls of AI services' as topic,
    'yes' as verdict,
    short_name(principal) || ' made ' || counted(ai_calls, 'call') || ' of ' || counted(ai_names, 'operation') || ' on '
    || named(ai_services) || ', ' || format('{:,}', ai_refused) || ' failed' as sentence,
    ai_calls as event_count,
    first_ai_call as first_seen,
    last_ai_call as last_seen,
    ai_record as record
from tally
where ai_calls > 0
union all by name
select
    'allowed and refused' as topic,
    'yes' as verdict,
    short_name(principal) || ' was allowed ' || counted(allowed, 'call') || ' of ' || counted(allowed_names, 'operation')
    || ' and failed in ' || counted(refused, 'call') || ' of ' || counted(refused_names, 'operation') as sentence,
    calls as event_count,
    first_seen,
    last_seen,
    record
from tally
where refused > 0
union all by name
select
    'continued access' as topic,
    case when contained is null and expired is null then 'yes' end as verdict,
    case
        when ends_with(credential, '#bearer') then 'the API key'
        when ends_with(credential, '#console') then 'the console password'
        else credential
    end || ' of ' || short_name(principal) || case
        when contained is null and expired is not null
        then ' was not taken away and expired at ' || moment(expired) || '; last used at ' || moment(last_use)
        when contained is null
        then ' was not taken away in the evidence and may be alive at its end; last used at ' || moment(last_use)
        when last_use > contained
        then ' was taken away at ' || moment(contained) || ' and last tried at ' || moment(last_use)
        else ' was taken away at ' || moment(contained) || '; no use after it'
    end as sentence,
    1 as event_count,
    last_use as first_seen,
    last_use as last_seen,
    record
from credential_end
where last_use is not null
union all by name
select
    'end of access' as topic,
    null as verdict,
    'the last call in the attacker''s hands was ' || call.event_name || ' by ' || short_name(call.principal) || ' at '
    || moment(call.event_time) || '; CloudTrail ends at ' || moment((select ends_at from ended))
        as sentence,
    1 as event_count,
    call.event_time as first_seen,
    call.event_time as last_seen,
    {'table': 'cloudtrail_event', 'artifact_id': call.artifact_id, 'record_no': call.record_no} as record
from (
    select *
    from act
    order by
        event_time desc,
        artifact_id desc,
        record_no desc
    limit 1
) as call
union all by name
select
    'reads and jobs' as topic,
    case when in_a_job < reads then 'yes' else 'no evidence' end as verdict,
    short_name(reader) || ' made ' || counted(reads, 'read') || ' of ' || counted(objects, 'object') || ' ('
    || format('{:,}', bytes::bigint) || ' bytes), ' || format('{:,}', reads - in_a_job)
    || ' of them outside every job of its own' as sentence,
    reads - in_a_job as event_count,
    first_seen,
    last_seen,
    record
from reader
union all by name
select
    'identity of readers' as topic,
    case when joined = 0 then 'not evaluable' when joined < lines then 'partial' else 'yes' end as verdict,
    case
        when lines = 0 then 'no access log line of the reads of ' || short_name(reader)
        when joined = 0
        then counted(lines, 'access log line') || ' of ' || short_name(reader) || ' have no call in CloudTrail'
        else short_name(reader) || ' in the access log is ' || coalesce(nullif(named(credential), ''), 'no known credential')
            || ' in CloudTrail: ' || format('{:,}', joined) || ' of ' || counted(lines, 'line') || ' joined, from '
            || named(address)
    end as sentence,
    joined as event_count,
    first_seen,
    last_seen,
    record
from reader
union all by name
select
    'objects read' as topic,
    null as verdict,
    short_name(reader) || ' read ' || counted(objects, 'object') || ' of ' || named(bucket) || ', '
    || case when len(version) = 0 then 'without a version id' else 'versions ' || named(version) end as sentence,
    objects as event_count,
    first_seen,
    last_seen,
    record
from reader
where in_a_job < reads
union all by name
select
    'training data changed' as topic,
    case when writes > 0 then 'yes' when (select sum(reads) from reader) > 0 then 'no evidence' end as verdict,
    case
        when writes > 0
        then named(writer) || ' made ' || counted(writes, 'change') || ' of training data: ' || named(key)
        else 'no write or deletion of training data by others than the roles of jobs, beside '
            || counted((select sum(reads) from reader), 'read')
    end as sentence,
    writes as event_count,
    first_seen,
    last_seen,
    record
from training_write
where writes > 0 or (select sum(reads) from reader) > 0
union all by name
select
    'container logs' as topic,
    case when errors > 0 then 'yes' else 'no evidence' end as verdict,
    log_group || ' has ' || counted(lines, 'line') || ', ' || format('{:,}', errors) || ' with an error' as sentence,
    errors as event_count,
    first_seen,
    last_seen,
    record
from container_log
union all by name
select
    'logs of hosts' as topic,
    'not evaluable' as verdict,
    'logs of operating systems and of databases: the evidence holds none' as sentence,
    0 as event_count,
    null::timestamptz as first_seen,
    null::timestamptz as last_seen,
    null as record
where exists (from cloudtrail_event)
    and not exists (
        from cloudwatch_log_event
        where regexp_matches(log_group, '^/aws/(rds|docdb|neptune|ec2)/|/var/log/|syslog|(?i)windows')
    );
comment on view v_answer_fact is
'Facts by topic that answer questions of scenarios where no detection does, with the first record of each.';
