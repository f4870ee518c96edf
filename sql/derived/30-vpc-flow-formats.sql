-- Lines of flow logs in CloudWatch Logs have no header. What describe-flow-logs says of the formats of the account is
-- tried on them: a format fits when the number of fields, the interface, the times and the status are where it has
-- them. Lines that exactly one format fits are read by it.

create or replace temp table flow as
with format as (
    select distinct regexp_extract_all(flow_log ->> '$.LogFormat', '\$\{([a-z0-9-]+)\}', 1) as names
    from (
        select unnest(json_elements(json_extract(json, '$.FlowLogs'))) as flow_log
        from api_snapshot
        where json_exists(json, '$.FlowLogs')
    )
    where (flow_log ->> '$.LogFormat') is not null
),

line as (
    select
        artifact_id,
        record_no,
        flags,
        list_transform(string_split(unknown ->> '$.line', ' '), lambda v : nullif(v, '-')) as v,
    from vpc_flow
    where list_contains(flags, 'format_unknown')
),

fit as (
    select
        line.*,
        format.names,
    from line
    join format
        on len(format.names) = len(line.v)
    where v[list_position(names, 'log-status')] in ('OK', 'NODATA', 'SKIPDATA')
        and coalesce(starts_with(v[list_position(names, 'interface-id')], 'eni-'), true)
        and try_cast(v[list_position(names, 'start')] as bigint) between 1000000000 and 9999999999
        and try_cast(v[list_position(names, 'end')] as bigint) between 1000000000 and 9999999999
        and coalesce(v[list_position(names, 'action')] in ('ACCEPT', 'REJECT'), true)
    qualify count(*) over (partition by artifact_id, record_no) = 1
)

select
    artifact_id,
    record_no,
    list_append(
        list_filter(flags, lambda flag : flag <> 'format_unknown'),
        'format_from_configuration'
    ) as flags,
    try(to_timestamp(try_cast(v[list_position(names, 'start')] as bigint))) as start_time,
    try(to_timestamp(try_cast(v[list_position(names, 'end')] as bigint))) as end_time,
    try_cast(v[list_position(names, 'version')] as integer) as version,
    v[list_position(names, 'account-id')] as account_id,
    v[list_position(names, 'interface-id')] as interface_id,
    v[list_position(names, 'srcaddr')] as srcaddr,
    v[list_position(names, 'dstaddr')] as dstaddr,
    try_cast(v[list_position(names, 'srcport')] as integer) as srcport,
    try_cast(v[list_position(names, 'dstport')] as integer) as dstport,
    try_cast(v[list_position(names, 'protocol')] as integer) as protocol,
    try_cast(v[list_position(names, 'packets')] as bigint) as packets,
    try_cast(v[list_position(names, 'bytes')] as bigint) as bytes,
    v[list_position(names, 'action')] as action,
    v[list_position(names, 'log-status')] as log_status,
    v[list_position(names, 'vpc-id')] as vpc_id,
    v[list_position(names, 'subnet-id')] as subnet_id,
    v[list_position(names, 'instance-id')] as instance_id,
    try_cast(v[list_position(names, 'tcp-flags')] as integer) as tcp_flags,
    v[list_position(names, 'type')] as type,
    v[list_position(names, 'pkt-srcaddr')] as pkt_srcaddr,
    v[list_position(names, 'pkt-dstaddr')] as pkt_dstaddr,
    v[list_position(names, 'region')] as region,
    v[list_position(names, 'az-id')] as az_id,
    v[list_position(names, 'sublocation-type')] as sublocation_type,
    v[list_position(names, 'sublocation-id')] as sublocation_id,
    v[list_position(names, 'pkt-src-aws-service')] as pkt_src_aws_service,
    v[list_position(names, 'pkt-dst-aws-service')] as pkt_dst_aws_service,
    v[list_position(names, 'flow-direction')] as flow_direction,
    try_cast(v[list_position(names, 'traffic-path')] as integer) as traffic_path,
    v[list_position(names, 'ecs-cluster-arn')] as ecs_cluster_arn,
    v[list_position(names, 'ecs-cluster-name')] as ecs_cluster_name,
    v[list_position(names, 'ecs-container-instance-arn')] as ecs_container_instance_arn,
    v[list_position(names, 'ecs-container-instance-id')] as ecs_container_instance_id,
    v[list_position(names, 'ecs-container-id')] as ecs_container_id,
    v[list_position(names, 'ecs-second-container-id')] as ecs_second_container_id,
    v[list_position(names, 'ecs-service-name')] as ecs_service_name,
    v[list_position(names, 'ecs-task-definition-arn')] as ecs_task_definition_arn,
    v[list_position(names, 'ecs-task-arn')] as ecs_task_arn,
    v[list_position(names, 'ecs-task-id')] as ecs_task_id,
    v[list_position(names, 'reject-reason')] as reject_reason,
    v[list_position(names, 'resource-id')] as resource_id,
    try_cast(v[list_position(names, 'encryption-status')] as integer) as encryption_status,
from fit;

update vpc_flow
set unknown = null,
    flags = flow.flags,
    start_time = flow.start_time,
    end_time = flow.end_time,
    version = flow.version,
    account_id = flow.account_id,
    interface_id = flow.interface_id,
    srcaddr = flow.srcaddr,
    dstaddr = flow.dstaddr,
    srcport = flow.srcport,
    dstport = flow.dstport,
    protocol = flow.protocol,
    packets = flow.packets,
    bytes = flow.bytes,
    action = flow.action,
    log_status = flow.log_status,
    vpc_id = flow.vpc_id,
    subnet_id = flow.subnet_id,
    instance_id = flow.instance_id,
    tcp_flags = flow.tcp_flags,
    type = flow.type,
    pkt_srcaddr = flow.pkt_srcaddr,
    pkt_dstaddr = flow.pkt_dstaddr,
    region = flow.region,
    az_id = flow.az_id,
    sublocation_type = flow.sublocation_type,
    sublocation_id = flow.sublocation_id,
    pkt_src_aws_service = flow.pkt_src_aws_service,
    pkt_dst_aws_service = flow.pkt_dst_aws_service,
    flow_direction = flow.flow_direction,
    traffic_path = flow.traffic_path,
    ecs_cluster_arn = flow.ecs_cluster_arn,
    ecs_cluster_name = flow.ecs_cluster_name,
    ecs_container_instance_arn = flow.ecs_container_instance_arn,
    ecs_container_instance_id = flow.ecs_container_instance_id,
    ecs_container_id = flow.ecs_container_id,
    ecs_second_container_id = flow.ecs_second_container_id,
    ecs_service_name = flow.ecs_service_name,
    ecs_task_definition_arn = flow.ecs_task_definition_arn,
    ecs_task_arn = flow.ecs_task_arn,
    ecs_task_id = flow.ecs_task_id,
    reject_reason = flow.reject_reason,
    resource_id = flow.resource_id,
    encryption_status = flow.encryption_status
from flow
where vpc_flow.artifact_id = flow.artifact_id
    and vpc_flow.record_no = flow.record_no;

drop table flow;
