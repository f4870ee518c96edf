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
with renamed as (
    select
        artifact_id,
        record_no,
        record ->> '$.Id' as finding_id,
        'securityhub' as product,
        coalesce(
            record ->> '$.ProductName',
            record ->> '$.ProductFields."aws/securityhub/ProductName"',
            nullif(regexp_extract(record ->> '$.ProductArn', '/([^/]+)$', 1), '')
        ) as provider,
        coalesce(
            record ->> '$.Types[0]',
            record ->> '$.FindingProviderFields.Types[0]',
            record ->> '$.GeneratorId'
        ) as type,
        coalesce(
            try_cast(record ->> '$.Severity.Normalized' as double),
            try_cast(record ->> '$.Severity.Product' as double)
        ) as severity,
        record ->> '$.Severity.Label' as label,
        record ->> '$.Title' as title,
        record ->> '$.Description' as description,
        record ->> '$.AwsAccountId' as account_id,
        coalesce(
            record ->> '$.Region',
            record ->> '$.ProductFields."aws/securityhub/Region"',
            record ->> '$.Resources[0].Region',
            nullif(regexp_extract(record ->> '$.ProductArn', '^arn:[^:]*:securityhub:([^:]*):', 1), '')
        ) as region,
        instant_of(record ->> '$.FirstObservedAt') as first_seen,
        instant_of(record ->> '$.LastObservedAt') as last_seen,
        instant_of(record ->> '$.CreatedAt') as created_at,
        instant_of(record ->> '$.UpdatedAt') as updated_at,
        try_cast(
            coalesce(
                record ->> '$.ProductFields."aws/guardduty/service/count"',
                record ->> '$.ProductFields.count'
            ) as bigint
        ) as count,
        coalesce(
            record ->> '$.Resources[0].Details.AwsIamAccessKey.AccessKeyId',
            record ->> '$.Resources[1].Details.AwsIamAccessKey.AccessKeyId',
            nullif(regexp_extract(record::varchar, '"AWS::IAM::AccessKey:(A[A-Z0-9]{15,})"', 1), '')
        ) as access_key_id,
        coalesce(
            record ->> '$.Resources[0].Details.AwsIamAccessKey.PrincipalName',
            record ->> '$.Resources[0].Details.AwsIamAccessKey.UserName',
            record ->> '$.Resources[1].Details.AwsIamAccessKey.PrincipalName'
        ) as user_name,
        list_filter(
            json_extract_string(record, '$.Resources[*].Id'),
            lambda id : regexp_matches(id, '^arn:[^:]*:(iam|sts)::[0-9]*:(user|role|assumed-role|root|federated-user)')
        )[1] as principal,
        record ->> '$.Resources[0].Id' as resource_arn,
        record ->> '$.Resources[0].Type' as resource_type,
        coalesce(
            record ->> '$.Action.AwsApiCallAction.Api',
            record ->> '$.ProductFields."aws/guardduty/service/action/awsApiCallAction/api"',
            record ->> '$.ProductFields."action/awsApiCallAction/api"'
        ) as api,
        coalesce(
            record ->> '$.Action.AwsApiCallAction.RemoteIpDetails.IpAddressV4',
            record ->> '$.Action.NetworkConnectionAction.RemoteIpDetails.IpAddressV4',
            record ->> '$.Network.SourceIpV4',
            record ->> '$.Network.SourceIpV6',
            record ->> '$.ProductFields."aws/guardduty/service/action/awsApiCallAction/remoteIpDetails/ipAddressV4"',
            record ->> '$.ProductFields."aws/guardduty/service/action/networkConnectionAction/remoteIpDetails/ipAddressV4"',
            record ->> '$.ProductFields."action/awsApiCallAction/remoteIpDetails/ipAddressV4"'
        ) as remote_ip,
        record ->> '$.RecordState' as record_state,
        coalesce(record ->> '$.Workflow.Status', record ->> '$.WorkflowState') as workflow_state,
        record ->> '$.Compliance.Status' as compliance_status,
        try_cast(record ->> '$.Sample' as boolean) as is_sample,
        record as json,
        flags,
    from framed
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
            case when coalesce(last_seen, updated_at, created_at) is null then ['no_time'] else [] end,
            case when is_sample then ['sample'] else [] end
        ),
        []
    ) as flags,
    null::varchar as skip_because,
    case when finding_id is null and title is null then 'not a Security Hub finding: Id and Title are missing' end
        as reject_because,
from renamed;
