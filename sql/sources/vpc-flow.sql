-- ---
-- id: vpc_flow
-- version: 1.2.0
-- title: VPC Flow Logs
-- recognises:
--   header_line: '(^| )(interface-id|srcaddr|log-status|pkt-srcaddr)( |$)'
--   parquet: [srcaddr, dstaddr, log_status]
--   path: _vpcflowlogs_
-- fields:
--   start: VARCHAR
--   end: VARCHAR
--   version: VARCHAR
--   account-id: VARCHAR
--   interface-id: VARCHAR
--   srcaddr: VARCHAR
--   dstaddr: VARCHAR
--   srcport: VARCHAR
--   dstport: VARCHAR
--   protocol: VARCHAR
--   packets: VARCHAR
--   bytes: VARCHAR
--   action: VARCHAR
--   log-status: VARCHAR
--   vpc-id: VARCHAR
--   subnet-id: VARCHAR
--   instance-id: VARCHAR
--   tcp-flags: VARCHAR
--   type: VARCHAR
--   pkt-srcaddr: VARCHAR
--   pkt-dstaddr: VARCHAR
--   region: VARCHAR
--   az-id: VARCHAR
--   sublocation-type: VARCHAR
--   sublocation-id: VARCHAR
--   pkt-src-aws-service: VARCHAR
--   pkt-dst-aws-service: VARCHAR
--   flow-direction: VARCHAR
--   traffic-path: VARCHAR
--   ecs-cluster-arn: VARCHAR
--   ecs-cluster-name: VARCHAR
--   ecs-container-instance-arn: VARCHAR
--   ecs-container-instance-id: VARCHAR
--   ecs-container-id: VARCHAR
--   ecs-second-container-id: VARCHAR
--   ecs-service-name: VARCHAR
--   ecs-task-definition-arn: VARCHAR
--   ecs-task-arn: VARCHAR
--   ecs-task-id: VARCHAR
--   reject-reason: VARCHAR
--   resource-id: VARCHAR
--   encryption-status: VARCHAR
-- emits: [vpc_flow]
-- identity: [interface_id, start_time, end_time, srcaddr, dstaddr, srcport, dstport, protocol, flow_direction]
-- caveats:
--   - NODATA and SKIPDATA records are kept; SKIPDATA means that flows were lost.
--   - The same packets can be reported on a workload's interface and on a NAT gateway's.
-- references:
--   - https://docs.aws.amazon.com/vpc/latest/userguide/flow-log-records.html
-- ---
select
    artifact_id,
    record_no,
    try(to_timestamp(try_cast("start" as bigint))) as start_time,
    try(to_timestamp(try_cast("end" as bigint))) as end_time,
    try_cast("version" as integer) as version,
    "account-id" as account_id,
    "interface-id" as interface_id,
    "srcaddr",
    "dstaddr",
    try_cast("srcport" as integer) as srcport,
    try_cast("dstport" as integer) as dstport,
    try_cast("protocol" as integer) as protocol,
    try_cast("packets" as bigint) as packets,
    try_cast("bytes" as bigint) as bytes,
    "action",
    "log-status" as log_status,
    "vpc-id" as vpc_id,
    "subnet-id" as subnet_id,
    "instance-id" as instance_id,
    try_cast("tcp-flags" as integer) as tcp_flags,
    "type",
    "pkt-srcaddr" as pkt_srcaddr,
    "pkt-dstaddr" as pkt_dstaddr,
    "region",
    "az-id" as az_id,
    "sublocation-type" as sublocation_type,
    "sublocation-id" as sublocation_id,
    "pkt-src-aws-service" as pkt_src_aws_service,
    "pkt-dst-aws-service" as pkt_dst_aws_service,
    "flow-direction" as flow_direction,
    try_cast("traffic-path" as integer) as traffic_path,
    "ecs-cluster-arn" as ecs_cluster_arn,
    "ecs-cluster-name" as ecs_cluster_name,
    "ecs-container-instance-arn" as ecs_container_instance_arn,
    "ecs-container-instance-id" as ecs_container_instance_id,
    "ecs-container-id" as ecs_container_id,
    "ecs-second-container-id" as ecs_second_container_id,
    "ecs-service-name" as ecs_service_name,
    "ecs-task-definition-arn" as ecs_task_definition_arn,
    "ecs-task-arn" as ecs_task_arn,
    "ecs-task-id" as ecs_task_id,
    "reject-reason" as reject_reason,
    "resource-id" as resource_id,
    try_cast("encryption-status" as integer) as encryption_status,
    unknown,
    flags,
    null::varchar as skip_because,
    case
        when value_count <> name_count then
            'the line has ' || value_count || ' fields, the header names ' || name_count
        when start_time is null or end_time is null then 'start or end is missing or no time in seconds'
    end as reject_because,
from framed;
