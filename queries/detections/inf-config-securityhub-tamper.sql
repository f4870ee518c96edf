-- ---
-- id: inf-config-securityhub-tamper
-- version: 1.1.0
-- title: Config, Security Hub, Macie, Access Analyzer or Inspector weakened
-- status: stable
-- severity: high
-- element: infrastructure-changes
-- attack: [T1562.001]
-- atlas: []
-- description: >-
--   Finds recorders, delivery channels and rules of Config that were stopped or deleted, a recorder that no longer
--   records every type, Security Hub that was switched off, findings that were suppressed or archived, insights that were
--   deleted, Macie paused or off, analyzers deleted and Inspector switched off. Refused attempts are medium, and so is the
--   older UpdateFindings when it archives nothing. One finding per resource and identity. Misses rules that were replaced by weaker ones, and member accounts that their administrator
--   drops.
-- requires:
--   cloudtrail_event: needed
-- parameters: {}
-- false_positives:
--   - A service that is taken down on purpose, such as a recorder that moves into an organisation.
-- references:
--   - https://docs.aws.amazon.com/config/latest/developerguide/stop-start-recorder.html
--   - https://docs.aws.amazon.com/securityhub/latest/APIReference/API_DisableSecurityHub.html
-- changelog:
--   1.1.0: suppression and archiving by the older UpdateFindings
--   1.0.0: first version
-- ---
with event as (
    select
        event_time,
        event_source,
        event_name,
        coalesce(
            request_parameters ->> '$.configurationRecorderName',
            request_parameters ->> '$.configurationRecorder.name',
            request_parameters ->> '$.deliveryChannelName',
            request_parameters ->> '$.configRuleName',
            request_parameters ->> '$.analyzerName',
            request_parameters ->> '$.insightArn',
            request_parameters ->> '$.InsightArn',
            short_source(event_source) || ' in ' || aws_region
        ) as resource,
        principal,
        credential,
        source_ip_address,
        aws_region,
        recipient_account_id,
        error_code,
        request_parameters as request,
        artifact_id,
        record_no
    from cloudtrail_event as event
    where (
            event_source = 'config.amazonaws.com'
            and event_name in (
                'StopConfigurationRecorder',
                'DeleteConfigurationRecorder',
                'DeleteDeliveryChannel',
                'DeleteConfigRule',
                'PutConfigurationRecorder'
            )
            or event_source = 'securityhub.amazonaws.com'
            and event_name in ('DisableSecurityHub', 'BatchUpdateFindings', 'UpdateFindings', 'DeleteInsight')
            or event_source = 'macie2.amazonaws.com'
            and event_name in ('DisableMacie', 'UpdateMacieSession')
            or event_source = 'access-analyzer.amazonaws.com'
            and event_name = 'DeleteAnalyzer'
            or event_source = 'inspector2.amazonaws.com'
            and event_name = 'Disable'
        )
),
judged as (
    select
        event.*,
        list_filter(
            [
                case event_name
                    when 'StopConfigurationRecorder' then 'recorder stopped'
                    when 'DeleteConfigurationRecorder' then 'recorder deleted'
                    when 'DeleteDeliveryChannel' then 'delivery channel deleted'
                    when 'DeleteConfigRule' then 'rule deleted'
                    when 'DisableSecurityHub' then 'Security Hub off'
                    when 'DeleteInsight' then 'insight deleted'
                    when 'DisableMacie' then 'Macie off'
                    when 'DeleteAnalyzer' then 'analyzer deleted'
                    when 'Disable' then 'Inspector off'
                end,
                case
                    when event_name = 'PutConfigurationRecorder'
                        and (
                            coalesce(
                                request ->> '$.configurationRecorder.recordingGroup.allSupported',
                                request ->> '$.ConfigurationRecorder.recordingGroup.allSupported'
                            ) = 'false'
                        )
                    then 'recorder no longer records every type'
                end,
                case
                    when event_name = 'BatchUpdateFindings'
                        and coalesce(
                            request ->> '$.Workflow.Status',
                            request ->> '$.workflow.status'
                        ) = 'SUPPRESSED'
                    then 'findings suppressed'
                end,
                -- The older API changes every finding that a filter matches, and nothing of today calls it.
                case
                    when event_name = 'UpdateFindings'
                    then case coalesce(request ->> '$.RecordState', request ->> '$.recordState')
                        when 'ARCHIVED' then 'findings archived'
                        when 'ACTIVE' then null
                        else 'findings changed by the older API'
                    end
                end,
                case
                    when event_name = 'UpdateMacieSession' and (request ->> '$.status') = 'PAUSED'
                    then 'Macie paused'
                end
            ],
            lambda reason : reason is not null
        ) as reason
    from event
),
finding as (
    select
        resource,
        principal,
        error_code is not null as is_attempt,
        list_sort(
            list_distinct(flatten(list(reason order by event_time, artifact_id, record_no)))
        ) as reason,
        distinct_values(event_name) as event_name,
        distinct_values(error_code) as error_code,
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
    from judged
    where len(reason) > 0
    group by
        resource,
        principal,
        error_code is not null
)
select
    'control' as entity_type,
    coalesce(resource, event_name[1]) as entity,
    case
        when is_attempt or reason = ['findings changed by the older API'] then 'medium'
        else 'high'
    end as severity,
    first_seen,
    last_seen,
    event_count,
    short_name(principal)
    || case when is_attempt then ' tried ' else ' made ' end
    || counted(event_count, 'call') || ' (' || named(event_name) || ')'
    || coalesce(' on ' || resource, '')
    || coalesce(': ' || nullif(named(reason), ''), '')
    || case when is_attempt then '; failed with ' || named(error_code) else '' end as summary,
    records,
    principal as actor,
    case when len(address) = 1 then address[1] end as source_ip,
    case when len(region) = 1 then region[1] end as region,
    account_id,
    resource,
    {
        'event_names': event_name,
        'attempt': is_attempt,
        'reasons': reason,
        'error_codes': error_code,
        'regions': region,
        'credentials': credential,
        'addresses': address
    } as metrics
from finding
order by
    first_seen,
    entity,
    actor,
    is_attempt
