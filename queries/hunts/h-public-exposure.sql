-- ---
-- id: h-public-exposure
-- version: 1.0.0
-- title: What was made public or shared, and who came in meanwhile?
-- status: stable
-- description: >-
--   Finds calls that change who may reach a bucket, function, snapshot, image, key or model, with the foreign principals
--   in the new policy, until the next such call on the same resource, and the requests of foreign and anonymous
--   requesters in between. Misses what was public before the evidence begins.
-- requires:
--   cloudtrail_event: needed
--   s3_access: helpful
--   ref_account: optional
-- parameters:
--   resource: {type: text, default: null, description: part of the name of a resource}
--   case_from: {type: timestamptz, default: null, description: only from here}
--   case_to: {type: timestamptz, default: null, description: only before}
-- references: []
-- changelog:
--   1.0.0: first version
-- ---
with change as (
    select
        *,
        coalesce(
            request_parameters ->> '$.bucketName',
            request_parameters ->> '$.functionName',
            request_parameters ->> '$.snapshotId',
            request_parameters ->> '$.imageId',
            event_resource(request_parameters, resources)
        ) as resource,
        list_sort(
            list_distinct(
                list_concat(
                    regexp_extract_all(
                        coalesce(request_parameters -> '$.bucketPolicy', request_parameters)::varchar,
                        'arn:aws[a-z-]*:iam::([0-9]{12}):',
                        1
                    ),
                    list_concat(
                        regexp_extract_all(
                            request_parameters::varchar,
                            '"(?:AWS|userId|principal|Principal)"\s*:\s*"([0-9]{12})"',
                            1
                        ),
                        case
                            when regexp_matches(
                                    request_parameters::varchar,
                                    '"(?:Principal|principal|AWS|group)\\?"\s*:\s*\\?"(?:\*|all)|AllUsers|AuthenticatedUsers|public-read'
                                )
                            then ['everybody']
                            else []
                        end
                    )
                )
            )
        ) as shared_with
    from cloudtrail_event
    where error_code is null
        and (
            event_name in (
                'PutBucketPolicy',
                'DeleteBucketPolicy',
                'PutBucketAcl',
                'PutObjectAcl',
                'PutBucketPublicAccessBlock',
                'DeleteBucketPublicAccessBlock',
                'DeleteAccountPublicAccessBlock',
                'PutBucketWebsite',
                'ModifySnapshotAttribute',
                'ModifyImageAttribute',
                'PutKeyPolicy',
                'PutResourcePolicy',
                'SetRepositoryPolicy',
                'PutModelPackageGroupPolicy',
                'CreateAccessPoint',
                'PutAccessPointPolicy'
            )
            or starts_with(event_name, 'AddPermission')
            or starts_with(event_name, 'CreateFunctionUrlConfig')
        )
),
spell as (
    select
        *,
        lead(event_time) over (partition by event_source, resource order by event_time, artifact_id, record_no)
            as until
    from change
    where ($resource::varchar is null or contains(lower(resource), lower($resource::varchar)))
        and in_period(event_time, $case_from::timestamptz, $case_to::timestamptz)
),
visit as (
    select
        spell.artifact_id,
        spell.record_no,
        count(*) as requests,
        sum(line.bytes_sent)::bigint as bytes,
        distinct_values(coalesce(line.requester, 'anonymous')) as requesters
    from spell
    join s3_access as line
        on line.bucket = spell.resource
        and line.event_time >= spell.event_time
        and (spell.until is null or line.event_time < spell.until)
    where (
            line.requester is null
            or coalesce(nullif(regexp_extract(line.requester, '::([0-9]{12}):', 1), ''), 'foreign')
            <> spell.recipient_account_id
        )
        and not starts_with(line.operation, 'S3.')
        and not contains(coalesce(line.requester, ''), 'amazonaws.com')
    group by
        spell.artifact_id,
        spell.record_no
)
select
    spell.event_time,
    spell.until,
    spell.resource,
    spell.event_name as action,
    spell.principal,
    spell.credential,
    spell.source_ip_address as source_ip,
    list_filter(
        spell.shared_with,
        lambda one : one <> spell.recipient_account_id
            and not list_contains(own.accounts, one)
    ) as shared_with,
    coalesce(visit.requests, 0) as foreign_requests,
    visit.bytes as foreign_bytes,
    coalesce(visit.requesters, []) as foreign_requesters,
    spell.artifact_id,
    spell.record_no
from spell
cross join (
    select coalesce(list(account order by account), []) as accounts
    from ref_account
    where class in ('org', 'own')
) as own
left join visit
    on visit.artifact_id = spell.artifact_id
    and visit.record_no = spell.record_no
order by
    spell.event_time,
    spell.artifact_id,
    spell.record_no
