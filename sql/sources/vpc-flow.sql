-- ---
-- id: vpc_flow
-- version: 1.1.0
-- title: VPC Flow Logs
-- recognises:
--   header_line: '(^| )(interface-id|srcaddr|log-status|pkt-srcaddr)( |$)'
--   parquet: [srcaddr, dstaddr, log_status]
--   path: _vpcflowlogs_
-- emits: [vpc_flow]
-- identity: [interface_id, start_time, end_time, srcaddr, dstaddr, srcport, dstport, protocol, flow_direction]
-- caveats:
--   - NODATA and SKIPDATA records are kept; SKIPDATA means that flows were lost.
--   - The same packets can be reported on a workload's interface and on a NAT gateway's.
-- references:
--   - https://docs.aws.amazon.com/vpc/latest/userguide/flow-log-records.html
-- ---
with split as (
    select
        artifact_id,
        record_no,
        flags,
        list_transform(string_split(trim(line), ' '), lambda v: nullif(v, '-')) as v,
        getvariable('header') as names,
    from framed
),

named as (
    select
        *,
        len(v) = len(names) as complete,
        list_filter(
            list_sort(list_distinct(names)),
            lambda name: name not in (
                'start',
                'end',
                'version',
                'account-id',
                'interface-id',
                'srcaddr',
                'dstaddr',
                'srcport',
                'dstport',
                'protocol',
                'packets',
                'bytes',
                'action',
                'log-status',
                'vpc-id',
                'subnet-id',
                'instance-id',
                'tcp-flags',
                'type',
                'pkt-srcaddr',
                'pkt-dstaddr',
                'region',
                'az-id',
                'sublocation-type',
                'sublocation-id',
                'pkt-src-aws-service',
                'pkt-dst-aws-service',
                'flow-direction',
                'traffic-path',
                'ecs-cluster-arn',
                'ecs-cluster-name',
                'ecs-container-instance-arn',
                'ecs-container-instance-id',
                'ecs-container-id',
                'ecs-second-container-id',
                'ecs-service-name',
                'ecs-task-definition-arn',
                'ecs-task-arn',
                'ecs-task-id',
                'reject-reason',
                'resource-id',
                'encryption-status'
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
    v[list_position(getvariable('header'), 'account-id')] as account_id,
    v[list_position(getvariable('header'), 'interface-id')] as interface_id,
    v[list_position(getvariable('header'), 'srcaddr')] as srcaddr,
    v[list_position(getvariable('header'), 'dstaddr')] as dstaddr,
    try_cast(v[list_position(getvariable('header'), 'srcport')] as integer) as srcport,
    try_cast(v[list_position(getvariable('header'), 'dstport')] as integer) as dstport,
    try_cast(v[list_position(getvariable('header'), 'protocol')] as integer) as protocol,
    try_cast(v[list_position(getvariable('header'), 'packets')] as bigint) as packets,
    try_cast(v[list_position(getvariable('header'), 'bytes')] as bigint) as bytes,
    v[list_position(getvariable('header'), 'action')] as action,
    v[list_position(getvariable('header'), 'log-status')] as log_status,
    v[list_position(getvariable('header'), 'vpc-id')] as vpc_id,
    v[list_position(getvariable('header'), 'subnet-id')] as subnet_id,
    v[list_position(getvariable('header'), 'instance-id')] as instance_id,
    try_cast(v[list_position(getvariable('header'), 'tcp-flags')] as integer) as tcp_flags,
    v[list_position(getvariable('header'), 'type')] as type,
    v[list_position(getvariable('header'), 'pkt-srcaddr')] as pkt_srcaddr,
    v[list_position(getvariable('header'), 'pkt-dstaddr')] as pkt_dstaddr,
    v[list_position(getvariable('header'), 'region')] as region,
    v[list_position(getvariable('header'), 'az-id')] as az_id,
    v[list_position(getvariable('header'), 'sublocation-type')] as sublocation_type,
    v[list_position(getvariable('header'), 'sublocation-id')] as sublocation_id,
    v[list_position(getvariable('header'), 'pkt-src-aws-service')] as pkt_src_aws_service,
    v[list_position(getvariable('header'), 'pkt-dst-aws-service')] as pkt_dst_aws_service,
    v[list_position(getvariable('header'), 'flow-direction')] as flow_direction,
    try_cast(v[list_position(getvariable('header'), 'traffic-path')] as integer) as traffic_path,
    v[list_position(getvariable('header'), 'ecs-cluster-arn')] as ecs_cluster_arn,
    v[list_position(getvariable('header'), 'ecs-cluster-name')] as ecs_cluster_name,
    v[list_position(getvariable('header'), 'ecs-container-instance-arn')] as ecs_container_instance_arn,
    v[list_position(getvariable('header'), 'ecs-container-instance-id')] as ecs_container_instance_id,
    v[list_position(getvariable('header'), 'ecs-container-id')] as ecs_container_id,
    v[list_position(getvariable('header'), 'ecs-second-container-id')] as ecs_second_container_id,
    v[list_position(getvariable('header'), 'ecs-service-name')] as ecs_service_name,
    v[list_position(getvariable('header'), 'ecs-task-definition-arn')] as ecs_task_definition_arn,
    v[list_position(getvariable('header'), 'ecs-task-arn')] as ecs_task_arn,
    v[list_position(getvariable('header'), 'ecs-task-id')] as ecs_task_id,
    v[list_position(getvariable('header'), 'reject-reason')] as reject_reason,
    v[list_position(getvariable('header'), 'resource-id')] as resource_id,
    try_cast(v[list_position(getvariable('header'), 'encryption-status')] as integer) as encryption_status,
    case
        when len(unknown_names) > 0
            then to_json(
                map_from_entries(
                    list_transform(unknown_names, lambda name: row(name, v[list_position(names, name)]))
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
