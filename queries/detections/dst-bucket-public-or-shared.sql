-- ---
-- id: dst-bucket-public-or-shared
-- version: 1.0.0
-- title: Bucket or object opened to the public or to a foreign account
-- status: stable
-- severity: critical
-- element: data-store-changes
-- attack: [T1530, T1537, T1578.005]
-- atlas: [AML.T0025]
-- description: >-
--   Finds changes that open S3 data: policies of buckets and access points that allow everybody or an account that is
--   not ours without a condition that narrows it, ACLs for all users, all authenticated users or a foreign canonical id,
--   and public access blocks that are deleted or switched off. Critical on buckets with sensitive data, high elsewhere,
--   medium when the change was refused. Misses sharing by presigned URL and policies that CloudTrail cut off.
-- requires:
--   cloudtrail_event: needed
--   ref_bucket: helpful
--   ref_account: optional
--   ref_prefix: optional
--   ref_case: optional
--   s3_access: optional
-- parameters: {}
-- false_positives:
--   - Static web sites, data that is published on purpose, partners that reference/account.csv does not list.
-- references:
--   - https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html
-- changelog:
--   1.0.0: first version
-- ---
with known_account as (
    select account
    from ref_account
    union
    select unnest(accounts) as account
    from ref_case
    union
    select distinct recipient_account_id as account
    from cloudtrail_event
    where recipient_account_id is not null
),
-- Canonical ids of ours, as far as access logs name the owners of our buckets.
owner as (
    select distinct_values(bucket_owner) as ids
    from s3_access
),
event as (
    select
        event_time,
        event_name,
        principal,
        credential,
        source_ip_address,
        aws_region,
        recipient_account_id,
        error_code,
        request_parameters,
        request_parameters ->> '$.bucketName' as bucket_name,
        artifact_id,
        record_no
    from cloudtrail_event
    where event_time is not null
        and event_source in ('s3.amazonaws.com', 's3express.amazonaws.com')
        and event_name in (
            'PutBucketPolicy',
            'PutAccessPointPolicy',
            'PutMultiRegionAccessPointPolicy',
            'PutBucketAcl',
            'PutObjectAcl',
            'PutBucketPublicAccessBlock',
            'DeleteBucketPublicAccessBlock',
            'PutAccountPublicAccessBlock',
            'DeleteAccountPublicAccessBlock',
            'PutPublicAccessBlock',
            'DeletePublicAccessBlock'
        )
),
-- A policy comes as an object or as the text of one.
policy as (
    select
        artifact_id,
        record_no,
        coalesce(
            case
                when json_type(document) = 'OBJECT' then document
                else try_cast(document ->> '$' as json)
            end,
            '{}'::json
        ) as document
    from (
        select
            artifact_id,
            record_no,
            coalesce(
                request_parameters -> '$.bucketPolicy',
                request_parameters -> '$.PutAccessPointPolicyRequest.Policy',
                request_parameters -> '$.Policy',
                request_parameters -> '$.policy'
            ) as document
        from event
        where ends_with(event_name, 'Policy')
    )
),
statement as (
    select
        artifact_id,
        record_no,
        unnest(
            case json_type(document -> '$.Statement')
                when 'ARRAY' then json_extract(document, '$.Statement[*]')
                else [document -> '$.Statement']
            end
        ) as statement
    from policy
),
-- Whom a statement lets in: '*', an account id, or the text as it stands.
grantee as (
    select
        artifact_id,
        record_no,
        coalesce(
            nullif(regexp_extract(member, '^(?:arn:[^:]+:(?:iam|sts)::)?([0-9]{12})(?::.*)?$', 1), ''),
            member
        ) as grantee
    from (
        select
            artifact_id,
            record_no,
            unnest(
                case json_type(holder)
                    when 'ARRAY' then json_extract_string(holder, '$[*]')
                    else [json_extract_string(holder, '$')]
                end
            ) as member
        from (
            select
                artifact_id,
                record_no,
                unnest(
                    case json_type(statement -> '$.Principal')
                        when 'OBJECT'
                        then [statement -> '$.Principal.AWS', statement -> '$.Principal.CanonicalUser']
                        else [statement -> '$.Principal']
                    end
                ) as holder
            from statement
            where (statement ->> '$.Effect') = 'Allow'
                -- Conditions that name who may come, from where or for whom.
                and not regexp_matches(
                    coalesce((statement -> '$.Condition')::varchar, ''),
                    '(?i)"(aws:(Source(Vpc|Vpce|Ip|Arn|Account|OrgID|OrgPaths|Owner)|Vpc(e)?SourceIp'
                    || '|VpceAccount|VpceOrgID|VpceOrgPaths'
                    || '|Principal(Arn|Account|OrgID|OrgPaths|IsAWSService|ServiceName)'
                    || '|userid)|s3:DataAccessPoint(Arn|Account))"'
                )
        )
        where holder is not null
    )
    where member is not null
),
opened_policy as (
    select
        artifact_id,
        record_no,
        distinct_values(grantee) as grantee
    from grantee
    cross join owner
    where case
        when regexp_full_match(grantee, '[0-9]{12}')
        then grantee not in (select account from known_account where account is not null)
        else not starts_with(grantee, 'arn:')
            and not list_contains(owner.ids, grantee)
    end
    group by
        artifact_id,
        record_no
),
-- An ACL is one word (a canned one), a list of grants in headers, or a document of grants.
opened_acl as (
    select
        artifact_id,
        record_no,
        list_concat(
            case
                when canned in ('public-read', 'public-read-write', 'authenticated-read') then [canned]
                else []
            end,
            list_concat(
                list_distinct(regexp_extract_all(text, 'groups/global/(AllUsers|AuthenticatedUsers)', 1)),
                case
                    when len(own_id) > 0
                    then list_filter(
                        list_distinct(
                            regexp_extract_all(text, '(?i)\bid\\?"?\s*[:=]\s*\\?"?([0-9a-f]{64})', 1)
                        ),
                        lambda id : not list_contains(own_id, id)
                    )
                    else []
                end
            )
        ) as grantee
    from (
        select
            event.artifact_id,
            event.record_no,
            coalesce(
                event.request_parameters ->> '$."x-amz-acl"[0]',
                event.request_parameters ->> '$."x-amz-acl"'
            ) as canned,
            event.request_parameters::varchar as text,
            list_filter(
                list_append(
                    owner.ids,
                    event.request_parameters ->> '$.AccessControlPolicy.Owner.ID'
                ),
                lambda id : id is not null
            ) as own_id
        from event
        cross join owner
        where ends_with(event.event_name, 'Acl')
    )
),
opened_block as (
    select
        artifact_id,
        record_no,
        case
            when starts_with(event_name, 'Delete') then ['public access block deleted']
            else list_transform(
                list_distinct(
                    regexp_extract_all(
                        request_parameters::varchar,
                        '(?i)"(BlockPublicAcls|IgnorePublicAcls|BlockPublicPolicy|RestrictPublicBuckets)":\s*"?false',
                        1
                    )
                ),
                lambda name : name || ' off'
            )
        end as grantee
    from event
    where ends_with(event_name, 'PublicAccessBlock')
),
opened as (
    select *
    from opened_policy
    union all
    select *
    from opened_acl
    union all
    select *
    from opened_block
),
classified as (
    select
        bucket_name,
        object_class(bucket_name, '') as bucket_class,
        exists (
            from ref_prefix
            where ref_prefix.bucket = bucket_name
        ) as has_prefix
    from (select distinct bucket_name from event)
),
finding as (
    select
        event.*,
        list_sort(opened.grantee) as grantee,
        coalesce(classified.bucket_class, case when classified.has_prefix then 'prefix' end) as class,
        coalesce(
            event.bucket_name,
            event.request_parameters ->> '$.name',
            event.request_parameters ->> '$.PutAccessPointPolicyRequest.Name',
            'account ' || coalesce(event.recipient_account_id, 'unknown')
        ) as target
    from opened
    join event
        on event.artifact_id = opened.artifact_id
        and event.record_no = opened.record_no
    left join classified
        on classified.bucket_name is not distinct from event.bucket_name
    where len(opened.grantee) > 0
)
select
    'bucket' as entity_type,
    target as entity,
    case
        when error_code is not null then 'medium'
        when class is not null then 'critical'
        else 'high'
    end as severity,
    event_time as first_seen,
    event_time as last_seen,
    1::bigint as event_count,
    short_name(principal) || case when error_code is null then ' opened ' else ' failed to open ' end
    || target || coalesce(' (' || class || ')', '') || ' by ' || event_name || ' at '
    || moment(event_time) || ': ' || named(grantee) as summary,
    [{'table': 'cloudtrail_event', 'artifact_id': artifact_id, 'record_no': record_no}] as records,
    principal as actor,
    source_ip_address as source_ip,
    aws_region as region,
    recipient_account_id as account_id,
    coalesce(bucket_name || '/' || (request_parameters ->> '$.key'), bucket_name) as resource,
    {
        'event_name': event_name,
        'opened_to': grantee,
        'class': class,
        'error_code': error_code,
        'credential': credential
    } as metrics
from finding
order by
    first_seen,
    entity,
    artifact_id,
    record_no
