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
--   parquet: [class_uid, 'finding_info|finding']
--   order: -1
-- emits: [security_finding]
-- identity: [finding_id, product, updated_at]
-- caveats:
--   - severity is severity_id of OCSF (1 informational to 5 critical, 6 fatal), not the scale of ASFF.
-- references:
--   - https://docs.aws.amazon.com/securityhub/latest/APIReference/API_GetFindingsV2.html
--   - https://schema.ocsf.io/categories/findings
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
            "finding_info": {
                "uid": "VARCHAR",
                "types": ["VARCHAR"],
                "title": "VARCHAR",
                "desc": "VARCHAR",
                "first_seen_time_dt": "VARCHAR",
                "first_seen_time": "VARCHAR",
                "last_seen_time_dt": "VARCHAR",
                "last_seen_time": "VARCHAR",
                "created_time_dt": "VARCHAR",
                "created_time": "VARCHAR",
                "modified_time_dt": "VARCHAR",
                "modified_time": "VARCHAR"
            },
            "finding": {
                "uid": "VARCHAR",
                "types": ["VARCHAR"],
                "title": "VARCHAR",
                "desc": "VARCHAR",
                "first_seen_time": "VARCHAR",
                "last_seen_time": "VARCHAR",
                "created_time": "VARCHAR",
                "modified_time": "VARCHAR"
            },
            "metadata": {"uid": "VARCHAR", "product": {"name": "VARCHAR", "uid": "VARCHAR"}},
            "type_name": "VARCHAR",
            "class_name": "VARCHAR",
            "severity_id": "VARCHAR",
            "severity": "VARCHAR",
            "message": "VARCHAR",
            "cloud": {"account": {"uid": "VARCHAR"}, "region": "VARCHAR"},
            "start_time": "VARCHAR",
            "end_time": "VARCHAR",
            "time_dt": "VARCHAR",
            "time": "VARCHAR",
            "count": "VARCHAR",
            "evidences": [{
                "actor": {
                    "user": {"credential_uid": "VARCHAR", "uid": "VARCHAR", "name": "VARCHAR"}
                },
                "api": {"operation": "VARCHAR"},
                "src_endpoint": {"ip": "VARCHAR"}
            }],
            "actor": {
                "user": {"credential_uid": "VARCHAR", "uid": "VARCHAR", "name": "VARCHAR"}
            },
            "resources": [{"uid": "VARCHAR", "type": "VARCHAR"}],
            "resource": {"uid": "VARCHAR", "type": "VARCHAR"},
            "activity_id": "VARCHAR",
            "status": "VARCHAR",
            "compliance": {"status": "VARCHAR"}
        }'
        ) as f,
    from framed
),

renamed as (
    select
        artifact_id,
        record_no,
        coalesce(
            f.finding_info.uid,
            f.finding.uid,
            f.metadata.uid
        ) as finding_id,
        'securityhub' as product,
        coalesce(
            f.metadata.product.name,
            f.metadata.product.uid
        ) as provider,
        coalesce(
            f.finding_info.types[1],
            f.finding.types[1],
            f.type_name,
            f.class_name
        ) as type,
        try_cast(f.severity_id as double) as severity,
        f.severity as label,
        coalesce(f.finding_info.title, f.finding.title) as title,
        coalesce(
            f.finding_info."desc",
            f.finding."desc",
            f.message
        ) as description,
        f.cloud.account.uid as account_id,
        f.cloud.region as region,
        coalesce(
            instant_of(f.finding_info.first_seen_time_dt),
            instant_of(f.finding_info.first_seen_time),
            instant_of(f.finding.first_seen_time),
            instant_of(f.start_time)
        ) as first_seen,
        coalesce(
            instant_of(f.finding_info.last_seen_time_dt),
            instant_of(f.finding_info.last_seen_time),
            instant_of(f.finding.last_seen_time),
            instant_of(f.end_time)
        ) as last_seen,
        coalesce(
            instant_of(f.finding_info.created_time_dt),
            instant_of(f.finding_info.created_time),
            instant_of(f.finding.created_time),
            instant_of(f.time_dt),
            instant_of(f.time)
        ) as created_at,
        coalesce(
            instant_of(f.finding_info.modified_time_dt),
            instant_of(f.finding_info.modified_time),
            instant_of(f.finding.modified_time),
            instant_of(f.time_dt),
            instant_of(f.time)
        ) as updated_at,
        try_cast(f.count as bigint) as count,
        coalesce(
            f.evidences[1].actor.user.credential_uid,
            f.actor.user.credential_uid
        ) as access_key_id,
        principal_of_arn(
            coalesce(
                f.evidences[1].actor.user.uid,
                f.actor.user.uid,
                list_filter(
                    list_transform(f.resources, lambda thing : thing.uid),
                    lambda id : regexp_matches(id, '^arn:[^:]*:(iam|sts)::[0-9]*:(user|role|assumed-role|root)')
                )[1]
            )
        ) as principal,
        coalesce(
            f.evidences[1].actor.user.name,
            f.actor.user.name
        ) as user_name,
        coalesce(f.resources[1].uid, f.resource.uid) as resource_arn,
        coalesce(f.resources[1].type, f.resource.type) as resource_type,
        f.evidences[1].api.operation as api,
        f.evidences[1].src_endpoint.ip as remote_ip,
        case f.activity_id when '3' then 'ARCHIVED' else 'ACTIVE' end as record_state,
        upper(f.status) as workflow_state,
        upper(f.compliance.status) as compliance_status,
        false as is_sample,
        json,
        flags,
    from read
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
        when finding_id is null and title is null then
            'not an OCSF finding: neither finding_info nor metadata has a uid'
    end as reject_because,
from renamed;
