-- ---
-- id: transit_gateway_flow
-- version: 1.1.0
-- title: Transit Gateway Flow Logs
-- recognises:
--   header_line: '(^| )(tgw-id|tgw-attachment-id|tgw-pair-attachment-id)( |$)'
--   parquet: [tgw_id, srcaddr, log_status]
--   order: -1
-- fields:
--   start: VARCHAR
--   end: VARCHAR
--   version: VARCHAR
--   resource-type: VARCHAR
--   account-id: VARCHAR
--   tgw-id: VARCHAR
--   tgw-attachment-id: VARCHAR
--   tgw-src-vpc-account-id: VARCHAR
--   tgw-dst-vpc-account-id: VARCHAR
--   tgw-src-vpc-id: VARCHAR
--   tgw-dst-vpc-id: VARCHAR
--   tgw-src-subnet-id: VARCHAR
--   tgw-dst-subnet-id: VARCHAR
--   tgw-src-eni: VARCHAR
--   tgw-dst-eni: VARCHAR
--   tgw-src-az-id: VARCHAR
--   tgw-dst-az-id: VARCHAR
--   tgw-pair-attachment-id: VARCHAR
--   srcaddr: VARCHAR
--   dstaddr: VARCHAR
--   srcport: VARCHAR
--   dstport: VARCHAR
--   protocol: VARCHAR
--   packets: VARCHAR
--   bytes: VARCHAR
--   log-status: VARCHAR
--   type: VARCHAR
--   packets-lost-no-route: VARCHAR
--   packets-lost-blackhole: VARCHAR
--   packets-lost-mtu-exceeded: VARCHAR
--   packets-lost-ttl-expired: VARCHAR
--   tcp-flags: VARCHAR
--   region: VARCHAR
--   flow-direction: VARCHAR
--   pkt-src-aws-service: VARCHAR
--   pkt-dst-aws-service: VARCHAR
-- emits: [transit_gateway_flow]
-- identity: [tgw_id, tgw_attachment_id, start_time, end_time, srcaddr, dstaddr, srcport, dstport, protocol, flow_direction]
-- caveats:
--   - The same packets are reported on both attachments that they pass.
-- references:
--   - https://docs.aws.amazon.com/vpc/latest/tgw/tgw-flow-logs.html
-- ---
select
    artifact_id,
    record_no,
    try(to_timestamp(try_cast("start" as bigint))) as start_time,
    try(to_timestamp(try_cast("end" as bigint))) as end_time,
    try_cast("version" as integer) as version,
    "resource-type" as resource_type,
    "account-id" as account_id,
    "tgw-id" as tgw_id,
    "tgw-attachment-id" as tgw_attachment_id,
    "tgw-src-vpc-account-id" as tgw_src_vpc_account_id,
    "tgw-dst-vpc-account-id" as tgw_dst_vpc_account_id,
    "tgw-src-vpc-id" as tgw_src_vpc_id,
    "tgw-dst-vpc-id" as tgw_dst_vpc_id,
    "tgw-src-subnet-id" as tgw_src_subnet_id,
    "tgw-dst-subnet-id" as tgw_dst_subnet_id,
    "tgw-src-eni" as tgw_src_eni,
    "tgw-dst-eni" as tgw_dst_eni,
    "tgw-src-az-id" as tgw_src_az_id,
    "tgw-dst-az-id" as tgw_dst_az_id,
    "tgw-pair-attachment-id" as tgw_pair_attachment_id,
    "srcaddr",
    "dstaddr",
    try_cast("srcport" as integer) as srcport,
    try_cast("dstport" as integer) as dstport,
    try_cast("protocol" as integer) as protocol,
    try_cast("packets" as bigint) as packets,
    try_cast("bytes" as bigint) as bytes,
    "log-status" as log_status,
    "type",
    try_cast("packets-lost-no-route" as bigint) as packets_lost_no_route,
    try_cast("packets-lost-blackhole" as bigint) as packets_lost_blackhole,
    try_cast("packets-lost-mtu-exceeded" as bigint) as packets_lost_mtu_exceeded,
    try_cast("packets-lost-ttl-expired" as bigint) as packets_lost_ttl_expired,
    try_cast("tcp-flags" as integer) as tcp_flags,
    "region",
    "flow-direction" as flow_direction,
    "pkt-src-aws-service" as pkt_src_aws_service,
    "pkt-dst-aws-service" as pkt_dst_aws_service,
    unknown,
    flags,
    null::varchar as skip_because,
    case
        when value_count <> name_count then
            'the line has ' || value_count || ' fields, the header names ' || name_count
        when start_time is null or end_time is null then 'start or end is missing or no time in seconds'
    end as reject_because,
from framed;
