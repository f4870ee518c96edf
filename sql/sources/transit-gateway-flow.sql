-- ---
-- id: transit_gateway_flow
-- version: 1.0.0
-- title: Transit Gateway Flow Logs
-- recognises:
--   header_line: '(^| )(tgw-id|tgw-attachment-id|tgw-pair-attachment-id)( |$)'
--   parquet: [tgw_id, srcaddr, log_status]
--   order: -1
-- emits: [transit_gateway_flow]
-- identity: [tgw_id, tgw_attachment_id, start_time, end_time, srcaddr, dstaddr, srcport, dstport, protocol, flow_direction]
-- caveats:
--   - The same packets are reported on both attachments that they pass.
-- references:
--   - https://docs.aws.amazon.com/vpc/latest/tgw/tgw-flow-logs.html
-- ---
with split as (
    select
        artifact_id,
        record_no,
        flags,
        list_transform(string_split(trim(line), ' '), lambda v : nullif(v, '-')) as v,
        getvariable('header') as names,
    from framed
),

named as (
    select
        *,
        len(v) = len(names) as complete,
        list_filter(
            list_sort(list_distinct(names)),
            lambda name : name not in (
                'start',
                'end',
                'version',
                'resource-type',
                'account-id',
                'tgw-id',
                'tgw-attachment-id',
                'tgw-src-vpc-account-id',
                'tgw-dst-vpc-account-id',
                'tgw-src-vpc-id',
                'tgw-dst-vpc-id',
                'tgw-src-subnet-id',
                'tgw-dst-subnet-id',
                'tgw-src-eni',
                'tgw-dst-eni',
                'tgw-src-az-id',
                'tgw-dst-az-id',
                'tgw-pair-attachment-id',
                'srcaddr',
                'dstaddr',
                'srcport',
                'dstport',
                'protocol',
                'packets',
                'bytes',
                'log-status',
                'type',
                'packets-lost-no-route',
                'packets-lost-blackhole',
                'packets-lost-mtu-exceeded',
                'packets-lost-ttl-expired',
                'tcp-flags',
                'region',
                'flow-direction',
                'pkt-src-aws-service',
                'pkt-dst-aws-service'
            )
        ) as unknown_names,
    from split
)

select
    artifact_id,
    record_no,
    try(to_timestamp(try_cast(v[list_position(getvariable('header'), 'start')] as bigint))) as start_time,
    try(to_timestamp(try_cast(v[list_position(getvariable('header'), 'end')] as bigint))) as end_time,
    try_cast(v[list_position(getvariable('header'), 'version')] as integer) as version,
    v[list_position(getvariable('header'), 'resource-type')] as resource_type,
    v[list_position(getvariable('header'), 'account-id')] as account_id,
    v[list_position(getvariable('header'), 'tgw-id')] as tgw_id,
    v[list_position(getvariable('header'), 'tgw-attachment-id')] as tgw_attachment_id,
    v[list_position(getvariable('header'), 'tgw-src-vpc-account-id')] as tgw_src_vpc_account_id,
    v[list_position(getvariable('header'), 'tgw-dst-vpc-account-id')] as tgw_dst_vpc_account_id,
    v[list_position(getvariable('header'), 'tgw-src-vpc-id')] as tgw_src_vpc_id,
    v[list_position(getvariable('header'), 'tgw-dst-vpc-id')] as tgw_dst_vpc_id,
    v[list_position(getvariable('header'), 'tgw-src-subnet-id')] as tgw_src_subnet_id,
    v[list_position(getvariable('header'), 'tgw-dst-subnet-id')] as tgw_dst_subnet_id,
    v[list_position(getvariable('header'), 'tgw-src-eni')] as tgw_src_eni,
    v[list_position(getvariable('header'), 'tgw-dst-eni')] as tgw_dst_eni,
    v[list_position(getvariable('header'), 'tgw-src-az-id')] as tgw_src_az_id,
    v[list_position(getvariable('header'), 'tgw-dst-az-id')] as tgw_dst_az_id,
    v[list_position(getvariable('header'), 'tgw-pair-attachment-id')] as tgw_pair_attachment_id,
    v[list_position(getvariable('header'), 'srcaddr')] as srcaddr,
    v[list_position(getvariable('header'), 'dstaddr')] as dstaddr,
    try_cast(v[list_position(getvariable('header'), 'srcport')] as integer) as srcport,
    try_cast(v[list_position(getvariable('header'), 'dstport')] as integer) as dstport,
    try_cast(v[list_position(getvariable('header'), 'protocol')] as integer) as protocol,
    try_cast(v[list_position(getvariable('header'), 'packets')] as bigint) as packets,
    try_cast(v[list_position(getvariable('header'), 'bytes')] as bigint) as bytes,
    v[list_position(getvariable('header'), 'log-status')] as log_status,
    v[list_position(getvariable('header'), 'type')] as type,
    try_cast(v[list_position(getvariable('header'), 'packets-lost-no-route')] as bigint) as packets_lost_no_route,
    try_cast(v[list_position(getvariable('header'), 'packets-lost-blackhole')] as bigint) as packets_lost_blackhole,
    try_cast(v[list_position(getvariable('header'), 'packets-lost-mtu-exceeded')] as bigint) as packets_lost_mtu_exceeded,
    try_cast(v[list_position(getvariable('header'), 'packets-lost-ttl-expired')] as bigint) as packets_lost_ttl_expired,
    try_cast(v[list_position(getvariable('header'), 'tcp-flags')] as integer) as tcp_flags,
    v[list_position(getvariable('header'), 'region')] as region,
    v[list_position(getvariable('header'), 'flow-direction')] as flow_direction,
    v[list_position(getvariable('header'), 'pkt-src-aws-service')] as pkt_src_aws_service,
    v[list_position(getvariable('header'), 'pkt-dst-aws-service')] as pkt_dst_aws_service,
    case
        when len(unknown_names) > 0
            then to_json(
                map_from_entries(
                    list_transform(unknown_names, lambda name : row(name, v[list_position(names, name)]))
                )
            )
    end as unknown,
    flags,
    null::varchar as skip_because,
    case
        when not complete then
            'the line has ' || len(v) || ' fields, the header names ' || len(names)
        when start_time is null or end_time is null then 'start or end is missing or no time in seconds'
    end as reject_because,
from named;
