-- ---
-- id: rdy-log-access-control
-- version: 1.0.0
-- title: Logs of prompts and inference that too many can read, or that nothing protects
-- status: stable
-- severity: low
-- element: readiness
-- attack: [T1530]
-- atlas: [AML.T0036]
-- description: >-
--   Finds the stores of prompts, answers and captured inference, as last collected: buckets of class bedrock_log or capture
--   and those that an invocation logging or data capture configuration names, and log groups that one names. One finding
--   per store that somebody may read by IAM who is no log_reader, that has no Object Lock or no encryption with KMS (a
--   bucket), or that has no data protection policy (a log group), with a recommendation for each. It says what could be
--   read, not that it was. Misses policies of resources, access points and other accounts, and whatever nobody asked about,
--   which it names.
-- requires:
--   api_snapshot: helpful
--   iam_statement: helpful
--   iam_principal: optional
--   v_iam_permission: optional
--   ref_bucket: optional
--   ref_principal: optional
--   cloudtrail_event: optional
-- preconditions:
--   - query: select exists (from iam_statement) or exists (from api_snapshot)
--     otherwise: not_evaluable
--     reason: neither IAM details nor answers of AWS APIs are in the evidence
-- parameters: {}
-- false_positives:
--   - Break-glass administrators; name them as log_reader in reference/principal.csv.
-- references:
--   - https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/mask-sensitive-log-data.html
--   - https://docs.aws.amazon.com/bedrock/latest/userguide/model-invocation-logging.html
-- changelog:
--   1.0.0: first version
-- ---
with configuration as materialized (
    select
        json -> '$.loggingConfig' as logging,
        account_id,
        region,
        'api_snapshot' as source,
        artifact_id,
        record_no
    from api_snapshot
    where operation = 'get-model-invocation-logging-configuration'
        and error_code is null
    union all
    select
        request_parameters -> '$.loggingConfig',
        recipient_account_id,
        aws_region,
        'cloudtrail_event',
        artifact_id,
        record_no
    from cloudtrail_event
    where event_name = 'PutModelInvocationLoggingConfiguration'
        and error_code is null
),
mention as (
    select
        'bucket' as kind,
        bucket as name,
        class as holds,
        null::varchar as region,
        null::varchar as source,
        null::bigint as artifact_id,
        null::bigint as record_no
    from ref_bucket
    where class in ('bedrock_log', 'capture')
    union all
    select
        'bucket',
        unnest(
            [
                logging ->> '$.s3Config.bucketName',
                logging ->> '$.cloudWatchConfig.largeDataDeliveryS3Config.bucketName'
            ]
        ),
        'bedrock_log',
        region,
        source,
        artifact_id,
        record_no
    from configuration
    union all
    select
        'bucket',
        nullif(regexp_extract(json ->> '$.DataCaptureConfig.DestinationS3Uri', '^s3://([^/]+)', 1), ''),
        'capture',
        region,
        'api_snapshot',
        artifact_id,
        record_no
    from api_snapshot
    where operation = 'describe-endpoint-config'
        and error_code is null
    union all
    select
        'log group',
        logging ->> '$.cloudWatchConfig.logGroupName',
        'bedrock_log',
        region,
        source,
        artifact_id,
        record_no
    from configuration
),
store as materialized (
    select
        kind,
        name,
        distinct_values(holds) as holds,
        distinct_values(region) as region
    from mention
    where name is not null
    group by
        kind,
        name
),
-- Each may be known by its whole name or by a pattern.
expected_reader as (
    select principal
    from ref_principal
    where class = 'log_reader'
),
access as materialized (
    select
        principal,
        case when action = 's3:getobject' then 'bucket' else 'log group' end as kind,
        action,
        resource,
        is_conditional,
        statements
    from v_iam_permission
    where action in (
            's3:getobject', 'logs:filterlogevents', 'logs:getlogevents', 'logs:startquery', 'logs:createexporttask',
            'logs:unmask'
        )
        and not exists (
            select 1
            from expected_reader
            where principal_matches(expected_reader.principal, v_iam_permission.principal)
        )
),
reader as materialized (
    select
        store.kind,
        store.name,
        access.principal,
        bool_and(access.is_conditional) as is_conditional,
        bool_or(access.action = 'logs:unmask') as can_unmask,
        flatten(list(access.statements order by access.action, access.resource)) as statements
    from store
    join access
        on access.kind = store.kind
        and patterns_overlap(
            access.resource,
            case
                when store.kind = 'bucket' then 'arn:aws:s3:::' || store.name || '/*'
                else 'arn:aws:logs:*:log-group:' || store.name || ':*'
            end
        )
    group by
        store.kind,
        store.name,
        access.principal
    having not bool_and(access.action = 'logs:unmask')
),
readers as (
    select
        kind,
        name,
        list(principal order by short_name(principal), principal) as principals,
        list(
            short_name(principal)
            || case when can_unmask then ' (also what is masked)' else '' end
            || case when is_conditional then ' (under conditions)' else '' end
            order by short_name(principal), principal
        ) as described
    from reader
    group by
        kind,
        name
),
-- What AWS was asked about a store, the last answer of each kind.
answer as (
    select
        'bucket' as kind,
        resource as name,
        operation,
        case operation
            when 'get-object-lock-configuration'
                then (json ->> '$.ObjectLockConfiguration.ObjectLockEnabled') = 'Enabled'
            else len(
                list_filter(
                    json_extract_string(
                        json,
                        '$.ServerSideEncryptionConfiguration.Rules[*].ApplyServerSideEncryptionByDefault.SSEAlgorithm'
                    ),
                    lambda algorithm : starts_with(algorithm, 'aws:kms')
                )
            ) > 0
        end as is_protected,
        collected_at,
        artifact_id,
        record_no
    from api_snapshot
    where operation in ('get-object-lock-configuration', 'get-bucket-encryption')
        and (
            error_code is null
            or error_code in ('ObjectLockConfigurationNotFoundError', 'ServerSideEncryptionConfigurationNotFoundError')
        )
    union all
    select
        'log group',
        entry ->> '$.logGroupName',
        operation,
        (entry ->> '$.dataProtectionStatus') = 'ACTIVATED',
        collected_at,
        artifact_id,
        record_no
    from (
        select
            *,
            unnest(json_extract(json, '$.logGroups[*]')) as entry
        from api_snapshot
        where operation = 'describe-log-groups'
            and error_code is null
    )
),
protection as materialized (
    select
        store.kind,
        store.name,
        asked.title,
        asked.advice,
        coalesce(arg_max(coalesce(answer.is_protected, false), answer.collected_at), null) as is_protected,
        max(answer.collected_at) as collected_at,
        arg_max(answer.artifact_id, answer.collected_at) as artifact_id,
        arg_max(answer.record_no, answer.collected_at) as record_no
    from store
    join (
        values
            ('bucket', 'get-object-lock-configuration', 'no Object Lock',
                'keep log objects from being changed with Object Lock'),
            ('bucket', 'get-bucket-encryption', 'no encryption with KMS',
                'encrypt with a key of KMS whose policy names the readers'),
            ('log group', 'describe-log-groups', 'no data protection policy',
                'mask personal data with a data protection policy, and give logs:Unmask to few')
    ) as asked (kind, operation, title, advice)
        on asked.kind = store.kind
    left join answer
        on answer.kind = store.kind
        and answer.name = store.name
        and answer.operation = asked.operation
        and answer.collected_at is not null
    group by
        store.kind,
        store.name,
        asked.title,
        asked.advice
),
lack as (
    select
        kind,
        name,
        coalesce(list(title order by title) filter (is_protected is false), []) as missing,
        coalesce(list(title order by title) filter (is_protected is null), []) as not_asked,
        coalesce(list(advice order by title) filter (is_protected is false), []) as advice,
        min(collected_at) as first_told,
        max(collected_at) as last_told
    from protection
    group by
        kind,
        name
),
record as (
    select
        kind,
        name,
        list_sort(
            list(distinct {'table': source, 'artifact_id': artifact_id, 'record_no': record_no})
        ) as records
    from (
        select
            kind,
            name,
            source,
            artifact_id,
            record_no
        from mention
        union
        select
            kind,
            name,
            'api_snapshot',
            artifact_id,
            record_no
        from protection
        where is_protected is false
        union
        select
            kind,
            name,
            'iam_statement',
            statement.artifact_id,
            statement.record_no
        from (
            select
                kind,
                name,
                unnest(statements) as statement
            from reader
        )
    )
    where artifact_id is not null
    group by
        kind,
        name
),
iam_time as (
    select max(collected_at) as collected_at
    from iam_principal
)
select
    store.kind as entity_type,
    store.name as entity,
    'low' as severity,
    coalesce(lack.first_told, iam_time.collected_at) as first_seen,
    coalesce(greatest(lack.last_told, iam_time.collected_at), lack.last_told) as last_seen,
    len(coalesce(readers.principals, [])) + len(lack.missing) as event_count,
    case when store.kind = 'bucket' then 'bucket ' else 'log group ' end || store.name
    || case
        when list_contains(store.holds, 'bedrock_log') then ' keeps prompts and answers'
        else ' keeps captured inference'
    end
    || case
        when len(readers.described) > 0
            then '; ' || named(readers.described) || ' can read it without being a log reader'
        else ''
    end
    || case when len(lack.missing) > 0 then '; ' || array_to_string(lack.missing, ', ') else '' end
    || case
        when len(lack.not_asked) > 0
            then '; not asked: ' || replace(array_to_string(lack.not_asked, ', '), 'no ', '')
        else ''
    end as summary,
    coalesce(record.records, []) as records,
    case when len(store.region) = 1 then store.region[1] end as region,
    store.name as resource,
    {
        'holds': store.holds,
        'readers': list_slice(coalesce(readers.principals, []), 1, 50),
        'missing': lack.missing,
        'not_asked': lack.not_asked,
        'recommendations': list_concat(
            case
                when len(readers.principals) > 0
                    then ['allow reading to log readers only, and deny it to all others in the policy of the store']
                else []
            end,
            lack.advice
        )
    } as metrics
from store
cross join iam_time
join lack
    using (kind, name)
left join readers
    using (kind, name)
left join record
    using (kind, name)
where len(readers.principals) > 0
    or len(lack.missing) > 0
order by
    entity_type,
    entity
