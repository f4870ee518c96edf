-- ---
-- id: ocsf
-- version: 1.0.0
-- title: Amazon Security Lake (OCSF) for CloudTrail, VPC flow logs and Route 53 Resolver
-- recognises:
--   json:
--     - in: ['']
--       keys: [class_uid, metadata, time]
--   parquet: [class_uid, metadata, time]
--   order: 20
-- emits: [cloudtrail_event, vpc_flow, dns_query]
-- caveats:
--   - Translated by AWS, so that types inside requests and answers and the order of resources are lost; digests of CloudTrail do not cover it.
-- references:
--   - https://docs.aws.amazon.com/security-lake/latest/userguide/open-cybersecurity-schema-framework.html
--   - https://schema.ocsf.io/1.1.0/classes/api_activity
-- ---
with renamed as (
    select
        artifact_id,
        record_no,
        flags,
        record,
        try_cast(record ->> '$.class_uid' as integer) as class_uid,
        json_extract_string(
            record,
            [
                '$.time_dt',
                '$.time',
                '$.api.service.name',
                '$.api.operation',
                '$.cloud.region',
                '$.unmapped.recipientAccountId',
                '$.cloud.account.uid',
                '$.cloud.account_uid',
                '$.actor.user.type',
                '$.actor.user.uid',
                '$.actor.user.uid_alt',
                '$.actor.user.account.uid',
                '$.actor.user.account_uid',
                '$.actor.user.name',
                '$.actor.user.credential_uid',
                '$.actor.session.created_time_dt',
                '$.actor.session.created_time',
                '$.actor.session.is_mfa',
                '$.actor.session.mfa',
                '$.actor.session.issuer',
                '$.actor.invoked_by',
                '$.src_endpoint.ip',
                '$.src_endpoint.domain',
                '$.src_endpoint.uid',
                '$.http_request.user_agent',
                '$.api.response.error',
                '$.api.response.message',
                '$.api.request.uid',
                '$.metadata.uid',
                '$.unmapped.sharedEventID',
                '$.metadata.event_code',
                '$.metadata.product.feature.name',
                '$.metadata.product.version',
                '$.api.version',
                '$.unmapped.readOnly',
                '$.unmapped.managementEvent',
                '$.unmapped.vpcEndpointAccountId',
                '$.unmapped.sessionCredentialFromConsole',
                '$.api.request.data',
                '$.api.response.data'
            ]
        ) as r,
        json_extract(record, '$.unmapped') as unmapped,
    from framed
),

field as (
    select
        *,
        coalesce(instant_of(r[1]), instant_of(r[2])) as event_time,
        case when starts_with(r[10], 'arn:') then r[10] end as principal_arn,
        coalesce(r[11], case when not starts_with(r[10], 'arn:') then r[10] end) as principal_id,
        coalesce(r[12], r[13]) as account_id,
        -- What OCSF has no place for keeps its dotted name: back under the key that it had.
        list_filter(
            json_keys(unmapped),
            lambda key : starts_with(key, 'additionalEventData.')
                and json_extract_string(unmapped, '/' || replace(replace(key, '~', '~0'), '/', '~1')) is not null
        ) as additional,
        list_filter(
            json_keys(unmapped),
            lambda key : starts_with(key, 'tlsDetails.')
                and json_extract_string(unmapped, '/' || replace(replace(key, '~', '~0'), '/', '~1')) is not null
        ) as tls,
    from renamed
),

caller as (
    select
        *,
        coalesce(
            case when r[9] in ('AssumedRole', 'Role') then coalesce(r[20], principal_of_arn(principal_arn)) end,
            case when r[9] = 'AWSService' or principal_arn is null and r[21] is not null then 'service:' || coalesce(r[21], r[23]) end,
            principal_of_arn(principal_arn),
            case when r[9] = 'IAMUser' and r[14] is not null then 'arn:aws:iam::' || account_id || ':user/' || r[14] end,
            case when principal_id is not null then coalesce(account_id, 'unknown') || ':' || principal_id end,
            account_id
        ) as principal,
    from field
)

select
    artifact_id,
    record_no,
    event_time,
    r[3] as event_source,
    r[4] as event_name,
    r[5] as aws_region,
    coalesce(r[6], r[7], r[8]) as recipient_account_id,
    principal,
    case
        when nullif(r[15], '') is not null then r[15]
        when r[21] is not null or r[9] = 'AWSService' then principal || '#service'
        when principal is not null then principal || '#console'
    end as credential,
    r[9] as identity_type,
    principal_id,
    principal_arn,
    account_id,
    r[14] as user_name,
    nullif(r[15], '') as access_key_id,
    case
        when r[9] = 'AssumedRole' then coalesce(split_part(principal_arn, '/', 3), split_part(principal_id, ':', 2))
        when contains(principal_id, ':') then split_part(principal_id, ':', 2)
    end as session_name,
    r[20] as session_issuer_arn,
    coalesce(instant_of(r[16]), instant_of(r[17])) as session_created,
    coalesce(try_cast(r[18] as boolean), try_cast(r[19] as boolean)) as mfa_authenticated,
    r[21] as invoked_by,
    coalesce(r[22], r[23]) as source_ip_address,
    r[25] as user_agent,
    nullif(r[26], '') as error_code,
    nullif(r[27], '') as error_message,
    case when json_valid(r[39]) then r[39]::json else to_json(r[39]) end as request_parameters,
    case when json_valid(r[40]) then r[40]::json else to_json(r[40]) end as response_elements,
    case
        when len(additional) > 0
            then to_json(
                map_from_entries(
                    list_transform(
                        list_sort(list_distinct(additional)),
                        lambda key : row(key[21:], json_extract(unmapped, '/' || replace(replace(key, '~', '~0'), '/', '~1')))
                    )
                )
            )
    end as additional_event_data,
    to_json(
        list_transform(
            from_json(
                json_extract(record, '$.resources'),
                '[{"uid": "VARCHAR", "type": "VARCHAR", "owner": {"account": {"uid": "VARCHAR"}}, "account_uid": "VARCHAR"}]'
            ),
            lambda resource : {
                'ARN': resource.uid,
                'type': resource.type,
                'accountId': coalesce(resource.owner.account.uid, resource.account_uid)
            }
        )
    ) as resources,
    r[28] as request_id,
    r[29] as event_id,
    r[30] as shared_event_id,
    r[31] as event_type,
    r[32] as event_category,
    r[33] as event_version,
    r[34] as api_version,
    try_cast(r[35] as boolean) as read_only,
    try_cast(r[36] as boolean) as management_event,
    try_cast(r[38] as boolean) as session_credential_from_console,
    r[24] as vpc_endpoint_id,
    r[37] as vpc_endpoint_account_id,
    case
        when len(tls) > 0
            then to_json(
                map_from_entries(
                    list_transform(
                        list_sort(list_distinct(tls)),
                        lambda key : row(key[12:], json_extract(unmapped, '/' || replace(replace(key, '~', '~0'), '/', '~1')))
                    )
                )
            )
    end as tls_details,
    json_extract(record, '$.actor') as user_identity,
    unmapped as unknown,
    list_concat(
        coalesce(flags, []),
        ['ocsf'],
        case when event_time is null then ['no_event_time'] else [] end
    ) as flags,
    null::varchar as skip_because,
    case
        when r[4] is null then 'an OCSF record of class ' || coalesce(class_uid::varchar, '?') || ', which no source reads'
    end as reject_because,
from caller
where class_uid is null
    or class_uid not in (4001, 4003);

with renamed as (
    select
        artifact_id,
        record_no,
        flags,
        record,
        json_extract_string(
            record,
            [
                '$.start_time_dt',
                '$.start_time',
                '$.end_time_dt',
                '$.end_time',
                '$.metadata.product.version',
                '$.cloud.account.uid',
                '$.cloud.account_uid',
                '$.src_endpoint.interface_uid',
                '$.dst_endpoint.interface_uid',
                '$.src_endpoint.ip',
                '$.dst_endpoint.ip',
                '$.src_endpoint.port',
                '$.dst_endpoint.port',
                '$.connection_info.protocol_num',
                '$.traffic.packets',
                '$.traffic.bytes',
                '$.disposition',
                '$.action',
                '$.status_code',
                '$.src_endpoint.vpc_uid',
                '$.dst_endpoint.vpc_uid',
                '$.src_endpoint.subnet_uid',
                '$.dst_endpoint.subnet_uid',
                '$.src_endpoint.instance_uid',
                '$.dst_endpoint.instance_uid',
                '$.connection_info.tcp_flags',
                '$.connection_info.protocol_ver',
                '$.cloud.region',
                '$.cloud.zone',
                '$.src_endpoint.svc_name',
                '$.dst_endpoint.svc_name',
                '$.connection_info.direction'
            ]
        ) as r,
    from framed
    where (record ->> '$.class_uid') = '4001'
)

select
    artifact_id,
    record_no,
    coalesce(instant_of(r[1]), instant_of(r[2])) as start_time,
    coalesce(instant_of(r[3]), instant_of(r[4])) as end_time,
    try_cast(r[5] as integer) as version,
    coalesce(r[6], r[7]) as account_id,
    nullif(nullif(coalesce(nullif(r[8], ''), r[9]), ''), '-') as interface_id,
    nullif(nullif(r[10], '-'), '') as srcaddr,
    nullif(nullif(r[11], '-'), '') as dstaddr,
    try_cast(r[12] as integer) as srcport,
    try_cast(r[13] as integer) as dstport,
    try_cast(r[14] as integer) as protocol,
    try_cast(r[15] as bigint) as packets,
    try_cast(r[16] as bigint) as bytes,
    case
        when coalesce(r[17], r[18]) in ('Allowed', 'ACCEPT') then 'ACCEPT'
        when coalesce(r[17], r[18]) in ('Blocked', 'Denied', 'REJECT') then 'REJECT'
    end as action,
    nullif(r[19], '-') as log_status,
    nullif(nullif(coalesce(nullif(r[20], ''), r[21]), ''), '-') as vpc_id,
    nullif(nullif(coalesce(nullif(r[22], ''), r[23]), ''), '-') as subnet_id,
    nullif(nullif(coalesce(nullif(r[24], ''), r[25]), ''), '-') as instance_id,
    try_cast(r[26] as integer) as tcp_flags,
    case
        when r[27] ilike '%6' then 'IPv6'
        when r[27] ilike '%4' then 'IPv4'
    end as type,
    r[28] as region,
    nullif(r[29], '-') as az_id,
    nullif(nullif(r[30], '-'), '') as pkt_src_aws_service,
    nullif(nullif(r[31], '-'), '') as pkt_dst_aws_service,
    case r[32] when 'Inbound' then 'ingress' when 'Outbound' then 'egress' end as flow_direction,
    json_extract(record, '$.unmapped') as unknown,
    list_append(coalesce(flags, []), 'ocsf') as flags,
    null::varchar as skip_because,
    case
        when coalesce(instant_of(r[1]), instant_of(r[2])) is null then 'start is missing or no time'
    end as reject_because,
from renamed;

with renamed as (
    select
        artifact_id,
        record_no,
        flags,
        record,
        json_extract_string(
            record,
            [
                '$.time_dt',
                '$.time',
                '$.cloud.account.uid',
                '$.cloud.account_uid',
                '$.cloud.region',
                '$.src_endpoint.vpc_uid',
                '$.query.hostname',
                '$.query.type',
                '$.query.class',
                '$.rcode',
                '$.src_endpoint.ip',
                '$.src_endpoint.port',
                '$.connection_info.protocol_name',
                '$.src_endpoint.instance_uid',
                '$.src_endpoint.interface_uid',
                '$.disposition',
                '$.metadata.product.version'
            ]
        ) as r,
    from framed
    where (record ->> '$.class_uid') = '4003'
)

select
    artifact_id,
    record_no,
    coalesce(instant_of(r[1]), instant_of(r[2])) as event_time,
    coalesce(r[3], r[4]) as account_id,
    r[5] as region,
    r[6] as vpc_id,
    lower(regexp_replace(r[7], '\.$', '')) as query_name,
    r[8] as query_type,
    r[9] as query_class,
    upper(r[10]) as rcode,
    json_extract(record, '$.answers') as answers,
    list_transform(
        from_json(json_extract(record, '$.answers'), '[{"rdata": "VARCHAR"}]'),
        lambda answer : answer.rdata
    ) as answer_values,
    r[11] as srcaddr,
    try_cast(r[12] as integer) as srcport,
    r[13] as transport,
    r[14] as instance_id,
    r[15] as resolver_network_interface,
    case r[16] when 'Blocked' then 'BLOCK' when 'Alert' then 'ALERT' end as firewall_rule_action,
    r[17] as version,
    json_extract(record, '$.unmapped') as unknown,
    list_append(coalesce(flags, []), 'ocsf') as flags,
    null::varchar as skip_because,
    case when r[7] is null then 'not a query: query.hostname is missing' end as reject_because,
from renamed;
