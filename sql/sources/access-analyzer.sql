-- ---
-- id: access_analyzer
-- version: 1.0.0
-- title: IAM Access Analyzer findings (list-findings, list-findings-v2, get-finding, EventBridge)
-- recognises:
--   json:
--     - in: &places [findings, finding, '', detail]
--       keys: [id, resourceType, resourceOwnerAccount, status]
--     - in: *places
--       keys: [id, resourceType, analyzedAt, status]
-- emits: [security_finding]
-- identity: [finding_id, product, updated_at]
-- caveats:
--   - The list of version 2 has no details; get-finding-v2 has them, one finding at a time.
-- references:
--   - https://docs.aws.amazon.com/access-analyzer/latest/APIReference/API_ListFindingsV2.html
--   - https://docs.aws.amazon.com/IAM/latest/UserGuide/access-analyzer-eventbridge.html
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
            "id": "VARCHAR",
            "findingType": "VARCHAR",
            "isPublic": "VARCHAR",
            "error": "VARCHAR",
            "resourceOwnerAccount": "VARCHAR",
            "accountId": "VARCHAR",
            "region": "VARCHAR",
            "resource": "VARCHAR",
            "createdAt": "VARCHAR",
            "analyzedAt": "VARCHAR",
            "updatedAt": "VARCHAR",
            "findingDetails": [{
                "unusedIamUserAccessKeyDetails": {"accessKeyId": "VARCHAR"},
                "externalAccessDetails": {"principal": "JSON", "action": ["VARCHAR"]}
            }],
            "principal": "JSON",
            "resourceType": "VARCHAR",
            "action": ["VARCHAR"],
            "status": "VARCHAR"
        }'
        ) as f,
    from framed
),

renamed as (
    select
        artifact_id,
        record_no,
        f.id as finding_id,
        'access-analyzer' as product,
        'access-analyzer' as provider,
        coalesce(
            f.findingType,
            case when try_cast(f.isPublic as boolean) then 'PublicAccess' else 'ExternalAccess' end
        ) as type,
        null::double as severity,
        null::varchar as severity_label,
        null::varchar as title,
        f.error as description,
        coalesce(f.resourceOwnerAccount, f.accountId) as account_id,
        coalesce(
            f.region,
            nullif(regexp_extract(f.resource, '^arn:[^:]*:[^:]*:([a-z0-9-]+):', 1), '')
        ) as region,
        instant_of(f.createdAt) as first_seen,
        instant_of(f.analyzedAt) as last_seen,
        instant_of(f.createdAt) as created_at,
        instant_of(f.updatedAt) as updated_at,
        null::bigint as count,
        f.findingDetails[1].unusedIamUserAccessKeyDetails.accessKeyId as access_key_id,
        coalesce(
            f.principal,
            f.findingDetails[1].externalAccessDetails.principal
        ) as who,
        null::varchar as user_name,
        f.resource as resource_arn,
        f.resourceType as resource_type,
        coalesce(
            f.action[1],
            f.findingDetails[1].externalAccessDetails.action[1]
        ) as api,
        null::varchar as remote_ip,
        f.status as record_state,
        null::varchar as workflow_state,
        null::varchar as compliance_status,
        false as is_sample,
        json,
        flags,
    from read
)

select
    * exclude (who, is_sample, flags),
    case
        when json_type(who) = 'OBJECT'
            then json_extract_string(who, '$."' || json_keys(who)[1] || '"')
    end
        as principal,
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
        when finding_id is null
            then 'not an Access Analyzer finding: id is missing'
    end as reject_because,
from renamed;
