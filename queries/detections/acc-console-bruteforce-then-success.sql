-- ---
-- id: acc-console-bruteforce-then-success
-- version: 1.0.0
-- title: Failed console sign-ins, then one that worked
-- status: stable
-- severity: high
-- element: access
-- attack: [T1110.001, T1621]
-- atlas: [AML.T0012]
-- description: >-
--   Finds several failed console sign-ins of one user, or from one address, within half an hour, and a success of the same
--   user or from the same address within an hour after them. A user name that CloudTrail hides counts by its address. The
--   region of a sign-in is left out of account, because it varies. Misses guessing that is slow or spread over addresses and
--   users at once.
-- requires:
--   cloudtrail_event: needed
-- parameters:
--   min_failures: {type: integer, default: 5, description: failed sign-ins in a window}
--   window: {type: interval, default: 30 minutes, description: length of the sliding window}
--   success_within: {type: interval, default: 60 minutes, description: time from the last failure to the success}
-- false_positives:
--   - A forgotten password.
-- references:
--   - https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-aws-console-sign-in-events.html
-- changelog:
--   1.0.0: first version
-- ---
with login as (
    select
        event_time,
        nullif(
            coalesce(user_name, user_identity ->> '$.userName', short_name(principal)),
            'HIDDEN_DUE_TO_SECURITY_REASONS'
        ) as person,
        source_ip_address as address,
        coalesce((response_elements ->> '$.ConsoleLogin') = 'Success', false) as is_success,
        coalesce(
            (response_elements ->> '$.ConsoleLogin') = 'Failure'
            or error_message = 'Failed authentication',
            false
        ) as is_failure,
        principal,
        user_agent,
        aws_region,
        recipient_account_id,
        artifact_id,
        record_no
    from cloudtrail_event
    where event_name = 'ConsoleLogin'
        and event_time is not null
),
-- One attempt stands in two groups: that of its user and that of its address.
grouped as (
    select
        'user' as kind,
        person as entity,
        login.*
    from login
    where person is not null
        and person <> 'an unknown identity'
    union all
    select
        'address',
        address,
        login.*
    from login
    where address is not null
),
dense as (
    select
        *,
        count(*) over (
            partition by kind, entity
            order by event_time
            range between $window::interval preceding and current row
        ) as failure_count
    from grouped
    where is_failure
),
reached as (
    select *
    from dense
    where failure_count >= $min_failures::bigint
),
broken as (
    select
        success.kind,
        success.entity,
        success.event_time,
        success.person,
        success.address,
        success.principal,
        success.user_agent,
        success.aws_region,
        success.recipient_account_id,
        success.artifact_id,
        success.record_no,
        max(reached.event_time) as last_failure
    from grouped as success
    join reached
        on reached.kind = success.kind
        and reached.entity = success.entity
        and success.event_time between reached.event_time
        and reached.event_time + $success_within::interval
    where success.is_success
    group by all
),
-- The first success of a group; when user and address tell the same story, the user tells it.
first_success as (
    select *
    from broken
    qualify row_number() over (
        partition by artifact_id, record_no
        order by kind desc
    ) = 1
),
evidence as (
    select
        first_success.artifact_id,
        first_success.record_no,
        count(*) as failure_count,
        min(dense.event_time) as first_failure,
        distinct_values(dense.address) as addresses,
        distinct_values(dense.person) as people,
        list(
            {
                'table': 'cloudtrail_event',
                'artifact_id': dense.artifact_id,
                'record_no': dense.record_no
            }
            order by dense.event_time, dense.artifact_id, dense.record_no
        ) as records
    from first_success
    join dense
        on dense.kind = first_success.kind
        and dense.entity = first_success.entity
        and dense.event_time between first_success.last_failure - $window::interval
        and first_success.event_time
    group by
        first_success.artifact_id,
        first_success.record_no
)
select
    case when first_success.kind = 'user' then 'user' else 'address' end as entity_type,
    first_success.entity as entity,
    'high' as severity,
    evidence.first_failure as first_seen,
    first_success.event_time as last_seen,
    evidence.failure_count + 1 as event_count,
    coalesce(first_success.person, 'somebody') || ' signed in at '
    || moment(first_success.event_time) || ' from '
    || coalesce(first_success.address, 'an unknown address') || ' after '
    || counted(evidence.failure_count, 'failed attempt') || ' from '
    || named(evidence.addresses) as summary,
    evidence.records
    || [
        {
            'table': 'cloudtrail_event',
            'artifact_id': first_success.artifact_id,
            'record_no': first_success.record_no
        }
    ] as records,
    first_success.principal as actor,
    first_success.address as source_ip,
    first_success.aws_region as region,
    first_success.recipient_account_id as account_id,
    {
        'failures': evidence.failure_count,
        'last_failure': first_success.last_failure,
        'users': evidence.people,
        'addresses': evidence.addresses,
        'user_agent': first_success.user_agent
    } as metrics
from first_success
join evidence
    on evidence.artifact_id = first_success.artifact_id
    and evidence.record_no = first_success.record_no
order by
    first_seen,
    entity,
    last_seen
