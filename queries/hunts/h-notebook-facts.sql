-- ---
-- id: h-notebook-facts
-- version: 1.0.0
-- title: What is known of this notebook?
-- status: stable
-- description: >-
--   Finds notebook instances with their role, network, lifecycle script and settings from collected answers, the calls
--   that signed URLs for them, changed, started or stopped them, and the flows of their interface to places outside.
--   Misses what was done inside a notebook.
-- requires:
--   api_snapshot: helpful
--   cloudtrail_event: helpful
--   vpc_flow: helpful
-- parameters:
--   notebook: {type: text, default: null, description: name of the notebook instance}
--   case_from: {type: timestamptz, default: null, description: only from here}
--   case_to: {type: timestamptz, default: null, description: only before}
-- references: []
-- changelog:
--   1.0.0: first version
-- ---
with described as (
    select
        json ->> '$.NotebookInstanceName' as notebook,
        json ->> '$.NetworkInterfaceId' as interface_id,
        json,
        collected_at,
        region,
        artifact_id,
        record_no
    from api_snapshot
    where operation = 'describe-notebook-instance'
        and error_code is null
        and ($notebook::varchar is null or (json ->> '$.NotebookInstanceName') = $notebook::varchar)
),
owned as (
    select distinct
        notebook,
        interface_id
    from described
    where interface_id is not null
),
talk as (
    select
        owned.notebook,
        coalesce(flow.pkt_dstaddr, flow.dstaddr) as peer,
        flow.dstport,
        min(flow.start_time) as first_seen,
        max(flow.end_time) as last_seen,
        count(*) as event_count,
        sum(flow.bytes)::bigint as bytes,
        min(flow.artifact_id) as artifact_id,
        arg_min(flow.record_no, row(flow.artifact_id, flow.record_no)) as record_no
    from vpc_flow as flow
    join owned
        on owned.interface_id = flow.interface_id
    where in_period(flow.start_time, $case_from::timestamptz, $case_to::timestamptz)
        and flow.srcaddr is not null
    group by
        owned.notebook,
        peer,
        flow.dstport
),
fact as (
    select
        coalesce(collected_at, instant_of(json ->> '$.LastModifiedTime')) as first_seen,
        collected_at as last_seen,
        1 as event_count,
        notebook,
        'described' as kind,
        null as who,
        null as source_ip,
        concat_ws(
            '; ',
            'role ' || role_name(json ->> '$.RoleArn'),
            'status ' || (json ->> '$.NotebookInstanceStatus'),
            'lifecycle ' || coalesce(json ->> '$.NotebookInstanceLifecycleConfigName', 'none'),
            'direct internet ' || (json ->> '$.DirectInternetAccess'),
            'root ' || (json ->> '$.RootAccess'),
            'subnet ' || (json ->> '$.SubnetId'),
            'interface ' || interface_id,
            'metadata service ' || (json ->> '$.InstanceMetadataServiceConfiguration.MinimumInstanceMetadataServiceVersion'),
            'changed ' || (json ->> '$.LastModifiedTime')
        ) as fact,
        null::bigint as bytes,
        artifact_id,
        record_no
    from described
    union all
    select
        event_time,
        event_time,
        1,
        request_parameters ->> '$.notebookInstanceName',
        event_name,
        principal,
        source_ip_address,
        concat_ws(
            '; ',
            coalesce(error_code, 'success'),
            'lifecycle ' || (request_parameters ->> '$.lifecycleConfigName'),
            'user agent ' || user_agent
        ),
        null,
        artifact_id,
        record_no
    from cloudtrail_event
    where event_source = 'sagemaker.amazonaws.com'
        and contains(event_name, 'NotebookInstance')
        and (request_parameters ->> '$.notebookInstanceName') is not null
        and ($notebook::varchar is null
            or (request_parameters ->> '$.notebookInstanceName') = $notebook::varchar)
        and in_period(event_time, $case_from::timestamptz, $case_to::timestamptz)
    union all
    select
        first_seen,
        last_seen,
        event_count,
        notebook,
        'flows',
        null,
        peer,
        'to ' || peer || coalesce(':' || dstport, '') || ', ' || coalesce(ip_class(peer), 'unknown'),
        bytes,
        artifact_id,
        record_no
    from talk
)
select
    notebook,
    kind,
    first_seen,
    last_seen,
    event_count,
    who,
    source_ip,
    fact,
    bytes,
    artifact_id,
    record_no
from fact
order by
    notebook,
    first_seen,
    kind,
    artifact_id,
    record_no
