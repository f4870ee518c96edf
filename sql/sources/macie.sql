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
with read as (
    -- One pass over the record for all that becomes a column.
    select
        artifact_id,
        record_no,
        record as json,
        flags,
        json_transform(
            record,
            '{
            "resourcesAffected": {
                "s3Object": {"key": "VARCHAR", "path": "VARCHAR", "bucketArn": "VARCHAR"},
                "s3Bucket": {"arn": "VARCHAR"}
            },
            "id": "VARCHAR",
            "type": "VARCHAR",
            "severity": {"score": "VARCHAR", "description": "VARCHAR"},
            "title": "VARCHAR",
            "description": "VARCHAR",
            "accountId": "VARCHAR",
            "region": "VARCHAR",
            "policyDetails": {
                "action": {
                    "apiCallDetails": {
                        "firstSeen": "VARCHAR",
                        "lastSeen": "VARCHAR",
                        "api": "VARCHAR"
                    }
                },
                "actor": {
                    "userIdentity": {
                        "assumedRole": {
                            "accessKeyId": "VARCHAR",
                            "sessionContext": {"sessionIssuer": {"arn": "VARCHAR"}},
                            "arn": "VARCHAR"
                        },
                        "federatedUser": {"accessKeyId": "VARCHAR", "arn": "VARCHAR"},
                        "iamUser": {"arn": "VARCHAR", "userName": "VARCHAR"},
                        "root": {"arn": "VARCHAR"}
                    },
                    "ipAddressDetails": {"ipAddressV4": "VARCHAR"}
                }
            },
            "createdAt": "VARCHAR",
            "updatedAt": "VARCHAR",
            "count": "VARCHAR",
            "archived": "VARCHAR",
            "sample": "VARCHAR"
        }'
        ) as f,
    from framed
),

renamed as (
    select
        artifact_id,
        record_no,
        f.id as finding_id,
        'macie' as product,
        'macie' as provider,
        f.type as type,
        try_cast(f.severity.score as double) as severity,
        severity_label(f.severity.description) as severity_label,
        f.title as title,
        f.description as description,
        f.accountId as account_id,
        f.region as region,
        coalesce(
            instant_of(f.policyDetails.action.apiCallDetails.firstSeen),
            instant_of(f.createdAt)
        ) as first_seen,
        coalesce(
            instant_of(f.policyDetails.action.apiCallDetails.lastSeen),
            instant_of(f.updatedAt)
        ) as last_seen,
        instant_of(f.createdAt) as created_at,
        instant_of(f.updatedAt) as updated_at,
        try_cast(f.count as bigint) as count,
        coalesce(
            f.policyDetails.actor.userIdentity.assumedRole.accessKeyId,
            f.policyDetails.actor.userIdentity.federatedUser.accessKeyId
        ) as access_key_id,
        principal_of_arn(
            coalesce(
                f.policyDetails.actor.userIdentity.assumedRole.sessionContext.sessionIssuer.arn,
                f.policyDetails.actor.userIdentity.assumedRole.arn,
                f.policyDetails.actor.userIdentity.federatedUser.arn,
                f.policyDetails.actor.userIdentity.iamUser.arn,
                f.policyDetails.actor.userIdentity.root.arn
            )
        ) as principal,
        f.policyDetails.actor.userIdentity.iamUser.userName as user_name,
        coalesce(
            'arn:aws:s3:::' || (f.resourcesAffected.s3Object.path),
            (f.resourcesAffected.s3Object.bucketArn) || '/'
            || (f.resourcesAffected.s3Object.key),
            f.resourcesAffected.s3Bucket.arn
        ) as resource_arn,
        case when f.resourcesAffected.s3Object.key is not null then 'S3Object' else 'S3Bucket' end
            as resource_type,
        f.policyDetails.action.apiCallDetails.api as api,
        f.policyDetails.actor.ipAddressDetails.ipAddressV4 as remote_ip,
        case try_cast(f.archived as boolean) when true then 'ARCHIVED' when false then 'ACTIVE' end
            as record_state,
        null::varchar as workflow_state,
        null::varchar as compliance_status,
        try_cast(f.sample as boolean) as is_sample,
        json,
        flags,
    from read
)

select
    * exclude (is_sample, flags),
    nullif(
        list_concat(
            coalesce(flags, []),
            case
                when coalesce(last_seen, updated_at, created_at) is null
                    then ['no_time']
                else []
            end,
            case when is_sample then ['sample'] else [] end
        ),
        []
    ) as flags,
    null::varchar as skip_because,
    case
        when finding_id is null and type is null
            then 'not a Macie finding: id and type are missing'
    end
        as reject_because,
from renamed;
