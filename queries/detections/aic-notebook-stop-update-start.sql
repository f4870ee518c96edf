-- ---
-- id: aic-notebook-stop-update-start
-- version: 1.0.0
-- title: Existing notebook stopped, changed and started again
-- status: stable
-- severity: critical
-- element: ai-changes
-- attack: [T1546, T1548.005]
-- atlas: [AML.T0072]
-- description: >-
--   Finds a notebook instance that is stopped, given another lifecycle configuration, role, root access or instance type,
--   and started again within hours: the way to run code with the role of a notebook without passing a role. Critical when
--   the identity that changes it never stopped, changed or started this notebook before the case or is held by the
--   attacker, else high. Gives the first outside flow of the notebook after the start. Misses a notebook that was already
--   stopped, and Studio spaces.
-- requires:
--   cloudtrail_event: needed
--   api_snapshot: optional
--   vpc_flow: optional
--   ref_cidr: optional
--   v_flagged: optional
-- preconditions:
--   - query: >-
--       select coalesce(min(event_time) <= coalesce($base_to::timestamptz, $case_from::timestamptz)
--       - interval 7 days, false) from cloudtrail_event
--     otherwise: partial
--     reason: less than seven days of CloudTrail before the case, so unseen may only mean unrecorded
-- parameters:
--   span: {type: interval, default: 2 hours, description: time from the stop to the start}
--   until_flow: {type: interval, default: 30 minutes, description: time from the start to a flow that is told with it}
--   case_from: {type: timestamptz, default: case, description: start of the period of interest}
--   base_from: {type: timestamptz, default: case, description: start of the baseline}
--   base_to: {type: timestamptz, default: case, description: end of the baseline; the start of the case when empty}
-- false_positives:
--   - Maintenance by the owner of the notebook.
-- references:
--   - https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_UpdateNotebookInstance.html
-- changelog:
--   1.0.0: first version
-- ---
with step as (
    select
        event_time,
        event_name,
        request_parameters ->> '$.notebookInstanceName' as notebook,
        coalesce(aws_region, '') as aws_region,
        coalesce(recipient_account_id, '') as account_id,
        request_parameters ->> '$.lifecycleConfigName' as lifecycle_config,
        list_filter(
            ['lifecycleConfigName', 'roleArn', 'rootAccess', 'instanceType'],
            lambda setting : list_contains(json_keys(request_parameters), setting)
        ) as setting,
        principal,
        credential,
        source_ip_address,
        artifact_id,
        record_no
    from cloudtrail_event
    where event_source = 'sagemaker.amazonaws.com'
        and event_name in ('StopNotebookInstance', 'UpdateNotebookInstance', 'StartNotebookInstance')
        and error_code is null
        and event_time is not null
),
habit as (
    select distinct
        principal,
        notebook
    from step
    where event_time < coalesce($base_to::timestamptz, $case_from::timestamptz)
        and ($base_from::timestamptz is null or event_time >= $base_from::timestamptz)
),
stop as (
    select * from step where event_name = 'StopNotebookInstance'
),
start as (
    select * from step where event_name = 'StartNotebookInstance'
),
change as (
    select * from step where event_name = 'UpdateNotebookInstance' and len(setting) > 0
),
stopped as (
    select
        change.*,
        stop.event_time as stopped_at,
        {
            'table': 'cloudtrail_event',
            'artifact_id': stop.artifact_id,
            'record_no': stop.record_no
        } as stop_record
    from change
    asof join stop
        on stop.notebook = change.notebook
        and stop.aws_region = change.aws_region
        and stop.account_id = change.account_id
        and stop.event_time <= change.event_time + interval 1 second
),
restarted as (
    select
        stopped.*,
        start.event_time as started_at,
        {
            'table': 'cloudtrail_event',
            'artifact_id': start.artifact_id,
            'record_no': start.record_no
        } as start_record
    from stopped
    asof join start
        on start.notebook = stopped.notebook
        and start.aws_region = stopped.aws_region
        and start.account_id = stopped.account_id
        and start.event_time >= stopped.event_time - interval 1 second
    where start.event_time <= stopped.stopped_at + $span::interval
),
-- Read once: the view is costly.
flagged as materialized (
    select
        value,
        since
    from v_flagged
    where kind in ('principal', 'credential')
),
judged as (
    select
        restarted.*,
        coalesce(
            restarted.event_time >= coalesce($base_to::timestamptz, $case_from::timestamptz)
            and habit.principal is null,
            false
        ) as is_unseen,
        coalesce(restarted.event_time >= held.since - interval 1 second, false)
        or coalesce(restarted.event_time >= owned.since - interval 1 second, false) as is_flagged
    from restarted
    left join habit
        on habit.principal = restarted.principal
        and habit.notebook = restarted.notebook
    left join flagged as held
        on held.value = restarted.credential
    left join flagged as owned
        on owned.value = restarted.principal
),
finding as (
    select
        notebook,
        aws_region,
        account_id,
        stopped_at,
        started_at,
        stop_record,
        start_record,
        min(event_time) as changed_at,
        count(*) as changes,
        arg_min(principal, row(event_time, artifact_id, record_no)) as principal,
        list_sort(list_distinct(flatten(list(setting order by event_time)))) as setting,
        max(lifecycle_config) as lifecycle_config,
        bool_or(is_unseen) as is_unseen,
        bool_or(is_flagged) as is_flagged,
        distinct_values(credential) as credential,
        distinct_values(source_ip_address) as address,
        list(
            {'table': 'cloudtrail_event', 'artifact_id': artifact_id, 'record_no': record_no}
            order by event_time, artifact_id, record_no
        ) as change_records
    from judged
    group by
        notebook,
        aws_region,
        account_id,
        stopped_at,
        started_at,
        stop_record,
        start_record
),
-- Where the script came from, and where the notebook talked to afterwards.
origin as (
    select
        finding.notebook,
        finding.stopped_at,
        max(event.event_time) as written_at
    from finding
    join cloudtrail_event as event
        on (event.request_parameters ->> '$.notebookInstanceLifecycleConfigName') = finding.lifecycle_config
        and event.event_time <= finding.changed_at + interval 1 second
    where event.event_source = 'sagemaker.amazonaws.com'
        and event.event_name in (
            'CreateNotebookInstanceLifecycleConfig',
            'UpdateNotebookInstanceLifecycleConfig'
        )
        and event.error_code is null
    group by
        finding.notebook,
        finding.stopped_at
),
interface as (
    select distinct
        json ->> '$.NotebookInstanceName' as notebook,
        json ->> '$.NetworkInterfaceId' as interface_id
    from api_snapshot
    where service = 'sagemaker'
        and operation = 'describe-notebook-instance'
        and (json ->> '$.NetworkInterfaceId') is not null
),
outside as (
    select
        interface.notebook,
        vpc_flow.start_time,
        coalesce(vpc_flow.pkt_dstaddr, vpc_flow.dstaddr) as address,
        vpc_flow.dstport
    from vpc_flow
    join interface
        on interface.interface_id = vpc_flow.interface_id
    join finding
        on finding.notebook = interface.notebook
        and vpc_flow.start_time >= finding.started_at - interval 1 second
        and vpc_flow.start_time <= finding.started_at + $until_flow::interval
    where vpc_flow.action is distinct from 'REJECT'
),
contact as (
    select
        finding.notebook,
        finding.started_at,
        min(outside.start_time) as first_flow,
        arg_min(outside.address || coalesce(':' || outside.dstport, ''), outside.start_time) as first_address
    from finding
    join outside
        on outside.notebook = finding.notebook
        and outside.start_time >= finding.started_at - interval 1 second
        and outside.start_time <= finding.started_at + $until_flow::interval
    where not is_own_class(ip_class(outside.address))
        and ip_class(outside.address) <> 'unknown'
    group by
        finding.notebook,
        finding.started_at
)
select
    'notebook' as entity_type,
    finding.notebook as entity,
    case when is_unseen or is_flagged then 'critical' else 'high' end as severity,
    finding.stopped_at as first_seen,
    finding.started_at as last_seen,
    changes + 2 as event_count,
    short_name(principal) || ' changed notebook ' || finding.notebook || ' between a stop at '
    || moment(finding.stopped_at) || ' and a start at ' || moment(finding.started_at) || ': '
    || array_to_string(
        list_transform(
            setting,
            lambda each : case each
                when 'lifecycleConfigName'
                then 'lifecycle configuration ' || coalesce(lifecycle_config, '')
                when 'roleArn' then 'role'
                when 'rootAccess' then 'root access'
                else 'instance type'
            end
        ),
        ', '
    )
    || ' at ' || moment(changed_at)
    || case when is_unseen then '; never touched it before the case' else '' end
    || case when is_flagged then '; the attacker holds this identity' else '' end
    || coalesce('; first outside flow to ' || first_address || ' at ' || moment(first_flow), '') as summary,
    [stop_record] || change_records || [start_record] as records,
    principal as actor,
    case when len(address) = 1 then address[1] end as source_ip,
    nullif(finding.aws_region, '') as region,
    nullif(finding.account_id, '') as account_id,
    finding.notebook as resource,
    {
        'stopped': finding.stopped_at,
        'changed': changed_at,
        'started': finding.started_at,
        'minutes': round(date_diff('second', finding.stopped_at, finding.started_at) / 60.0, 1),
        'settings': setting,
        'lifecycle_configuration': lifecycle_config,
        'lifecycle_written': origin.written_at,
        'unseen': is_unseen,
        'flagged': is_flagged,
        'first_outside_flow': first_flow,
        'first_outside_address': first_address,
        'credentials': credential,
        'addresses': address
    } as metrics
from finding
left join origin
    on origin.notebook = finding.notebook
    and origin.stopped_at = finding.stopped_at
left join contact
    on contact.notebook = finding.notebook
    and contact.started_at = finding.started_at
order by
    first_seen,
    entity,
    last_seen
