-- ---
-- id: h-created-by-attacker
-- version: 1.0.0
-- title: What did the attacker make or change, and is it still there?
-- status: stable
-- description: >-
--   Finds the resources that flagged credentials and identities (`reference/ioc.csv` and what follows from it), or those
--   named here, created, changed or deleted, with the calls, whether a later call removed them, and whether the newest
--   collected answers of APIs still show them: the list to clean up by. Misses what was done through credentials that
--   nobody flagged, and reads.
-- requires:
--   cloudtrail_event: needed
--   v_flagged: helpful
--   api_snapshot: optional
--   named_set: optional
-- parameters:
--   credentials: {type: text, default: null, description: "these credentials or identities too, separated by commas"}
--   accounts: {type: text, default: null, description: "only these accounts, separated by commas"}
--   regions: {type: text, default: null, description: "only these regions, separated by commas"}
--   case_from: {type: timestamptz, default: null, description: only from here}
--   case_to: {type: timestamptz, default: null, description: only before}
-- references: []
-- changelog:
--   1.0.0: first version
-- ---
with flag as materialized (
    select
        value,
        since
    from v_flagged
    where kind in ('credential', 'principal')
    union all
    select
        trim(unnest(string_split($credentials::varchar, ','))),
        null
),
change as (
    select
        event.*,
        case
            when event.event_source = 'iam.amazonaws.com' and ends_with(event.event_name, 'LoginProfile')
            then (event.request_parameters ->> '$.userName') || '#console'
            when event.event_source = 'iam.amazonaws.com' and ends_with(event.event_name, 'Policy')
            then concat_ws(
                ' ',
                coalesce(
                    event.request_parameters ->> '$.userName',
                    event.request_parameters ->> '$.roleName',
                    event.request_parameters ->> '$.groupName'
                ),
                coalesce(
                    event.request_parameters ->> '$.policyArn',
                    event.request_parameters ->> '$.policyName'
                )
            )
        end as part,
        coalesce(
            part,
            event.response_elements ->> '$.instancesSet.items[0].instanceId',
            event.request_parameters ->> '$.instancesSet.items[0].instanceId',
            event.response_elements ->> '$.accessKey.accessKeyId',
            event.response_elements ->> '$.serviceSpecificCredential.serviceSpecificCredentialId',
            event.request_parameters ->> '$.serviceSpecificCredentialId',
            event.request_parameters ->> '$.accessKeyId',
            event.response_elements ->> '$.groupId',
            event.request_parameters ->> '$.groupId',
            event.request_parameters ->> '$.keyName',
            event.request_parameters ->> '$.detectorId',
            event.request_parameters ->> '$.DeleteFlowLogsRequest.FlowLogId.content',
            event_resource(event.request_parameters, event.resources)
        ) as resource
    from cloudtrail_event as event
    where event.error_code is null
        and (event.read_only is false or starts_with(event.event_name, 'Copy'))
        and event.event_name not in (
            select member
            from named_set
            where name in ('INVOKE_RT', 'INVOKE_DATA')
        )
        and event.event_name not in ('ConsoleLogin', 'SendEmail', 'SendRawEmail', 'Invoke')
        and is_listed(event.recipient_account_id, $accounts::varchar)
        and is_listed(event.aws_region, $regions::varchar)
        and in_period(event.event_time, $case_from::timestamptz, $case_to::timestamptz)
),
own as (
    select change.*
    from change
    where exists (
            from flag
            where flag.value in (change.credential, change.principal)
                and (flag.since is null or change.event_time >= flag.since - interval 1 second)
        )
),
last_change as (
    select
        event_source,
        resource,
        arg_max(event_name, row(event_time, artifact_id, record_no)) as last_call,
        arg_max(principal, row(event_time, artifact_id, record_no)) as last_caller,
        max(event_time) as last_change,
        arg_max(
            coalesce(request_parameters ->> '$.status', ''),
            row(event_time, artifact_id, record_no)
        ) as last_status
    from change
    where resource in (select resource from own)
    group by
        event_source,
        resource
),
snapshot as (
    select
        resource,
        max(collected_at) as collected_at
    from api_snapshot
    where error_code is null
        and resource is not null
    group by resource
)
select
    short_source(own.event_source) as service,
    own.resource,
    distinct_values(own.event_name) as actions,
    distinct_values(own.principal) as principals,
    distinct_values(own.credential) as credentials,
    distinct_values(own.aws_region) as regions,
    min(own.event_time) as first_seen,
    max(own.event_time) as last_seen,
    count(*) as event_count,
    min(last_change.last_call) as last_call,
    min(last_change.last_caller) as last_caller,
    min(last_change.last_change) as last_change,
    case
        when own.resource is null then 'unknown'
        when regexp_matches(min(last_change.last_call), '^(Delete|Terminate|Deregister|Remove|Detach)') then 'removed'
        when min(last_change.last_status) = 'Inactive' then 'disabled'
        when regexp_matches(min(last_change.last_call), '^(Stop|Disable)') then 'stopped'
        else 'there at the end of the evidence'
    end as state,
    max(snapshot.collected_at) as seen_in_snapshot,
    first_records('cloudtrail_event', own.event_time, own.artifact_id, own.record_no) as records
from own
left join last_change
    on last_change.event_source = own.event_source
    and last_change.resource = own.resource
left join snapshot
    on snapshot.resource = own.resource
group by
    own.event_source,
    own.resource
order by
    first_seen,
    service,
    own.resource
