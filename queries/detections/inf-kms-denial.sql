-- ---
-- id: inf-kms-denial
-- version: 1.0.0
-- title: KMS key of AI data disabled or handed out
-- status: stable
-- severity: critical
-- element: infrastructure-changes
-- attack: [T1485, T1486, T1490]
-- atlas: [AML.T0029]
-- description: >-
--   Finds keys that were scheduled for deletion, disabled or stripped of their material, key policies that let an
--   account in that is not ours or leave nobody of ours to administer the key, grants to outsiders and grants that were
--   revoked. Critical when the key serves AI workloads, by what Bedrock, SageMaker or the known buckets encrypt with
--   it; otherwise medium, and revoked grants are left out. Refused attempts are medium. Misses the use of a key that no
--   record names.
-- requires:
--   cloudtrail_event: needed
--   api_snapshot: optional
--   s3_object_version: optional
--   ref_bucket: optional
--   ref_account: optional
--   ref_case: optional
-- parameters: {}
-- false_positives:
--   - Projects that rotate keys.
-- references:
--   - https://docs.aws.amazon.com/kms/latest/developerguide/deleting-keys.html
-- changelog:
--   1.0.0: first version
-- ---
with event as (
    select
        event_time,
        event_source,
        event_name,
        regexp_extract(
            coalesce(request_parameters ->> '$.keyId', resources ->> '$[0].ARN'),
            '([^/:]+)$',
            1
        ) as resource,
        policy_document(
            coalesce(request_parameters -> '$.policy', request_parameters -> '$.Policy')
        ) as policy,
        principal,
        credential,
        source_ip_address,
        aws_region,
        recipient_account_id,
        error_code,
        request_parameters as request,
        artifact_id,
        record_no
    from cloudtrail_event as event
    where event_source = 'kms.amazonaws.com'
        and event_name in (
            'ScheduleKeyDeletion',
            'DisableKey',
            'DeleteImportedKeyMaterial',
            'PutKeyPolicy',
            'CreateGrant',
            'RevokeGrant'
        )
        and invoked_by is null
),
own as (
    select own_accounts() as accounts
),
changed_key as (
    select distinct resource
    from event
    where resource is not null
),
-- Who says that a key serves AI workloads.
use as (
    select
        regexp_extract(kms_key_id, '([^/:]+)$', 1) as resource,
        'objects in ' || s3_object_version.bucket as origin
    from s3_object_version
    join ref_bucket
        on ref_bucket.bucket = s3_object_version.bucket
        and ref_bucket.class in ('training', 'model', 'kb', 'log', 'bedrock_log', 'capture', 'private')
    where kms_key_id is not null
        and exists (from event)
    union all
    select
        changed_key.resource,
        service || ' ' || operation as origin
    from api_snapshot
    join changed_key
        on contains(api_snapshot.json::varchar, changed_key.resource)
    where service in ('sagemaker', 'bedrock', 'bedrock-agent', 'bedrock-agentcore-control')
        or operation = 'describe-log-groups'
    union all
    select
        changed_key.resource,
        event_name as origin
    from cloudtrail_event
    join changed_key
        on contains(cloudtrail_event.request_parameters::varchar, changed_key.resource)
    where event_source in ('sagemaker.amazonaws.com', 'bedrock.amazonaws.com')
        and starts_with(event_name, 'Create')
    union all
    select
        regexp_extract(
            coalesce(resources ->> '$[0].ARN', request_parameters ->> '$.keyId'),
            '([^/:]+)$',
            1
        ) as resource,
        coalesce(short_source(invoked_by), ref_bucket.class || ' bucket') as origin
    from cloudtrail_event
    left join ref_bucket
        on ref_bucket.class in ('training', 'model', 'kb', 'log', 'bedrock_log', 'capture', 'private')
        and contains(
            request_parameters ->> '$.encryptionContext."aws:s3:arn"',
            ':::' || ref_bucket.bucket
        )
    where event_source = 'kms.amazonaws.com'
        and event_name in ('Decrypt', 'GenerateDataKey', 'Encrypt', 'ReEncrypt')
        and exists (from event)
        and (
            invoked_by in ('bedrock.amazonaws.com', 'sagemaker.amazonaws.com')
            or ref_bucket.bucket is not null
        )
),
ai_key as (
    select
        resource,
        distinct_values(origin) as origin
    from use
    group by resource
),
judged as (
    select
        event.*,
        ai_key.origin,
        list_filter(
            [
                case event_name
                    when 'ScheduleKeyDeletion' then 'deletion scheduled'
                    when 'DisableKey' then 'key disabled'
                    when 'DeleteImportedKeyMaterial' then 'key material deleted'
                    when 'RevokeGrant' then 'grant revoked'
                end,
                case
                    when event_name = 'PutKeyPolicy'
                        and len(foreign_grantees(policy_grantees(policy), own.accounts)) > 0
                    then 'policy lets in ' || named(foreign_grantees(policy_grantees(policy), own.accounts))
                end,
                case
                    when event_name = 'PutKeyPolicy'
                        and policy is not null
                        and not regexp_matches(policy::varchar, '"kms:(\*|Put\*|PutKeyPolicy|P\*)"')
                    then 'nobody administers the key'
                end,
                case
                    when event_name = 'CreateGrant'
                        and len(
                            foreign_grantees(
                                [request ->> '$.granteePrincipal', request ->> '$.retiringPrincipal'],
                                own.accounts
                            )
                        ) > 0
                    then 'granted to ' || named(
                        foreign_grantees(
                            [request ->> '$.granteePrincipal', request ->> '$.retiringPrincipal'],
                            own.accounts
                        )
                    )
                end
            ],
            lambda reason : reason is not null
        ) as reason
    from event
    cross join own
    left join ai_key
        on ai_key.resource = event.resource
),
finding as (
    select
        resource,
        principal,
        error_code is not null as is_attempt,
        max(
            case
                when len(origin) > 0 then 5
                else 3
            end
        ) as rank,
        list_sort(
            list_distinct(flatten(list(reason order by event_time, artifact_id, record_no)))
        ) as reason,
        list_sort(list_distinct(flatten(list(coalesce(origin, []) order by event_time)))) as origin,
        distinct_values(event_name) as event_name,
        distinct_values(error_code) as error_code,
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
    where len(reason) > 0
        and (
            event_name <> 'RevokeGrant'
            or origin is not null
        )
    group by
        resource,
        principal,
        error_code is not null
)
select
    'key' as entity_type,
    coalesce(resource, event_name[1]) as entity,
    case
        when is_attempt then 'medium'
        else ['info', 'low', 'medium', 'high', 'critical'][rank]
    end as severity,
    first_seen,
    last_seen,
    event_count,
    short_name(principal)
    || case when is_attempt then ' tried ' else ' made ' end
    || counted(event_count, 'call') || ' (' || named(event_name) || ')'
    || coalesce(' on ' || resource, '')
    || coalesce(': ' || nullif(named(reason), ''), '')
    || case when len(origin) > 0 then '; used by ' || named(origin) else '' end
    || case when is_attempt then '; failed with ' || named(error_code) else '' end as summary,
    records,
    principal as actor,
    case when len(address) = 1 then address[1] end as source_ip,
    case when len(region) = 1 then region[1] end as region,
    account_id,
    resource,
    {
        'event_names': event_name,
        'attempt': is_attempt,
        'reasons': reason,
        'error_codes': error_code,
        'used_by': origin,
        'regions': region,
        'credentials': credential,
        'addresses': address
    } as metrics
from finding
order by
    first_seen,
    entity,
    actor,
    is_attempt
