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
with renamed as (
    select
        artifact_id,
        record_no,
        record ->> '$.id' as finding_id,
        'access-analyzer' as product,
        'access-analyzer' as provider,
        coalesce(
            record ->> '$.findingType',
            case when try_cast(record ->> '$.isPublic' as boolean) then 'PublicAccess' else 'ExternalAccess' end
        ) as type,
        null::double as severity,
        null::varchar as severity_label,
        null::varchar as title,
        record ->> '$.error' as description,
        coalesce(record ->> '$.resourceOwnerAccount', record ->> '$.accountId') as account_id,
        coalesce(
            record ->> '$.region',
            nullif(regexp_extract(record ->> '$.resource', '^arn:[^:]*:[^:]*:([a-z0-9-]+):', 1), '')
        ) as region,
        instant_of(record ->> '$.createdAt') as first_seen,
        instant_of(record ->> '$.analyzedAt') as last_seen,
        instant_of(record ->> '$.createdAt') as created_at,
        instant_of(record ->> '$.updatedAt') as updated_at,
        null::bigint as count,
        record ->> '$.findingDetails[0].unusedIamUserAccessKeyDetails.accessKeyId' as access_key_id,
        coalesce(
            json_extract(record, '$.principal'),
            json_extract(record, '$.findingDetails[0].externalAccessDetails.principal')
        ) as who,
        null::varchar as user_name,
        record ->> '$.resource' as resource_arn,
        record ->> '$.resourceType' as resource_type,
        coalesce(
            record ->> '$.action[0]',
            record ->> '$.findingDetails[0].externalAccessDetails.action[0]'
        ) as api,
        null::varchar as remote_ip,
        record ->> '$.status' as record_state,
        null::varchar as workflow_state,
        null::varchar as compliance_status,
        false as is_sample,
        record as json,
        flags,
    from framed
)

select
    * exclude (who, is_sample, flags),
    case when json_type(who) = 'OBJECT' then json_extract_string(who, '$."' || json_keys(who)[1] || '"') end
        as principal,
    nullif(
        list_concat(
            coalesce(flags, []),
            case when coalesce(last_seen, updated_at, created_at) is null then ['no_time'] else [] end,
            case when is_sample then ['sample'] else [] end
        ),
        []
    ) as flags,
    null::varchar as skip_because,
    case when finding_id is null then 'not an Access Analyzer finding: id is missing' end as reject_because,
from renamed;
