-- ---
-- id: aic-studio-role-swap
-- version: 1.0.0
-- title: Studio domain, profile or space got another role or script
-- status: stable
-- severity: high
-- element: ai-changes
-- attack: [T1548.005, T1546]
-- atlas: [AML.T0012]
-- description: >-
--   Finds Studio domains, user profiles and spaces whose execution role changed or that got a lifecycle configuration,
--   followed within hours by an app or a presigned URL of the same domain, and domains that were moved to the public
--   Internet. One finding per domain and identity. Misses a role that is first set when the profile is made, and
--   refused calls.
-- requires:
--   cloudtrail_event: needed
-- parameters:
--   span: {type: interval, default: 2 hours, description: time from the change to the app or the URL}
-- false_positives:
--   - Roll-outs by the administrators of Studio.
-- references:
--   - https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_UpdateUserProfile.html
-- changelog:
--   1.0.0: first version
-- ---
with event as (
    select
        event_time,
        event_source,
        event_name,
        request_parameters ->> '$.domainId' as resource,
        regexp_extract(request_parameters::varchar, '"executionRole"\s*:\s*"([^"]+)"', 1) as role,
        regexp_extract_all(request_parameters::varchar, 'studio-lifecycle-config/([A-Za-z0-9-]+)', 1) as script,
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
    where event_source = 'sagemaker.amazonaws.com'
        and event_name in ('UpdateUserProfile', 'UpdateDomain', 'UpdateSpace')
        and error_code is null
),
opening as (
    select
        event.artifact_id,
        event.record_no,
        min(opened.event_time) as opened_at,
        arg_min(opened.event_name, opened.event_time) as opened_by
    from event
    join cloudtrail_event as opened
        on (opened.request_parameters ->> '$.domainId') = event.resource
        and opened.event_time >= event.event_time - interval 1 second
        and opened.event_time <= event.event_time + $span::interval
    where opened.event_source = 'sagemaker.amazonaws.com'
        and opened.event_name in ('CreateApp', 'CreatePresignedDomainUrl')
        and opened.error_code is null
    group by
        event.artifact_id,
        event.record_no
),
judged as (
    select
        event.*,
        opening.opened_at,
        opening.opened_by,
        list_filter(
            [
                case
                    when opening.opened_at is not null and role <> ''
                    then 'role ' || short_name(role)
                end,
                case
                    when opening.opened_at is not null and len(script) > 0
                    then 'lifecycle configuration ' || named(script)
                end,
                case
                    when event_name = 'UpdateDomain'
                        and (request ->> '$.appNetworkAccessType') = 'PublicInternetOnly'
                    then 'moved to the public Internet'
                end
            ],
            lambda reason : reason is not null
        ) as reason
    from event
    left join opening
        on opening.artifact_id = event.artifact_id
        and opening.record_no = event.record_no
),
finding as (
    select
        resource,
        principal,
        list_sort(
            list_distinct(flatten(list(reason order by event_time, artifact_id, record_no)))
        ) as reason,
        min(opened_at) as opened_at,
        arg_min(opened_by, opened_at) as opened_by,
        distinct_values(event_name) as event_name,
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
        principal
)
select
    'domain' as entity_type,
    coalesce(resource, event_name[1]) as entity,
    'high' as severity,
    first_seen,
    last_seen,
    event_count,
    short_name(principal)
    || ' made '
    || counted(event_count, 'call') || ' (' || named(event_name) || ')'
    || coalesce(' on ' || resource, '')
    || coalesce(': ' || nullif(named(reason), ''), '')
    || coalesce('; ' || opened_by || ' at ' || moment(opened_at), '') as summary,
    records,
    principal as actor,
    case when len(address) = 1 then address[1] end as source_ip,
    case when len(region) = 1 then region[1] end as region,
    account_id,
    resource,
    {
        'event_names': event_name,
        'reasons': reason,
        'opened': opened_at,
        'opened_by': opened_by,
        'regions': region,
        'credentials': credential,
        'addresses': address
    } as metrics
from finding
order by
    first_seen,
    entity,
    actor
