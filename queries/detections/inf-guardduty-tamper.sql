-- ---
-- id: inf-guardduty-tamper
-- version: 1.0.0
-- title: GuardDuty disabled or blinded
-- status: stable
-- severity: critical
-- element: infrastructure-changes
-- attack: [T1562.001]
-- atlas: []
-- description: >-
--   Finds calls that switch GuardDuty off or blind it: a detector that is deleted or suspended, a data source or feature
--   that is disabled, a filter that archives, a trusted address list or entity set, archived findings, a publishing
--   destination that is gone, an account that leaves its administrator or is dropped by it. Refused attempts are medium, one
--   finding per identity, region and operation. Gives the blind interval of a detector that is off, and which other
--   controls the identity touched. Misses address lists whose content was replaced in S3, and delegation to another
--   administrator.
-- requires:
--   cloudtrail_event: needed
--   named_set: optional
--   v_impairment: optional
-- parameters:
--   run: {type: interval, default: 60 minutes, description: how far apart two controls may be touched to be one run}
-- false_positives:
--   - Migration to another administrator account.
--   - Tuning by the security team, such as a filter for a known scanner; expect a ticket.
-- references:
--   - https://docs.aws.amazon.com/guardduty/latest/APIReference/API_UpdateDetector.html
--   - https://docs.aws.amazon.com/guardduty/latest/ug/findings_suppression-rule.html
-- changelog:
--   1.0.0: first version
-- ---
with event as (
    select
        event_time,
        event_name,
        request_parameters ->> '$.detectorId' as detector,
        principal,
        credential,
        source_ip_address,
        aws_region,
        recipient_account_id,
        error_code,
        request_parameters as request,
        artifact_id,
        record_no
    from cloudtrail_event
    where event_source = 'guardduty.amazonaws.com'
        and (
            event_name in (select member from named_set where name = 'GUARDDUTY_TAMPER')
            or event_name = 'CreateDetector'
        )
),
switched as (
    select
        *,
        min(
            case
                when error_code is null
                    and (
                        event_name = 'CreateDetector'
                        or event_name = 'UpdateDetector' and (request ->> '$.enable') = 'true'
                    )
                then event_time
            end
        ) over (
            partition by recipient_account_id, aws_region
            order by event_time, artifact_id, record_no
            rows between 1 following and unbounded following
        ) as next_on,
        list_sort(
            list_transform(
                list_filter(
                    json_items(request -> '$.features')
                    || flatten(
                        list_transform(
                            json_items(request -> '$.features'),
                            lambda feature : json_items(feature -> '$.additionalConfiguration')
                        )
                    ),
                    lambda feature : (feature ->> '$.status') = 'DISABLED'
                ),
                lambda feature : feature ->> '$.name'
            )
            || list_filter(
                [
                    case when (request ->> '$.dataSources.s3Logs.enable') = 'false' then 'S3 logs' end,
                    case
                        when (request ->> '$.dataSources.kubernetes.auditLogs.enable') = 'false'
                        then 'Kubernetes audit logs'
                    end,
                    case
                        when coalesce(
                            request ->> '$.dataSources.malwareProtection.scanEc2InstanceWithFindings.ebsVolumes.enable',
                            request ->> '$.dataSources.malwareProtection.scanEc2InstanceWithFindings.ebsVolumes'
                        ) = 'false'
                        then 'malware protection'
                    end
                ],
                lambda source : source is not null
            )
        ) as disabled
    from event
),
judged as (
    select
        *,
        list_filter(
            [
                case event_name
                    when 'DeleteDetector' then 'detector deleted'
                    when 'ArchiveFindings' then 'findings archived'
                    when 'DeletePublishingDestination' then 'publishing destination deleted'
                    when 'DisassociateFromAdministratorAccount' then 'left its administrator'
                    when 'DisassociateFromMasterAccount' then 'left its administrator'
                    when 'DeleteMembers' then 'member accounts dropped'
                    when 'StopMonitoringMembers' then 'member accounts no longer monitored'
                end,
                case
                    when event_name = 'UpdateDetector' and (request ->> '$.enable') = 'false'
                    then 'detector suspended'
                end,
                case
                    when event_name = 'UpdateDetector' and len(disabled) > 0
                    then 'no longer watched: ' || named(disabled)
                end,
                case
                    when event_name = 'CreateFilter' and (request ->> '$.action') = 'ARCHIVE'
                    then 'filter ' || coalesce(request ->> '$.name', '') || ' archives what it matches'
                end,
                case
                    when event_name in ('CreateIPSet', 'UpdateIPSet') and (request ->> '$.activate') = 'true'
                    then 'trusted address list activated'
                        || coalesce(': ' || (request ->> '$.location'), '')
                end,
                case
                    when event_name = 'CreateTrustedEntitySet'
                    then 'trusted entity set created'
                        || coalesce(': ' || (request ->> '$.location'), '')
                end
            ],
            lambda reason : reason is not null
        ) as reason,
        error_code is not null as is_attempt,
        (
            event_name = 'DeleteDetector'
            or event_name = 'UpdateDetector' and (request ->> '$.enable') = 'false'
        )
        and error_code is null as is_blind,
        -- Each success is a finding of its own, refused attempts are counted together.
        case when error_code is null then row(event_time, artifact_id, record_no) end as change
    from switched
),
finding as (
    select
        row_number() over (
            order by min(event_time), min(artifact_id), min(record_no), event_name
        ) as finding_no,
        aws_region,
        principal,
        event_name,
        error_code,
        is_attempt,
        is_blind,
        list_sort(list_distinct(flatten(list(reason order by event_time, artifact_id, record_no)))) as reason,
        distinct_values(detector) as detector,
        min(next_on) as next_on,
        min(event_time) as first_seen,
        max(event_time) as last_seen,
        count(*) as event_count,
        distinct_values(credential) as credential,
        distinct_values(source_ip_address) as address,
        min(recipient_account_id) as account_id,
        list(
            {'table': 'cloudtrail_event', 'artifact_id': artifact_id, 'record_no': record_no}
            order by event_time, artifact_id, record_no
        ) as records
    from judged
    where len(reason) > 0
    group by
        aws_region,
        principal,
        event_name,
        error_code,
        is_attempt,
        is_blind,
        change
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
    where other.control <> 'GuardDuty'
    group by finding.finding_no
)
select
    'region' as entity_type,
    coalesce(aws_region, 'a region') as entity,
    case when is_attempt then 'medium' else 'critical' end as severity,
    first_seen,
    last_seen,
    event_count,
    short_name(principal)
    || case
        when is_attempt
        then ' tried ' || event_name || ' of GuardDuty in ' || coalesce(aws_region, 'a region') || ' in '
            || counted(event_count, 'call') || ' and failed with ' || error_code
        else ' changed GuardDuty in ' || coalesce(aws_region, 'a region') || ': '
            || array_to_string(reason, ', ')
    end
    || case
        when is_blind
        then '; blind from ' || moment(first_seen) || ' to '
            || coalesce(moment(next_on), 'the end of the evidence')
        else ''
    end
    || coalesce('; also touched: ' || array_to_string(companion.control, ', '), '') as summary,
    records,
    principal as actor,
    case when len(address) = 1 then address[1] end as source_ip,
    aws_region as region,
    account_id,
    case when len(detector) = 1 then detector[1] end as resource,
    {
        'event_name': event_name,
        'attempt': is_attempt,
        'reasons': reason,
        'error_code': error_code,
        'detectors': detector,
        'blind_from': case when is_blind then first_seen end,
        'blind_to': case when is_blind then next_on end,
        'other_controls': coalesce(companion.control, []),
        'credentials': credential,
        'addresses': address
    } as metrics
from finding
left join companion
    on companion.finding_no = finding.finding_no
order by
    first_seen,
    entity,
    finding.finding_no
