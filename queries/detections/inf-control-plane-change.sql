-- ---
-- id: inf-control-plane-change
-- version: 1.0.0
-- title: Infrastructure change on the list of the CIRT methodology
-- status: stable
-- severity: info
-- element: infrastructure-changes
-- attack: [T1578, T1059.009]
-- atlas: []
-- description: >-
--   Finds the control-plane operations that the CIRT methodology lists for infrastructure (instances, clusters, stacks,
--   databases) and those that reference/event_class.csv adds as infra_change, with the outcome of each. Info for the
--   timeline; medium when the call names a resource of the inventory; high when the attacker holds the identity, or when
--   the identity or its outside address was never seen before the case. One finding per identity and severity. Misses all
--   other operations.
-- requires:
--   cloudtrail_event: needed
--   ref_event_class: optional
--   ref_inventory: optional
--   ref_cidr: helpful
--   v_flagged: optional
-- preconditions:
--   - query: >-
--       select coalesce(min(event_time) <= coalesce($base_to::timestamptz, $case_from::timestamptz)
--       - interval 7 days, false) from cloudtrail_event
--     otherwise: partial
--     reason: less than seven days of CloudTrail before the case, so unseen may only mean unrecorded
-- parameters:
--   case_from: {type: timestamptz, default: case, description: start of the period of interest}
--   base_from: {type: timestamptz, default: case, description: start of the baseline}
--   base_to: {type: timestamptz, default: case, description: end of the baseline; the start of the case when empty}
-- false_positives:
--   - Normal operation; that is why most of it is info.
-- references:
--   - https://docs.aws.amazon.com/AWSEC2/latest/APIReference/using-cloudtrail.html
-- changelog:
--   1.0.0: first version
-- ---
with listed as (
    select
        event_source,
        event_name
    from (
        values
            ('ec2.amazonaws.com', 'RunInstances'),
            ('ec2.amazonaws.com', 'StartInstances'),
            ('ec2.amazonaws.com', 'TerminateInstances'),
            ('ecs.amazonaws.com', 'CreateCluster'),
            ('cloudformation.amazonaws.com', 'CreateStack'),
            ('rds.amazonaws.com', 'DeleteDBInstance'),
            ('rds.amazonaws.com', 'ModifyDBClusterSnapshotAttribute')
    ) as methodology (event_source, event_name)
    union
    select
        event_source,
        event_name
    from ref_event_class
    where class = 'infra_change'
),
call as (
    select
        event.event_time,
        event.event_source,
        event.event_name,
        event.error_code,
        event.principal,
        event.credential,
        event.source_ip_address,
        event.aws_region,
        event.recipient_account_id,
        event.request_parameters::varchar as request,
        coalesce(
            event.event_time >= coalesce($base_to::timestamptz, $case_from::timestamptz),
            false
        ) as is_later,
        event.artifact_id,
        event.record_no
    from cloudtrail_event as event
    join listed
        on listed.event_source = event.event_source
        and listed.event_name = event.event_name
),
known_principal as (
    select distinct principal
    from cloudtrail_event
    where event_time < coalesce($base_to::timestamptz, $case_from::timestamptz)
        and ($base_from::timestamptz is null or event_time >= $base_from::timestamptz)
        and principal in (select principal from call where is_later)
),
address as (
    select
        source_ip_address,
        address_site(source_ip_address) as site
    from (select distinct source_ip_address from call where is_later)
    where source_ip_address is not null
        and not is_own_class(ip_class(source_ip_address))
        and ip_class(source_ip_address) <> 'unknown'
),
known_site as (
    select distinct address_site(source_ip_address) as site
    from (
        select distinct source_ip_address
        from cloudtrail_event
        where event_time < coalesce($base_to::timestamptz, $case_from::timestamptz)
            and ($base_from::timestamptz is null or event_time >= $base_from::timestamptz)
            and exists (from address)
    )
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
        call.*,
        coalesce(call.event_time >= held.since - interval 1 second, false)
        or coalesce(call.event_time >= owned.since - interval 1 second, false) as is_flagged,
        call.is_later and known_principal.principal is null as is_new_principal,
        call.is_later and address.site is not null and known_site.site is null as is_new_address,
        (
            select list_sort(list(distinct inventory.app))
            from ref_inventory as inventory
            where contains(call.request, inventory.resource)
                or len(regexp_extract(inventory.resource, '([^:/]+)$', 1)) >= 4
                and contains(call.request, '"' || regexp_extract(inventory.resource, '([^:/]+)$', 1) || '"')
        ) as app
    from call
    left join known_principal
        on known_principal.principal = call.principal
    left join address
        on address.source_ip_address = call.source_ip_address
    left join known_site
        on known_site.site = address.site
    left join flagged as held
        on held.value = call.credential
    left join flagged as owned
        on owned.value = call.principal
),
graded as (
    select
        *,
        case
            when is_flagged or is_new_principal or is_new_address then 'high'
            when len(app) > 0 then 'medium'
            else 'info'
        end as severity
    from judged
),
named_call as (
    select
        principal,
        severity,
        event_source,
        event_name,
        count(*) filter (error_code is null) as done,
        count(error_code) as failed,
        min(event_time) as first_seen,
        max(event_time) as last_seen,
        distinct_values(error_code) as error_code
    from graded
    group by
        principal,
        severity,
        event_source,
        event_name
),
breakdown as (
    select
        principal,
        severity,
        list(
            {
                'event_source': event_source,
                'event_name': event_name,
                'done': done,
                'failed': failed,
                'first_seen': first_seen,
                'last_seen': last_seen,
                'error_codes': error_code
            }
            order by first_seen, event_source, event_name
        ) as operations
    from named_call
    group by
        principal,
        severity
),
finding as (
    select
        principal,
        severity,
        bool_or(is_flagged) as is_flagged,
        bool_or(is_new_principal) as is_new_principal,
        bool_or(is_new_address) as is_new_address,
        list_sort(list_distinct(flatten(list(coalesce(app, []) order by event_time)))) as app,
        min(event_time) as first_seen,
        max(event_time) as last_seen,
        count(*) as event_count,
        count(error_code) as failed,
        distinct_values(credential) as credential,
        distinct_values(source_ip_address) as address,
        distinct_values(aws_region) as region,
        min(recipient_account_id) as account_id,
        list(
            {'table': 'cloudtrail_event', 'artifact_id': artifact_id, 'record_no': record_no}
            order by event_time, artifact_id, record_no
        ) as records
    from graded
    group by
        principal,
        severity
)
select
    'principal' as entity_type,
    finding.principal as entity,
    finding.severity,
    finding.first_seen,
    finding.last_seen,
    finding.event_count,
    short_name(finding.principal) || ' made ' || counted(finding.event_count, 'infrastructure change')
    || ', ' || finding.failed || ' failed: ' || array_to_string(
        list_transform(
            breakdown.operations,
            lambda each : each.event_name || ' ' || concat_ws(
                ' and ',
                case when each.done > 0 then each.done || ' done' end,
                case when each.failed > 0 then each.failed || ' failed' end
            )
        ),
        ', '
    )
    || coalesce(
        ' (' || nullif(
            concat_ws(
                ', ',
                case when is_flagged then 'the attacker holds this identity' end,
                case when is_new_principal then 'identity never seen before' end,
                case when is_new_address then 'address never seen before' end,
                case when len(app) > 0 then 'touches ' || array_to_string(app, ', ') end
            ),
            ''
        ) || ')',
        ''
    ) as summary,
    finding.records,
    finding.principal as actor,
    case when len(address) = 1 then address[1] end as source_ip,
    case when len(region) = 1 then region[1] end as region,
    finding.account_id,
    {
        'events': finding.event_count,
        'failed': finding.failed,
        'operations': breakdown.operations,
        'flagged': is_flagged,
        'new_principal': is_new_principal,
        'new_address': is_new_address,
        'apps': app,
        'credentials': credential,
        'addresses': address,
        'regions': region
    } as metrics
from finding
join breakdown
    on breakdown.principal is not distinct from finding.principal
    and breakdown.severity = finding.severity
order by
    finding.first_seen,
    entity,
    finding.severity
