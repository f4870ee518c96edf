-- ---
-- id: seq-notebook-takeover
-- version: 1.0.0
-- title: A notebook given a start script by force
-- status: stable
-- element: ai-changes
-- attack: [T1059]
-- atlas: [AML.T0011.000]
-- description: >-
--   Finds notebooks that were stopped, given a lifecycle configuration that was made or changed just before, and
--   started again, with the outside addresses that the notebook talked to for the first time within half an hour
--   after. Misses configurations that were there long before, and Studio.
-- requires:
--   cloudtrail_event: needed
--   api_snapshot: helpful
--   vpc_flow: helpful
--   ref_cidr: optional
-- steps:
--   - {name: makes or changes a lifecycle configuration}
--   - {name: stops the notebook}
--   - {name: gives it the configuration}
--   - {name: starts it again}
--   - {name: it talks to a new outside address, optional: true}
-- scenarios: [leaked-key, model-tampering]
-- parameters:
--   max_span: {type: interval, default: 2 hours, description: longest time from the first to the last step}
--   reach: {type: interval, default: 30 minutes, description: longest time from the start of the notebook to a new address}
-- changelog:
--   1.0.0: first version
-- ---
with call as materialized (
    select
        request_parameters ->> '$.notebookInstanceName' as entity,
        event_name,
        coalesce(
            request_parameters ->> '$.notebookInstanceLifecycleConfigName',
            request_parameters ->> '$.lifecycleConfigName'
        ) as script,
        event_time,
        call_summary(principal, event_name, error_code, source_ip_address) as summary,
        'cloudtrail_event' as "table",
        artifact_id,
        record_no
    from cloudtrail_event
    where event_source = 'sagemaker.amazonaws.com'
        and error_code is null
        and event_name in (
            'CreateNotebookInstanceLifecycleConfig',
            'UpdateNotebookInstanceLifecycleConfig',
            'StopNotebookInstance',
            'UpdateNotebookInstance',
            'StartNotebookInstance'
        )
),
given as (
    select distinct
        entity,
        script
    from call
    where event_name = 'UpdateNotebookInstance'
        and script is not null
),
contact as (
    select
        flow.interface_id,
        coalesce(flow.pkt_dstaddr, flow.dstaddr) as peer,
        min(flow.start_time) as event_time,
        arg_min(flow.artifact_id, row(flow.start_time, flow.artifact_id, flow.record_no)) as artifact_id,
        arg_min(flow.record_no, row(flow.start_time, flow.artifact_id, flow.record_no)) as record_no,
        arg_min(flow.dstport, row(flow.start_time, flow.artifact_id, flow.record_no)) as port
    from vpc_flow as flow
    where flow.interface_id in (
            select json ->> '$.NetworkInterfaceId'
            from api_snapshot
            where operation = 'describe-notebook-instance'
        )
        and coalesce(flow.flow_direction, 'egress') = 'egress'
        and not is_aws_service_flow(flow.pkt_dst_aws_service)
    group by
        flow.interface_id,
        peer
),
interface as (
    select distinct
        json ->> '$.NotebookInstanceName' as entity,
        json ->> '$.NetworkInterfaceId' as interface_id
    from api_snapshot
    where operation = 'describe-notebook-instance'
),
seen as (
    select
        given.entity,
        1 as step_no,
        call.* exclude (entity, event_name, script)
    from call
    join given
        on given.script = call.script
    where ends_with(call.event_name, 'LifecycleConfig')
    union all
    select
        entity,
        case event_name when 'StopNotebookInstance' then 2 when 'UpdateNotebookInstance' then 3 else 4 end as step_no,
        call.* exclude (entity, event_name, script)
    from call
    where entity in (select entity from given)
        and (event_name <> 'UpdateNotebookInstance' or script is not null)
    union all
    select distinct
        interface.entity,
        5 as step_no,
        contact.event_time,
        'the notebook talks to ' || contact.peer || coalesce(':' || contact.port, ''),
        'vpc_flow',
        contact.artifact_id,
        contact.record_no
    from contact
    join interface
        on interface.interface_id = contact.interface_id
    join call
        on call.entity = interface.entity
        and call.event_name = 'StartNotebookInstance'
        and contact.event_time between call.event_time and call.event_time + $reach::interval
    where not is_own_class(ip_class(contact.peer))
)
select
    'notebook' as entity_type,
    *
from sequence_records('seen', [1, 2, 3, 4], $max_span::interval)
order by
    started,
    entity,
    step_no,
    event_time,
    "table",
    artifact_id,
    record_no
