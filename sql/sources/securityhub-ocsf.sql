-- ---
-- id: securityhub_ocsf
-- version: 1.0.0
-- title: AWS Security Hub findings (OCSF, get-findings-v2)
-- recognises:
--   json:
--     - in: [Findings, findings, '', detail.findings, data.Findings]
--       keys: [class_uid, finding_info]
--     - in: [Findings, findings, '', detail.findings, data.Findings]
--       keys: [class_uid, finding]
--   order: -1
-- emits: [security_finding]
-- identity: [finding_id, product, updated_at]
-- caveats:
--   - severity is severity_id of OCSF (1 informational to 5 critical, 6 fatal), not the scale of ASFF.
-- references:
--   - https://docs.aws.amazon.com/securityhub/latest/APIReference/API_GetFindingsV2.html
--   - https://schema.ocsf.io/categories/findings
-- ---
with renamed as (
    select
        artifact_id,
        record_no,
        coalesce(
            record ->> '$.finding_info.uid',
            record ->> '$.finding.uid',
            record ->> '$.metadata.uid'
        ) as finding_id,
        'securityhub' as product,
        coalesce(
            record ->> '$.metadata.product.name',
            record ->> '$.metadata.product.uid'
        ) as provider,
        coalesce(
            record ->> '$.finding_info.types[0]',
            record ->> '$.finding.types[0]',
            record ->> '$.type_name',
            record ->> '$.class_name'
        ) as type,
        try_cast(record ->> '$.severity_id' as double) as severity,
        record ->> '$.severity' as label,
        coalesce(record ->> '$.finding_info.title', record ->> '$.finding.title') as title,
        coalesce(
            record ->> '$.finding_info.desc',
            record ->> '$.finding.desc',
            record ->> '$.message'
        ) as description,
        record ->> '$.cloud.account.uid' as account_id,
        record ->> '$.cloud.region' as region,
        coalesce(
            instant_of(record ->> '$.finding_info.first_seen_time_dt'),
            instant_of(record ->> '$.finding_info.first_seen_time'),
            instant_of(record ->> '$.finding.first_seen_time'),
            instant_of(record ->> '$.start_time')
        ) as first_seen,
        coalesce(
            instant_of(record ->> '$.finding_info.last_seen_time_dt'),
            instant_of(record ->> '$.finding_info.last_seen_time'),
            instant_of(record ->> '$.finding.last_seen_time'),
            instant_of(record ->> '$.end_time')
        ) as last_seen,
        coalesce(
            instant_of(record ->> '$.finding_info.created_time_dt'),
            instant_of(record ->> '$.finding_info.created_time'),
            instant_of(record ->> '$.finding.created_time'),
            instant_of(record ->> '$.time_dt'),
            instant_of(record ->> '$.time')
        ) as created_at,
        coalesce(
            instant_of(record ->> '$.finding_info.modified_time_dt'),
            instant_of(record ->> '$.finding_info.modified_time'),
            instant_of(record ->> '$.finding.modified_time'),
            instant_of(record ->> '$.time_dt'),
            instant_of(record ->> '$.time')
        ) as updated_at,
        try_cast(record ->> '$.count' as bigint) as count,
        coalesce(
            record ->> '$.evidences[0].actor.user.credential_uid',
            record ->> '$.actor.user.credential_uid'
        ) as access_key_id,
        principal_of_arn(
            coalesce(
                record ->> '$.evidences[0].actor.user.uid',
                record ->> '$.actor.user.uid',
                list_filter(
                    json_extract_string(record, '$.resources[*].uid'),
                    lambda id : regexp_matches(id, '^arn:[^:]*:(iam|sts)::[0-9]*:(user|role|assumed-role|root)')
                )[1]
            )
        ) as principal,
        coalesce(
            record ->> '$.evidences[0].actor.user.name',
            record ->> '$.actor.user.name'
        ) as user_name,
        coalesce(record ->> '$.resources[0].uid', record ->> '$.resource.uid') as resource_arn,
        coalesce(record ->> '$.resources[0].type', record ->> '$.resource.type') as resource_type,
        record ->> '$.evidences[0].api.operation' as api,
        record ->> '$.evidences[0].src_endpoint.ip' as remote_ip,
        case record ->> '$.activity_id' when '3' then 'ARCHIVED' else 'ACTIVE' end as record_state,
        upper(record ->> '$.status') as workflow_state,
        upper(record ->> '$.compliance.status') as compliance_status,
        false as is_sample,
        record as json,
        flags,
    from framed
)

select
    * exclude (label, is_sample, flags),
    coalesce(
        severity_label(label),
        case severity
            when 1 then 'INFORMATIONAL'
            when 2 then 'LOW'
            when 3 then 'MEDIUM'
            when 4 then 'HIGH'
            when 5 then 'CRITICAL'
            when 6 then 'CRITICAL'
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
    case
        when finding_id is null and title is null then
            'not an OCSF finding: neither finding_info nor metadata has a uid'
    end as reject_because,
from renamed;
