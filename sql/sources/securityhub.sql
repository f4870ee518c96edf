-- ---
-- id: securityhub
-- version: 1.0.0
-- title: AWS Security Hub findings (ASFF)
-- recognises:
--   json:
--     - in: [Findings, findings, '', detail.findings, data.Findings]
--       keys: [AwsAccountId, ProductArn, GeneratorId]
--     - in: [Findings, findings, '', detail.findings, data.Findings]
--       keys: [SchemaVersion, AwsAccountId, Resources]
--     - in: [data.Findings]
--       keys: [ProductArn, Resources, Title]
-- emits: [security_finding]
-- identity: [finding_id, product, updated_at]
-- caveats:
--   - Findings of other products arrive here minutes later and with fewer details; provider tells whose they are.
-- references:
--   - https://docs.aws.amazon.com/securityhub/latest/userguide/securityhub-findings-format-syntax.html
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
            "Id": "VARCHAR",
            "ProductName": "VARCHAR",
            "ProductFields": {
                "aws/securityhub/ProductName": "VARCHAR",
                "aws/securityhub/Region": "VARCHAR",
                "aws/guardduty/service/count": "VARCHAR",
                "count": "VARCHAR",
                "aws/guardduty/service/action/awsApiCallAction/api": "VARCHAR",
                "action/awsApiCallAction/api": "VARCHAR",
                "aws/guardduty/service/action/awsApiCallAction/remoteIpDetails/ipAddressV4": "VARCHAR",
                "aws/guardduty/service/action/networkConnectionAction/remoteIpDetails/ipAddressV4": "VARCHAR",
                "action/awsApiCallAction/remoteIpDetails/ipAddressV4": "VARCHAR"
            },
            "ProductArn": "VARCHAR",
            "Types": ["VARCHAR"],
            "FindingProviderFields": {"Types": ["VARCHAR"]},
            "GeneratorId": "VARCHAR",
            "Severity": {"Normalized": "VARCHAR", "Product": "VARCHAR", "Label": "VARCHAR"},
            "Title": "VARCHAR",
            "Description": "VARCHAR",
            "AwsAccountId": "VARCHAR",
            "Region": "VARCHAR",
            "Resources": [{
                "Region": "VARCHAR",
                "Details": {
                    "AwsIamAccessKey": {
                        "AccessKeyId": "VARCHAR",
                        "PrincipalName": "VARCHAR",
                        "UserName": "VARCHAR"
                    }
                },
                "Id": "VARCHAR",
                "Type": "VARCHAR"
            }],
            "FirstObservedAt": "VARCHAR",
            "LastObservedAt": "VARCHAR",
            "CreatedAt": "VARCHAR",
            "UpdatedAt": "VARCHAR",
            "Action": {
                "AwsApiCallAction": {
                    "Api": "VARCHAR",
                    "RemoteIpDetails": {"IpAddressV4": "VARCHAR"}
                },
                "NetworkConnectionAction": {"RemoteIpDetails": {"IpAddressV4": "VARCHAR"}}
            },
            "Network": {"SourceIpV4": "VARCHAR", "SourceIpV6": "VARCHAR"},
            "RecordState": "VARCHAR",
            "Workflow": {"Status": "VARCHAR"},
            "WorkflowState": "VARCHAR",
            "Compliance": {"Status": "VARCHAR"},
            "Sample": "VARCHAR"
        }'
        ) as f,
    from framed
),

renamed as (
    select
        artifact_id,
        record_no,
        f.Id as finding_id,
        'securityhub' as product,
        coalesce(
            f.ProductName,
            f.ProductFields."aws/securityhub/ProductName",
            nullif(regexp_extract(f.ProductArn, '/([^/]+)$', 1), '')
        ) as provider,
        coalesce(
            f.Types[1],
            f.FindingProviderFields.Types[1],
            f.GeneratorId
        ) as type,
        coalesce(
            try_cast(f.Severity.Normalized as double),
            try_cast(f.Severity.Product as double)
        ) as severity,
        f.Severity.Label as label,
        f.Title as title,
        f.Description as description,
        f.AwsAccountId as account_id,
        coalesce(
            f.Region,
            f.ProductFields."aws/securityhub/Region",
            f.Resources[1].Region,
            nullif(regexp_extract(f.ProductArn, '^arn:[^:]*:securityhub:([^:]*):', 1), '')
        ) as region,
        instant_of(f.FirstObservedAt) as first_seen,
        instant_of(f.LastObservedAt) as last_seen,
        instant_of(f.CreatedAt) as created_at,
        instant_of(f.UpdatedAt) as updated_at,
        try_cast(
            coalesce(
                f.ProductFields."aws/guardduty/service/count",
                f.ProductFields.count
            ) as bigint
        ) as count,
        coalesce(
            f.Resources[1].Details.AwsIamAccessKey.AccessKeyId,
            f.Resources[2].Details.AwsIamAccessKey.AccessKeyId,
            nullif(regexp_extract(json::varchar, '"AWS::IAM::AccessKey:(A[A-Z0-9]{15,})"', 1), '')
        ) as access_key_id,
        coalesce(
            f.Resources[1].Details.AwsIamAccessKey.PrincipalName,
            f.Resources[1].Details.AwsIamAccessKey.UserName,
            f.Resources[2].Details.AwsIamAccessKey.PrincipalName
        ) as user_name,
        list_filter(
            list_transform(f.Resources, lambda resource : resource.Id),
            lambda id : regexp_matches(id, '^arn:[^:]*:(iam|sts)::[0-9]*:(user|role|assumed-role|root|federated-user)')
        )[1] as principal,
        f.Resources[1].Id as resource_arn,
        f.Resources[1].Type as resource_type,
        coalesce(
            f.Action.AwsApiCallAction.Api,
            f.ProductFields."aws/guardduty/service/action/awsApiCallAction/api",
            f.ProductFields."action/awsApiCallAction/api"
        ) as api,
        coalesce(
            f.Action.AwsApiCallAction.RemoteIpDetails.IpAddressV4,
            f.Action.NetworkConnectionAction.RemoteIpDetails.IpAddressV4,
            f.Network.SourceIpV4,
            f.Network.SourceIpV6,
            f.ProductFields."aws/guardduty/service/action/awsApiCallAction/remoteIpDetails/ipAddressV4",
            f.ProductFields."aws/guardduty/service/action/networkConnectionAction/remoteIpDetails/ipAddressV4",
            f.ProductFields."action/awsApiCallAction/remoteIpDetails/ipAddressV4"
        ) as remote_ip,
        f.RecordState as record_state,
        coalesce(f.Workflow.Status, f.WorkflowState) as workflow_state,
        f.Compliance.Status as compliance_status,
        try_cast(f.Sample as boolean) as is_sample,
        json,
        flags,
    from read
)

select
    * exclude (label, is_sample, flags),
    coalesce(
        severity_label(label),
        -- https://docs.aws.amazon.com/securityhub/latest/userguide/asff-required-attributes.html
        case
            when severity >= 90 then 'CRITICAL'
            when severity >= 70 then 'HIGH'
            when severity >= 40 then 'MEDIUM'
            when severity >= 1 then 'LOW'
            when severity is not null then 'INFORMATIONAL'
        end
    ) as severity_label,
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
        when finding_id is null and title is null
            then 'not a Security Hub finding: Id and Title are missing'
    end
        as reject_because,
from renamed;
