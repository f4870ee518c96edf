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
with read as (
    -- One pass over the record for all that becomes a column: each pass holds 2,048 records in memory.
    select
        artifact_id,
        record_no,
        record as json,
        flags,
        case
            when json_exists(record, '$.Service') then json_transform(
                record,
                '{
                "Id": "VARCHAR",
                "Type": "VARCHAR",
                "Severity": "VARCHAR",
                "Title": "VARCHAR",
                "Description": "VARCHAR",
                "AccountId": "VARCHAR",
                "Region": "VARCHAR",
                "CreatedAt": "VARCHAR",
                "UpdatedAt": "VARCHAR",
                "Resource": {
                    "ResourceType": "VARCHAR",
                    "AccessKeyDetails": {
                        "AccessKeyId": "VARCHAR",
                        "UserType": "VARCHAR",
                        "UserName": "VARCHAR"
                    },
                    "S3BucketDetails": [{"Arn": "VARCHAR"}],
                    "BedrockGuardrailDetails": {"GuardrailArn": "VARCHAR"},
                    "ModelDetails": [{"ModelId": "VARCHAR"}],
                    "LambdaDetails": {"FunctionArn": "VARCHAR"},
                    "EksClusterDetails": {"Arn": "VARCHAR"},
                    "EcsClusterDetails": {"Arn": "VARCHAR"},
                    "RdsDbInstanceDetails": {"DbInstanceArn": "VARCHAR"},
                    "InstanceDetails": {"InstanceId": "VARCHAR"}
                },
                "Service": {
                    "EventFirstSeen": "VARCHAR",
                    "EventLastSeen": "VARCHAR",
                    "Count": "VARCHAR",
                    "Archived": "VARCHAR",
                    "AdditionalInfo": {"Sample": "VARCHAR", "Value": "VARCHAR"},
                    "Action": {
                        "AwsApiCallAction": {
                            "Api": "VARCHAR",
                            "RemoteIpDetails": {"IpAddressV4": "VARCHAR", "IpAddressV6": "VARCHAR"}
                        },
                        "KubernetesApiCallAction": {
                            "Verb": "VARCHAR",
                            "RemoteIpDetails": {"IpAddressV4": "VARCHAR", "IpAddressV6": "VARCHAR"}
                        },
                        "NetworkConnectionAction": {
                            "RemoteIpDetails": {"IpAddressV4": "VARCHAR", "IpAddressV6": "VARCHAR"}
                        },
                        "RdsLoginAttemptAction": {
                            "RemoteIpDetails": {"IpAddressV4": "VARCHAR", "IpAddressV6": "VARCHAR"}
                        },
                        "PortProbeAction": {
                            "PortProbeDetails": [
                                {"RemoteIpDetails": {"IpAddressV4": "VARCHAR", "IpAddressV6": "VARCHAR"}}
                            ]
                        }
                    },
                    "Detection": {"Sequence": {"Endpoints": [{"Ip": "VARCHAR"}]}}
                }
            }'
            )
            else json_transform(
                record,
                '{
                "id": "VARCHAR",
                "type": "VARCHAR",
                "severity": "VARCHAR",
                "title": "VARCHAR",
                "description": "VARCHAR",
                "accountId": "VARCHAR",
                "region": "VARCHAR",
                "createdAt": "VARCHAR",
                "updatedAt": "VARCHAR",
                "resource": {
                    "resourceType": "VARCHAR",
                    "accessKeyDetails": {
                        "accessKeyId": "VARCHAR",
                        "userType": "VARCHAR",
                        "userName": "VARCHAR"
                    },
                    "s3BucketDetails": [{"arn": "VARCHAR"}],
                    "bedrockGuardrailDetails": {"guardrailArn": "VARCHAR"},
                    "modelDetails": [{"modelId": "VARCHAR"}],
                    "lambdaDetails": {"functionArn": "VARCHAR"},
                    "eksClusterDetails": {"arn": "VARCHAR"},
                    "ecsClusterDetails": {"arn": "VARCHAR"},
                    "rdsDbInstanceDetails": {"dbInstanceArn": "VARCHAR"},
                    "instanceDetails": {"instanceId": "VARCHAR"}
                },
                "service": {
                    "eventFirstSeen": "VARCHAR",
                    "eventLastSeen": "VARCHAR",
                    "count": "VARCHAR",
                    "archived": "VARCHAR",
                    "additionalInfo": {"sample": "VARCHAR", "value": "VARCHAR"},
                    "action": {
                        "awsApiCallAction": {
                            "api": "VARCHAR",
                            "remoteIpDetails": {"ipAddressV4": "VARCHAR", "ipAddressV6": "VARCHAR"}
                        },
                        "kubernetesApiCallAction": {
                            "verb": "VARCHAR",
                            "remoteIpDetails": {"ipAddressV4": "VARCHAR", "ipAddressV6": "VARCHAR"}
                        },
                        "networkConnectionAction": {
                            "remoteIpDetails": {"ipAddressV4": "VARCHAR", "ipAddressV6": "VARCHAR"}
                        },
                        "rdsLoginAttemptAction": {
                            "remoteIpDetails": {"ipAddressV4": "VARCHAR", "ipAddressV6": "VARCHAR"}
                        },
                        "portProbeAction": {
                            "portProbeDetails": [
                                {"remoteIpDetails": {"ipAddressV4": "VARCHAR", "ipAddressV6": "VARCHAR"}}
                            ]
                        }
                    },
                    "detection": {"sequence": {"endpoints": [{"ip": "VARCHAR"}]}}
                }
            }'
            )
        end as f,
    from framed
),

renamed as (
    select
        artifact_id,
        record_no,
        f.id as finding_id,
        'guardduty' as product,
        'guardduty' as provider,
        f.type,
        try_cast(f.severity as double) as severity,
        f.title,
        f.description,
        f.accountId as account_id,
        f.region,
        instant_of(f.service.eventFirstSeen) as first_seen,
        instant_of(f.service.eventLastSeen) as last_seen,
        instant_of(f.createdAt) as created_at,
        instant_of(f.updatedAt) as updated_at,
        try_cast(f.service.count as bigint) as count,
        f.resource.accessKeyDetails.accessKeyId as access_key_id,
        f.resource.accessKeyDetails.userType as user_type,
        f.resource.accessKeyDetails.userName as user_name,
        coalesce(
            f.resource.s3BucketDetails[1].arn,
            f.resource.bedrockGuardrailDetails.guardrailArn,
            f.resource.lambdaDetails.functionArn,
            f.resource.eksClusterDetails.arn,
            f.resource.ecsClusterDetails.arn,
            f.resource.rdsDbInstanceDetails.dbInstanceArn,
            'arn:aws:ec2:' || f.region || ':' || f.accountId || ':instance/'
            || f.resource.instanceDetails.instanceId,
            f.resource.modelDetails[1].modelId
        ) as resource_arn,
        f.resource.resourceType as resource_type,
        coalesce(
            f.service.action.awsApiCallAction.api,
            f.service.action.kubernetesApiCallAction.verb
        ) as api,
        coalesce(
            f.service.action.awsApiCallAction.remoteIpDetails.ipAddressV4,
            f.service.action.awsApiCallAction.remoteIpDetails.ipAddressV6,
            f.service.action.networkConnectionAction.remoteIpDetails.ipAddressV4,
            f.service.action.networkConnectionAction.remoteIpDetails.ipAddressV6,
            f.service.action.kubernetesApiCallAction.remoteIpDetails.ipAddressV4,
            f.service.action.kubernetesApiCallAction.remoteIpDetails.ipAddressV6,
            f.service.action.rdsLoginAttemptAction.remoteIpDetails.ipAddressV4,
            f.service.action.rdsLoginAttemptAction.remoteIpDetails.ipAddressV6,
            f.service.action.portProbeAction.portProbeDetails[1].remoteIpDetails.ipAddressV4,
            f.service.detection.sequence.endpoints[1].ip
        ) as remote_ip,
        case try_cast(f.service.archived as boolean)
            when true then 'ARCHIVED'
            when false then 'ACTIVE'
        end as record_state,
        coalesce(
            try_cast(f.service.additionalInfo.sample as boolean),
            contains(f.service.additionalInfo.value, '"sample":true')
        ) as is_sample,
        json,
        flags,
    from read
)

select
    * exclude (user_type, is_sample, flags),
    guardduty_label(severity) as severity_label,
    case
        when user_name is null or account_id is null then null
        when user_type in ('AssumedRole', 'Role')
            then 'arn:aws:iam::' || account_id || ':role/' || user_name
        when user_type = 'IAMUser' then 'arn:aws:iam::' || account_id || ':user/' || user_name
        when user_type = 'Root' then 'arn:aws:iam::' || account_id || ':root'
        when user_type = 'FederatedUser'
            then 'arn:aws:sts::' || account_id || ':federated-user/' || user_name
    end as principal,
    null::varchar as workflow_state,
    null::varchar as compliance_status,
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
            then 'not a GuardDuty finding: id and type are missing'
    end
        as reject_because,
from renamed;
