-- ---
-- id: inf-s3-protection-removed
-- version: 1.1.0
-- title: Protective setting of an AI or log bucket removed
-- status: stable
-- severity: high
-- element: infrastructure-changes
-- attack: [T1562.008, T1490, T1578.005]
-- atlas: []
-- description: >-
--   Finds known buckets (training, model, knowledge base, log, capture, private) that lost a protection: versioning
--   suspended or deletable without MFA, access logging off, a lifecycle that expires objects within days, public access no longer blocked, policy,
--   encryption or replication deleted, owners by upload, a weaker object lock; and the public access block of a whole
--   account. One finding per bucket, identity and operation; refused attempts are medium. Gives the time without access
--   logging. Misses buckets that reference/bucket.csv does not name, and a policy that was replaced by a weaker one.
-- requires:
--   cloudtrail_event: needed
--   ref_bucket: helpful
--   api_snapshot: optional
--   v_impairment: optional
-- parameters:
--   max_days: {type: integer, default: 7, description: a lifecycle that expires objects after this many days or fewer counts}
--   max_log_days: {type: integer, default: 30, description: the same for buckets of logs and captures}
--   run: {type: interval, default: 60 minutes, description: how far apart two controls may be touched to be one run}
-- false_positives:
--   - Infrastructure as code that corrects drift.
--   - A lifecycle for a prefix of temporary files.
-- references:
--   - https://docs.aws.amazon.com/AmazonS3/latest/userguide/cloudtrail-logging-s3-info.html
-- changelog:
--   1.0.0: first version
--   1.1.0: MFA delete that is switched off
-- ---
with known as (
    select
        bucket,
        list_sort(list(distinct class)) as classes,
        case
            when bool_or(class in ('log', 'bedrock_log', 'capture')) then $max_log_days::bigint
            else $max_days::bigint
        end as max_days
    from ref_bucket
    where class in ('training', 'model', 'kb', 'log', 'bedrock_log', 'capture', 'private')
    group by bucket
),
event as (
    select
        event.event_time,
        event.event_name,
        contains(event.event_name, 'Account') as is_account,
        request_parameters ->> '$.bucketName' as bucket,
        known.classes,
        known.max_days,
        event.principal,
        event.credential,
        event.source_ip_address,
        event.aws_region,
        event.recipient_account_id,
        event.error_code,
        event.request_parameters as request,
        event.artifact_id,
        event.record_no
    from cloudtrail_event as event
    left join known
        on known.bucket = (event.request_parameters ->> '$.bucketName')
    where event.event_source in ('s3.amazonaws.com', 's3-control.amazonaws.com')
        and event.event_name in (
            'PutBucketVersioning',
            'PutBucketLogging',
            'PutBucketLifecycle',
            'PutBucketLifecycleConfiguration',
            'PutBucketPublicAccessBlock',
            'PutPublicAccessBlock',
            'DeleteBucketPublicAccessBlock',
            'DeletePublicAccessBlock',
            'PutAccountPublicAccessBlock',
            'DeleteAccountPublicAccessBlock',
            'DeleteBucketPolicy',
            'DeleteBucketEncryption',
            'DeleteBucketReplication',
            'PutBucketOwnershipControls',
            'PutBucketObjectLockConfiguration',
            'PutObjectLockConfiguration'
        )
        and (known.bucket is not null or contains(event.event_name, 'Account'))
    union all by name
    -- What was asked about the object lock before a change is a state to compare with.
    select
        collected_at as event_time,
        'GetObjectLockConfiguration' as event_name,
        resource as bucket,
        json as request
    from api_snapshot
    where service = 's3api'
        and operation = 'get-object-lock-configuration'
        and collected_at is not null
        and error_code is null
),
read as (
    select
        *,
        (request ->> '$.ObjectLockConfiguration.ObjectLockEnabled') is not null as has_lock,
        request ->> '$.ObjectLockConfiguration.Rule.DefaultRetention.Mode' as lock_mode,
        coalesce(
            try_cast(request ->> '$.ObjectLockConfiguration.Rule.DefaultRetention.Days' as bigint),
            365 * try_cast(request ->> '$.ObjectLockConfiguration.Rule.DefaultRetention.Years' as bigint)
        ) as lock_days,
        list_filter(
            json_items(request -> '$.LifecycleConfiguration.Rule'),
            lambda rule : (rule ->> '$.Status') is distinct from 'Disabled'
        ) as rule
    from event
),
compared as (
    select
        *,
        last_value(case when has_lock and error_code is null then coalesce(lock_mode, '') end ignore nulls) over before
            as old_lock_mode,
        last_value(case when has_lock and error_code is null then coalesce(lock_days, 0) end ignore nulls) over before
            as old_lock_days,
        min(
            case
                when event_name = 'PutBucketLogging'
                    and error_code is null
                    and (request -> '$.BucketLoggingStatus.LoggingEnabled') is not null
                then event_time
            end
        ) over (
            partition by bucket
            order by event_time, artifact_id, record_no
            rows between 1 following and unbounded following
        ) as next_logging
    from read
    window before as (
        partition by bucket
        order by event_time, artifact_id, record_no
        rows between unbounded preceding and 1 preceding
    )
),
judged as (
    select
        *,
        case
            when event_name = 'PutBucketVersioning'
                and (request ->> '$.VersioningConfiguration.Status') = 'Suspended'
            then 'versioning suspended'
            when event_name = 'PutBucketVersioning'
                and (request ->> '$.VersioningConfiguration.MfaDelete') = 'Disabled'
            then 'MFA delete off'
            when event_name = 'PutBucketLogging'
                and (request -> '$.BucketLoggingStatus') is not null
                and (request -> '$.BucketLoggingStatus.LoggingEnabled') is null
            then 'access logging off'
            when event_name in ('PutBucketLifecycle', 'PutBucketLifecycleConfiguration')
                and len(
                    list_filter(
                        rule,
                        lambda each : coalesce(
                            try_cast(each ->> '$.Expiration.Days' as bigint),
                            date_diff('day', event_time, try_cast(each ->> '$.Expiration.Date' as timestamptz))
                        ) <= max_days
                    )
                ) > 0
            then 'objects expire within '
                || counted(
                    list_min(
                        list_transform(
                            rule,
                            lambda each : greatest(
                                coalesce(
                                    try_cast(each ->> '$.Expiration.Days' as bigint),
                                    date_diff(
                                        'day',
                                        event_time,
                                        try_cast(each ->> '$.Expiration.Date' as timestamptz)
                                    )
                                ),
                                0
                            )
                        )
                    ),
                    'day'
                )
            when event_name in ('PutBucketPublicAccessBlock', 'PutPublicAccessBlock', 'PutAccountPublicAccessBlock')
                and list_contains(
                    json_extract_string(
                        request -> '$.PublicAccessBlockConfiguration',
                        ['$.BlockPublicAcls', '$.IgnorePublicAcls', '$.BlockPublicPolicy', '$.RestrictPublicBuckets']
                    ),
                    'false'
                )
            then 'public access no longer blocked'
            when event_name in (
                'DeleteBucketPublicAccessBlock',
                'DeletePublicAccessBlock',
                'DeleteAccountPublicAccessBlock'
            )
            then 'public access block deleted'
            when event_name = 'DeleteBucketPolicy' then 'bucket policy deleted'
            when event_name = 'DeleteBucketEncryption' then 'default encryption deleted'
            when event_name = 'DeleteBucketReplication' then 'replication deleted'
            when event_name = 'PutBucketOwnershipControls'
                and list_contains(
                    list_transform(
                        json_items(request -> '$.OwnershipControls.Rule'),
                        lambda each : each ->> '$.ObjectOwnership'
                    ),
                    'ObjectWriter'
                )
            then 'objects belong to whoever writes them'
            when event_name in ('PutBucketObjectLockConfiguration', 'PutObjectLockConfiguration')
                and (request -> '$.ObjectLockConfiguration') is not null
                and (
                    lock_mode is null
                    and old_lock_mode is distinct from ''
                    or old_lock_mode = 'COMPLIANCE'
                    and lock_mode <> 'COMPLIANCE'
                    or lock_days < old_lock_days
                )
            then 'object lock weaker'
                || coalesce(
                    ' than ' || nullif(old_lock_mode, '') || ' for ' || counted(old_lock_days, 'day'),
                    ''
                )
        end as reason
    from compared
    where event_name <> 'GetObjectLockConfiguration'
),
finding as (
    select
        row_number() over (order by min(event_time), min(artifact_id), min(record_no), event_name) as finding_no,
        is_account,
        case when is_account then recipient_account_id else bucket end as entity,
        principal,
        event_name,
        error_code,
        error_code is not null as is_attempt,
        distinct_values(reason) as reason,
        first(classes order by event_time, artifact_id, record_no) as classes,
        bool_or(reason = 'access logging off') and error_code is null as is_blind,
        max(next_logging) as next_logging,
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
    from judged
    where reason is not null
    group by
        is_account,
        case when is_account then recipient_account_id else bucket end,
        principal,
        event_name,
        error_code
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
    where other.control <> 'S3 protection'
    group by finding.finding_no
)
select
    case when is_account then 'account' else 'bucket' end as entity_type,
    entity,
    case when is_attempt then 'medium' else 'high' end as severity,
    first_seen,
    last_seen,
    event_count,
    short_name(principal)
    || case
        when is_attempt
        then ' tried ' || event_name || ' on ' || coalesce(entity, 'the account') || ' in '
            || counted(event_count, 'call') || ' and failed with ' || error_code
        else ' weakened ' || case when is_account then 'account ' else 'bucket ' end
            || coalesce(entity, 'of the record') || coalesce(' (' || array_to_string(classes, ', ') || ')', '')
            || ': ' || array_to_string(reason, ', ')
    end
    || case
        when is_blind
        then '; no access log from ' || moment(first_seen) || ' to '
            || coalesce(moment(next_logging), 'the end of the evidence')
        else ''
    end
    || coalesce('; also touched: ' || array_to_string(companion.control, ', '), '') as summary,
    records,
    principal as actor,
    case when len(address) = 1 then address[1] end as source_ip,
    case when len(region) = 1 then region[1] end as region,
    account_id,
    case when not is_account then 'arn:aws:s3:::' || entity end as resource,
    {
        'event_name': event_name,
        'attempt': is_attempt,
        'reasons': reason,
        'classes': coalesce(classes, []),
        'error_code': error_code,
        'blind_from': case when is_blind then first_seen end,
        'blind_to': case when is_blind then next_logging end,
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
