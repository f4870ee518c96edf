-- ---
-- id: guardduty
-- version: 1.0.0
-- title: Amazon GuardDuty findings (export to S3, get-findings, EventBridge)
-- recognises:
--   json:
--     - in: &places [Findings, findings, '', detail, data.Findings]
--       keys: [Service, Resource, Severity, Type]
--     - in: *places
--       keys: [service, resource, severity, type]
--   path: /GuardDuty/.*\.jsonl(\.gz)?$
-- emits: [security_finding]
-- identity: [finding_id, product, updated_at]
-- caveats:
--   - An updated finding is exported again with a larger count; every export is a row.
--   - The export to S3 leaves archived findings out.
-- references:
--   - https://docs.aws.amazon.com/guardduty/latest/ug/guardduty_exportfindings.html
--   - https://docs.aws.amazon.com/guardduty/latest/APIReference/API_GetFindings.html
-- ---
with renamed as (
    select
        artifact_id,
        record_no,
        either_case(record, 'id') as finding_id,
        'guardduty' as product,
        'guardduty' as provider,
        either_case(record, 'type') as type,
        try_cast(either_case(record, 'severity') as double) as severity,
        either_case(record, 'title') as title,
        either_case(record, 'description') as description,
        either_case(record, 'accountId') as account_id,
        either_case(record, 'region') as region,
        instant_of(either_case(record, 'service.eventFirstSeen')) as first_seen,
        instant_of(either_case(record, 'service.eventLastSeen')) as last_seen,
        instant_of(either_case(record, 'createdAt')) as created_at,
        instant_of(either_case(record, 'updatedAt')) as updated_at,
        try_cast(either_case(record, 'service.count') as bigint) as count,
        either_case(record, 'resource.accessKeyDetails.accessKeyId') as access_key_id,
        either_case(record, 'resource.accessKeyDetails.userType') as user_type,
        either_case(record, 'resource.accessKeyDetails.userName') as user_name,
        coalesce(
            either_case(record, 'resource.s3BucketDetails[0].arn'),
            either_case(record, 'resource.bedrockGuardrailDetails.guardrailArn'),
            either_case(record, 'resource.lambdaDetails.functionArn'),
            either_case(record, 'resource.eksClusterDetails.arn'),
            either_case(record, 'resource.ecsClusterDetails.arn'),
            either_case(record, 'resource.rdsDbInstanceDetails.dbInstanceArn'),
            'arn:aws:ec2:' || either_case(record, 'region') || ':' || either_case(record, 'accountId')
            || ':instance/' || either_case(record, 'resource.instanceDetails.instanceId'),
            either_case(record, 'resource.modelDetails[0].modelId')
        ) as resource_arn,
        either_case(record, 'resource.resourceType') as resource_type,
        coalesce(
            either_case(record, 'service.action.awsApiCallAction.api'),
            either_case(record, 'service.action.kubernetesApiCallAction.verb')
        ) as api,
        coalesce(
            either_case(record, 'service.action.awsApiCallAction.remoteIpDetails.ipAddressV4'),
            either_case(record, 'service.action.awsApiCallAction.remoteIpDetails.ipAddressV6'),
            either_case(record, 'service.action.networkConnectionAction.remoteIpDetails.ipAddressV4'),
            either_case(record, 'service.action.networkConnectionAction.remoteIpDetails.ipAddressV6'),
            either_case(record, 'service.action.kubernetesApiCallAction.remoteIpDetails.ipAddressV4'),
            either_case(record, 'service.action.rdsLoginAttemptAction.remoteIpDetails.ipAddressV4'),
            either_case(record, 'service.action.portProbeAction.portProbeDetails[0].remoteIpDetails.ipAddressV4'),
            either_case(record, 'service.detection.sequence.endpoints[0].ip')
        ) as remote_ip,
        case try_cast(either_case(record, 'service.archived') as boolean)
            when true then 'ARCHIVED'
            when false then 'ACTIVE'
        end as record_state,
        coalesce(
            try_cast(either_case(record, 'service.additionalInfo.sample') as boolean),
            contains(either_case(record, 'service.additionalInfo.value'), '"sample":true')
        ) as is_sample,
        record as json,
        flags,
    from framed
)

select
    * exclude (user_type, is_sample, flags),
    guardduty_label(severity) as severity_label,
    case
        when user_name is null or account_id is null then null
        when user_type in ('AssumedRole', 'Role') then 'arn:aws:iam::' || account_id || ':role/' || user_name
        when user_type = 'IAMUser' then 'arn:aws:iam::' || account_id || ':user/' || user_name
        when user_type = 'Root' then 'arn:aws:iam::' || account_id || ':root'
        when user_type = 'FederatedUser' then 'arn:aws:sts::' || account_id || ':federated-user/' || user_name
    end as principal,
    null::varchar as workflow_state,
    null::varchar as compliance_status,
    nullif(
        list_concat(
            coalesce(flags, []),
            case when coalesce(last_seen, updated_at, created_at) is null then ['no_time'] else [] end,
            case when is_sample then ['sample'] else [] end
        ),
        []
    ) as flags,
    null::varchar as skip_because,
    case when finding_id is null and type is null then 'not a GuardDuty finding: id and type are missing' end
        as reject_because,
from renamed;
