-- ---
-- id: acc-getcalleridentity-recon
-- version: 1.0.0
-- title: First act of a key is to ask who it is
-- status: stable
-- severity: medium
-- element: access
-- attack: [T1087.004, T1526]
-- atlas: [AML.T0075]
-- description: >-
--   Finds users, and sessions of instances outside AWS, that call GetCallerIdentity in the case and never did so in the
--   baseline. High when several different reads of the account, or one read of Bedrock, follow by the same credential
--   within half an hour. Misses role sessions other than those of instances, and identities that always ask.
-- requires:
--   cloudtrail_event: needed
--   named_set: optional
-- preconditions:
--   - query: >-
--       select coalesce(min(event_time) <= coalesce($base_to::timestamptz, $case_from::timestamptz)
--       - interval 7 days, false) from cloudtrail_event
--     otherwise: not_evaluable
--     reason: baseline_short, CloudTrail holds less than seven days before the case
-- parameters:
--   follow_up: {type: interval, default: 30 minutes, description: time after the call in which reads raise the severity}
--   min_reads: {type: integer, default: 5, description: different reads that raise the severity}
--   case_from: {type: timestamptz, default: case, description: start of the period of interest}
--   case_to: {type: timestamptz, default: case, description: end of the period of interest}
--   base_from: {type: timestamptz, default: case, description: start of the baseline}
--   base_to: {type: timestamptz, default: case, description: end of the baseline; the start of the case when empty}
-- false_positives:
--   - Terraform, kubectl and SDK start-up code that runs for the first time.
-- references:
--   - https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html
-- changelog:
--   1.0.0: first version
-- ---
with ask as (
    select
        event_time,
        principal,
        credential,
        source_ip_address,
        user_agent,
        aws_region,
        recipient_account_id,
        artifact_id,
        record_no,
        event_time < coalesce($base_to::timestamptz, $case_from::timestamptz)
        and ($base_from::timestamptz is null or event_time >= $base_from::timestamptz)
        as is_baseline,
        event_time >= coalesce($base_to::timestamptz, $case_from::timestamptz)
        and ($case_to::timestamptz is null or event_time < $case_to::timestamptz) as is_case,
        identity_type = 'IAMUser'
        or identity_type = 'AssumedRole'
        and regexp_matches(session_name, '^i-')
        and not is_aws_service_address(source_ip_address) as is_of_interest
    from cloudtrail_event
    where event_source = 'sts.amazonaws.com'
        and event_name = 'GetCallerIdentity'
),
finding as (
    select
        principal,
        credential,
        min(event_time) as first_seen,
        max(event_time) as last_seen,
        count(*) as event_count,
        distinct_values(source_ip_address) as address,
        distinct_values(user_agent) as user_agent,
        distinct_values(aws_region) as region,
        min(recipient_account_id) as account_id,
        list(
            {'table': 'cloudtrail_event', 'artifact_id': artifact_id, 'record_no': record_no}
            order by event_time, artifact_id, record_no
        ) as records
    from ask
    where is_case
        and is_of_interest
        and principal not in (
            select principal from ask where is_baseline and principal is not null
        )
    group by
        principal,
        credential
),
follow_up as (
    select
        finding.principal,
        finding.credential,
        count(*) as call_count,
        count(distinct event.event_name) as name_count,
        count(*) filter (
            event.event_name in (select member from named_set where name = 'BEDROCK_RECON')
        ) as bedrock_count,
        min(event.event_time) as first_read,
        distinct_values(event.event_name) as event_name
    from finding
    join cloudtrail_event as event
        on event.credential = finding.credential
        and event.principal is not distinct from finding.principal
        and event.event_time between finding.first_seen and finding.first_seen + $follow_up::interval
    where regexp_matches(event.event_name, '^(List|Get|Describe)')
        and event.event_name <> 'GetCallerIdentity'
    group by
        finding.principal,
        finding.credential
),
judged as (
    select
        finding.*,
        coalesce(follow_up.call_count, 0) as call_count,
        coalesce(follow_up.name_count, 0) as name_count,
        coalesce(follow_up.bedrock_count, 0) as bedrock_count,
        follow_up.first_read,
        coalesce(follow_up.event_name, []) as event_name,
        coalesce(
            follow_up.name_count >= $min_reads::bigint or follow_up.bedrock_count > 0,
            false
        ) as is_escalated
    from finding
    left join follow_up
        on follow_up.credential = finding.credential
        and follow_up.principal is not distinct from finding.principal
)
select
    'principal' as entity_type,
    principal as entity,
    case when is_escalated then 'high' else 'medium' end as severity,
    first_seen,
    last_seen,
    event_count,
    short_name(principal) || ' asked who it is for the first time at ' || moment(first_seen)
    || ' from ' || named(address) || '; '
    || counted(call_count, 'read') || ' of ' || counted(name_count, 'kind')
    || ' followed within the time' as summary,
    records,
    principal as actor,
    case when len(address) = 1 then address[1] end as source_ip,
    case when len(region) = 1 then region[1] end as region,
    account_id,
    {
        'credential': credential,
        'escalated': is_escalated,
        'reads': call_count,
        'read_names': name_count,
        'bedrock_reads': bedrock_count,
        'first_read': first_read,
        'event_names': list_slice(event_name, 1, 60),
        'addresses': address,
        'user_agents': user_agent
    } as metrics
from judged
order by
    first_seen,
    entity,
    credential
