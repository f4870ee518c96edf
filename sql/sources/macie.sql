-- ---
-- id: macie
-- version: 1.0.0
-- title: Amazon Macie findings (get-findings, EventBridge)
-- recognises:
--   json:
--     - in: [findings, '', detail]
--       keys: [id, resourcesAffected, severity, category]
-- emits: [security_finding]
-- identity: [finding_id, product, updated_at]
-- caveats:
--   - A finding names the object and counts what is in it; the details lie in the bucket of the job's results.
-- references:
--   - https://docs.aws.amazon.com/macie/latest/user/findings-publish-event-schemas.html
-- ---
with renamed as (
    select
        artifact_id,
        record_no,
        record ->> '$.id' as finding_id,
        'macie' as product,
        'macie' as provider,
        record ->> '$.type' as type,
        try_cast(record ->> '$.severity.score' as double) as severity,
        severity_label(record ->> '$.severity.description') as severity_label,
        record ->> '$.title' as title,
        record ->> '$.description' as description,
        record ->> '$.accountId' as account_id,
        record ->> '$.region' as region,
        coalesce(
            instant_of(record ->> '$.policyDetails.action.apiCallDetails.firstSeen'),
            instant_of(record ->> '$.createdAt')
        ) as first_seen,
        coalesce(
            instant_of(record ->> '$.policyDetails.action.apiCallDetails.lastSeen'),
            instant_of(record ->> '$.updatedAt')
        ) as last_seen,
        instant_of(record ->> '$.createdAt') as created_at,
        instant_of(record ->> '$.updatedAt') as updated_at,
        try_cast(record ->> '$.count' as bigint) as count,
        coalesce(
            record ->> '$.policyDetails.actor.userIdentity.assumedRole.accessKeyId',
            record ->> '$.policyDetails.actor.userIdentity.federatedUser.accessKeyId'
        ) as access_key_id,
        principal_of_arn(
            coalesce(
                record ->> '$.policyDetails.actor.userIdentity.assumedRole.sessionContext.sessionIssuer.arn',
                record ->> '$.policyDetails.actor.userIdentity.assumedRole.arn',
                record ->> '$.policyDetails.actor.userIdentity.federatedUser.arn',
                record ->> '$.policyDetails.actor.userIdentity.iamUser.arn',
                record ->> '$.policyDetails.actor.userIdentity.root.arn'
            )
        ) as principal,
        record ->> '$.policyDetails.actor.userIdentity.iamUser.userName' as user_name,
        coalesce(
            'arn:aws:s3:::' || (record ->> '$.resourcesAffected.s3Object.path'),
            (record ->> '$.resourcesAffected.s3Object.bucketArn') || '/'
            || (record ->> '$.resourcesAffected.s3Object.key'),
            record ->> '$.resourcesAffected.s3Bucket.arn'
        ) as resource_arn,
        case when json_exists(record, '$.resourcesAffected.s3Object.key') then 'S3Object' else 'S3Bucket' end
            as resource_type,
        record ->> '$.policyDetails.action.apiCallDetails.api' as api,
        record ->> '$.policyDetails.actor.ipAddressDetails.ipAddressV4' as remote_ip,
        case try_cast(record ->> '$.archived' as boolean) when true then 'ARCHIVED' when false then 'ACTIVE' end
            as record_state,
        null::varchar as workflow_state,
        null::varchar as compliance_status,
        try_cast(record ->> '$.sample' as boolean) as is_sample,
        record as json,
        flags,
    from framed
)

select
    * exclude (is_sample, flags),
    nullif(
        list_concat(
            coalesce(flags, []),
            case when coalesce(last_seen, updated_at, created_at) is null then ['no_time'] else [] end,
            case when is_sample then ['sample'] else [] end
        ),
        []
    ) as flags,
    null::varchar as skip_because,
    case when finding_id is null and type is null then 'not a Macie finding: id and type are missing' end
        as reject_because,
from renamed;
