-- ---
-- id: inf-flowlog-dnslog-delete
-- version: 1.0.0
-- title: VPC flow logs or DNS query logs removed
-- status: stable
-- severity: high
-- element: infrastructure-changes
-- attack: [T1562.008]
-- atlas: []
-- description: >-
--   Finds flow logs and DNS query logs that were deleted or taken off their network, and compares the flow logs at hand:
--   when the last flow of the log ended, whether flows were recorded later, and how long the network is blind until
--   recording begins again or the evidence ends. Refused attempts are medium, one finding per identity and operation.
--   Misses flow logs that stop because their role, bucket or log group is gone.
-- requires:
--   cloudtrail_event: needed
--   vpc_flow: helpful
--   artifact: optional
--   v_impairment: optional
-- parameters:
--   run: {type: interval, default: 60 minutes, description: how far apart two controls may be touched to be one run}
--   aggregation: {type: interval, default: 10 minutes, description: flows that begin this long after the deletion are new}
--   case_to: {type: timestamptz, default: case, description: end of the evidence; the last CloudTrail event when empty}
-- false_positives:
--   - A VPC that is taken down with all that belongs to it.
-- references:
--   - https://docs.aws.amazon.com/vpc/latest/userguide/flow-logs.html
--   - https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/resolver-query-logs.html
-- changelog:
--   1.0.0: first version
-- ---
with event as (
    select
        event_time,
        event_name,
        event_source,
        principal,
        credential,
        source_ip_address,
        aws_region,
        recipient_account_id,
        error_code,
        request_parameters as request,
        artifact_id,
        record_no,
        regexp_extract_all(request_parameters::varchar, '"(fl-[0-9a-zA-Z]+)"', 1) as flow_log,
        -- The call succeeds as a whole and still lists logs that it could not delete.
        regexp_extract_all(
            coalesce(
                response_elements -> '$.DeleteFlowLogsResponse.unsuccessful',
                response_elements -> '$.unsuccessful'
            )::varchar,
            '"(fl-[0-9a-zA-Z]+)"',
            1
        ) as spared
    from cloudtrail_event
    where event_source = 'ec2.amazonaws.com' and event_name in ('DeleteFlowLogs', 'CreateFlowLogs')
        or event_source = 'route53resolver.amazonaws.com'
        and event_name in (
            'DeleteResolverQueryLogConfig',
            'DisassociateResolverQueryLogConfig',
            'CreateResolverQueryLogConfig',
            'AssociateResolverQueryLogConfig'
        )
),
renewed as (
    select
        *,
        event_source = 'ec2.amazonaws.com' as is_flow,
        min(
            case
                when error_code is null
                    and (starts_with(event_name, 'Create') or starts_with(event_name, 'Associate'))
                then event_time
            end
        ) over (
            partition by recipient_account_id, aws_region, event_source
            order by event_time, artifact_id, record_no
            rows between 1 following and unbounded following
        ) as next_on
    from event
),
removal as (
    select
        * exclude (flow_log, spared, request),
        case
            when is_flow
            then list_sort(
                list_filter(flow_log, lambda log : not list_contains(coalesce(spared, []), log))
            )
            else list_filter(
                [
                    coalesce(
                        request ->> '$.resolverQueryLogConfigId',
                        request ->> '$.resolverQueryLogConfigAssociationId'
                    )
                ],
                lambda log : log is not null
            )
        end as log,
        request ->> '$.resourceId' as network,
        len(spared) > 0 as is_partial,
        -- Each success is a finding of its own, refused attempts are counted together.
        case when error_code is null then row(event_time, artifact_id, record_no) end as change
    from renewed
    where starts_with(event_name, 'Delete') or starts_with(event_name, 'Disassociate')
),
finding as (
    select
        row_number() over (
            order by min(event_time), min(artifact_id), min(record_no), event_name
        ) as finding_no,
        principal,
        event_name,
        is_flow,
        error_code,
        error_code is not null as is_attempt,
        list_sort(list_distinct(flatten(list(log order by event_time, artifact_id, record_no)))) as log,
        distinct_values(network) as network,
        min(next_on) as next_on,
        min(event_time) as first_seen,
        max(event_time) as last_seen,
        count(*) as event_count,
        distinct_values(credential) as credential,
        distinct_values(source_ip_address) as address,
        distinct_values(aws_region) as region,
        min(recipient_account_id) as account_id,
        list(
            {'table': 'cloudtrail_event', 'artifact_id': artifact_id, 'record_no': record_no}
            order by event_time, artifact_id, record_no
        ) as records
    from removal
    where error_code is not null or len(log) > 0 or not is_partial
    group by
        principal,
        event_name,
        is_flow,
        error_code,
        change
),
-- A flow log names itself in the names of its files; files without such a name count for the whole account and region.
delivery as (
    select
        artifact_id,
        regexp_extract(concat_ws('/', original, member), '_(fl-[0-9a-zA-Z]+)_', 1) as flow_log
    from artifact
    where source = 'vpc_flow'
),
flow as (
    select
        vpc_flow.account_id,
        vpc_flow.region,
        coalesce(delivery.flow_log, '') as flow_log,
        vpc_flow.start_time,
        max(vpc_flow.end_time) as end_time,
        count(*) as flow_count
    from vpc_flow
    left join delivery
        on delivery.artifact_id = vpc_flow.artifact_id
    where exists (from finding where is_flow and not is_attempt)
        and coalesce(vpc_flow.log_status, 'OK') = 'OK'
    group by
        vpc_flow.account_id,
        vpc_flow.region,
        coalesce(delivery.flow_log, ''),
        vpc_flow.start_time
),
silence as (
    select
        finding.finding_no,
        max(flow.end_time) filter (flow.start_time <= finding.first_seen) as last_flow,
        min(flow.start_time) filter (
            flow.start_time > finding.first_seen + $aggregation::interval
        ) as next_flow,
        sum(flow.flow_count) filter (flow.start_time <= finding.first_seen) as flows_before,
        coalesce(
            sum(flow.flow_count) filter (flow.start_time > finding.first_seen + $aggregation::interval),
            0
        ) as flows_after
    from finding
    join flow
        on (flow.flow_log = '' or list_contains(finding.log, flow.flow_log))
        and (flow.account_id is null or finding.account_id is null or flow.account_id = finding.account_id)
        and (flow.region is null or len(finding.region) = 0 or list_contains(finding.region, flow.region))
    where finding.is_flow
        and not finding.is_attempt
    group by finding.finding_no
),
evidence as (
    select coalesce($case_to::timestamptz, max(event_time)) as ends_at
    from cloudtrail_event
),
companion as (
    select
        finding.finding_no,
        distinct_values(other.control) as control
    from finding
    join v_impairment as other
        on other.principal = finding.principal
        and other.event_time >= finding.first_seen - $run::interval
        and other.event_time <= finding.last_seen + $run::interval
    where other.control <> case when finding.is_flow then 'flow logs' else 'DNS query logs' end
    group by finding.finding_no
),
measured as (
    select
        finding.*,
        silence.last_flow,
        silence.flows_before,
        silence.flows_after,
        companion.control,
        case when not is_attempt then least(finding.next_on, silence.next_flow) end as blind_to,
        case
            when not is_attempt
            then date_diff(
                'minute',
                first_seen,
                coalesce(
                    least(finding.next_on, silence.next_flow),
                    greatest(evidence.ends_at, first_seen)
                )
            )
        end as blind_minutes
    from finding
    cross join evidence
    left join silence
        on silence.finding_no = finding.finding_no
    left join companion
        on companion.finding_no = finding.finding_no
)
select
    case when is_flow then 'flow_log' else 'dns_query_log' end as entity_type,
    coalesce(nullif(array_to_string(log, ', '), ''), event_name) as entity,
    case when is_attempt then 'medium' else 'high' end as severity,
    first_seen,
    last_seen,
    event_count,
    short_name(principal)
    || case
        when is_attempt
        then ' tried ' || event_name || ' in ' || counted(event_count, 'call') || ' and failed with '
            || error_code
        else ' removed ' || case when is_flow then 'flow log ' else 'DNS query log ' end
            || coalesce(nullif(array_to_string(log, ', '), ''), 'that the record does not name')
            || coalesce(' from ' || network[1], '')
            || coalesce('; the last flow ended at ' || moment(last_flow), '')
            || '; blind for ' || (blind_minutes // 60) || ' h ' || (blind_minutes % 60) || ' min to '
            || coalesce(moment(blind_to), 'the end of the evidence')
    end
    || coalesce('; also touched: ' || array_to_string(control, ', '), '') as summary,
    records,
    principal as actor,
    case when len(address) = 1 then address[1] end as source_ip,
    case when len(region) = 1 then region[1] end as region,
    account_id,
    case when len(log) = 1 then log[1] end as resource,
    {
        'event_name': event_name,
        'attempt': is_attempt,
        'error_code': error_code,
        'logs': log,
        'networks': network,
        'last_flow': last_flow,
        'flows_before': flows_before,
        'flows_after': flows_after,
        'blind_from': case when not is_attempt then first_seen end,
        'blind_to': blind_to,
        'blind_minutes': blind_minutes,
        'other_controls': coalesce(control, []),
        'credentials': credential,
        'addresses': address
    } as metrics
from measured
order by
    first_seen,
    entity,
    finding_no
