-- ---
-- id: inv-log-gap
-- version: 1.0.0
-- title: Invocations in CloudTrail without an invocation log
-- status: stable
-- severity: high
-- element: invocation
-- attack: [T1562.008]
-- atlas: []
-- description: >-
--   Finds successful invocations that CloudTrail knows and the invocation log does not, per region and identity: all of
--   them where logging was switched off or never seen (their prompts cannot be recovered), and where logging was on when
--   their share is above a rate or when the configuration had been changed before. Also finds logged invocations that
--   CloudTrail lacks. The state of a region follows the Put and Delete calls of its configuration; before the first one
--   snapshots of it and log records say. Misses surfaces that no invocation log covers, such as bedrock-mantle and agents.
-- requires:
--   cloudtrail_event: needed
--   bedrock_invocation: needed
--   api_snapshot: optional
--   named_set: optional
-- parameters:
--   max_gap_rate: {type: double, default: 0.02, description: share of calls without log record that delivery may explain}
--   delivery_delay: {type: interval, default: 15 minutes, description: time before the end of CloudTrail in which log records may be on their way}
-- false_positives:
--   - Log objects that were not copied, or that were delivered after the copy.
-- references:
--   - https://docs.aws.amazon.com/bedrock/latest/userguide/model-invocation-logging.html
-- changelog:
--   1.0.0: first version
-- ---
with change as (
    select
        recipient_account_id as account_id,
        aws_region as region,
        event_time as changed_at,
        starts_with(event_name, 'Put')
        and coalesce(request_parameters ->> '$.loggingConfig.textDataDeliveryEnabled', 'true') <> 'false'
        as is_on
    from cloudtrail_event
    where event_name in (
            'PutModelInvocationLoggingConfiguration',
            'DeleteModelInvocationLoggingConfiguration'
        )
        and event_source = 'bedrock.amazonaws.com'
        and error_code is null
),
first_change as (
    select
        account_id,
        region,
        min(changed_at) as changed_at,
        arg_min(is_on, changed_at) as is_on
    from change
    group by
        account_id,
        region
),
-- What snapshots saw before the first change, or at any time when there was none.
seen as (
    select
        snapshot.region,
        arg_min(
            ("json" -> '$.loggingConfig') is not null
            and coalesce("json" ->> '$.loggingConfig.textDataDeliveryEnabled', 'true') <> 'false',
            snapshot.collected_at
        ) as is_on
    from api_snapshot as snapshot
    left join (
        select
            region,
            min(changed_at) as changed_at
        from first_change
        group by region
    ) as first_change
        on first_change.region = snapshot.region
    where snapshot.service = 'bedrock'
        and snapshot.operation = 'get-model-invocation-logging-configuration'
        and snapshot.error_code is null
        and snapshot.region is not null
        and (first_change.changed_at is null or snapshot.collected_at < first_change.changed_at)
    group by snapshot.region
),
logged_region as (
    select
        account_id,
        region,
        min(event_time) as first_record
    from bedrock_invocation
    group by
        account_id,
        region
),
record as (
    select distinct request_id
    from bedrock_invocation
    where request_id is not null
),
evidence_end as (
    select max(event_time) - $delivery_delay::interval as settled
    from cloudtrail_event
),
call as (
    select
        call.event_time,
        call.request_id,
        call.principal,
        call.credential,
        call.recipient_account_id as account_id,
        call.aws_region as region,
        case when record.request_id is null then invoked_model(call.request_parameters) end as model_id,
        call.source_ip_address,
        call.artifact_id,
        call.record_no,
        record.request_id is not null as is_logged
    from cloudtrail_event as call
    left join record
        on record.request_id = call.request_id
    where call.event_source = 'bedrock.amazonaws.com'
        and call.event_name in (select member from named_set where name = 'INVOKE_RT')
        and call.error_code is null
        and call.event_time is not null
),
-- Only regions with a change need to look for the one before a call.
timed as (
    select
        call.*,
        null::timestamptz as changed_at,
        null::boolean as is_on,
        null::boolean as was_on,
        null::timestamptz as first_changed_at
    from call
    anti join first_change
        on first_change.account_id = call.account_id
        and first_change.region = call.region
    union all
    select
        call.*,
        change.changed_at,
        change.is_on,
        not first_change.is_on as was_on,
        first_change.changed_at as first_changed_at
    from call
    join first_change
        on first_change.account_id = call.account_id
        and first_change.region = call.region
    asof left join change
        on change.account_id = call.account_id
        and change.region = call.region
        and call.event_time >= change.changed_at
),
stated as (
    select
        timed.*,
        case
            when timed.changed_at is not null then case when timed.is_on then 'on' else 'off' end
            -- What was switched off first had been on.
            when timed.was_on then 'on'
            when seen.is_on then 'on'
            when not seen.is_on then 'off'
            when logged_region.first_record <= coalesce(timed.first_changed_at, logged_region.first_record)
            then 'on'
            else 'unknown'
        end as state
    from timed
    left join seen
        on seen.region = timed.region
    left join logged_region
        on logged_region.account_id = timed.account_id
        and logged_region.region = timed.region
),
gap as (
    select
        'missing' as kind,
        account_id,
        region,
        principal,
        state,
        min(event_time) filter (not is_logged) as first_seen,
        max(event_time) filter (not is_logged) as last_seen,
        count(*) filter (not is_logged) as missing,
        count(*) as calls,
        max(changed_at) filter (not is_logged) as changed_at,
        distinct_values(case when not is_logged then base_model(model_id) end) as model,
        distinct_values(case when not is_logged then source_ip_address end) as address,
        distinct_values(case when not is_logged then credential end) as credential,
        arg_min(
            {'table': 'cloudtrail_event', 'artifact_id': artifact_id, 'record_no': record_no},
            row(event_time, artifact_id, record_no),
            200
        ) filter (not is_logged) as records
    from stated
    cross join evidence_end
    where is_logged
        or state <> 'on'
        or event_time <= evidence_end.settled
    group by
        account_id,
        region,
        principal,
        state
    having missing > 0
        and (
            state <> 'on'
            or missing > $max_gap_rate::double * calls
            or bool_or(changed_at is not null and not is_logged)
        )
),
trail as (
    select
        recipient_account_id as account_id,
        aws_region as region,
        min(event_time) as first_event,
        max(event_time) as last_event
    from cloudtrail_event
    group by
        recipient_account_id,
        aws_region
),
reverse as (
    select
        'not_in_trail' as kind,
        invocation.account_id,
        invocation.region,
        invocation.principal,
        'on' as state,
        min(invocation.event_time) filter (event.request_id is null) as first_seen,
        max(invocation.event_time) filter (event.request_id is null) as last_seen,
        count(*) filter (event.request_id is null) as missing,
        count(*) as calls,
        null::timestamptz as changed_at,
        distinct_values(case when event.request_id is null then invocation.base_model end) as model,
        []::varchar[] as address,
        []::varchar[] as credential,
        arg_min(
            {
                'table': 'bedrock_invocation',
                'artifact_id': invocation.artifact_id,
                'record_no': invocation.record_no
            },
            row(invocation.event_time, invocation.artifact_id, invocation.record_no),
            200
        ) filter (event.request_id is null) as records
    from bedrock_invocation as invocation
    join trail
        on trail.account_id = invocation.account_id
        and trail.region = invocation.region
        and invocation.event_time between trail.first_event and trail.last_event
    left join (
        select distinct request_id
        from cloudtrail_event
        where event_source in (select member from named_set where name = 'BEDROCK_SOURCES')
            and request_id is not null
    ) as event
        on event.request_id = invocation.request_id
    group by
        invocation.account_id,
        invocation.region,
        invocation.principal
    having missing > $max_gap_rate::double * calls
),
finding as (
    select *
    from gap
    union all
    select *
    from reverse
)
select
    'principal/region' as entity_type,
    coalesce(principal, 'unknown') || ' ' || coalesce(region, 'unknown') as entity,
    case when kind = 'not_in_trail' or state = 'unknown' then 'medium' else 'high' end as severity,
    first_seen,
    last_seen,
    missing as event_count,
    case
        when kind = 'not_in_trail'
        then counted(missing, 'logged invocation') || ' of ' || short_name(principal) || ' in '
            || coalesce(region, 'an unknown region') || ' are not in CloudTrail'
        else counted(missing, 'successful invocation') || ' of ' || short_name(principal) || ' in '
            || coalesce(region, 'an unknown region') || ' left no log record'
    end
    || ' (' || moment(first_seen) || ' to ' || moment(last_seen) || ')'
    || case
        when kind = 'not_in_trail' then ''
        when state = 'off'
        then '; logging was off' || coalesce(' since ' || moment(changed_at), '')
            || ', the prompts cannot be recovered'
        when state = 'unknown' then '; no record says that logging was on in the region'
        else '; logging was on, ' || format('{:.1f}', 100.0 * missing / calls) || ' % of the calls are missing'
    end as summary,
    records,
    principal as actor,
    case when len(address) = 1 then address[1] end as source_ip,
    region,
    account_id,
    {
        'kind': kind,
        'logging': state,
        'unrecoverable': case when kind = 'missing' and state <> 'on' then missing else 0 end,
        'missing_where_on': case when kind = 'missing' and state = 'on' then missing else 0 end,
        'not_in_trail': case when kind = 'not_in_trail' then missing else 0 end,
        'calls': calls,
        'gap_rate': round(missing / calls, 4),
        'changed_at': changed_at,
        'models': list_slice(model, 1, 20),
        'credentials': list_slice(credential, 1, 20),
        'addresses': list_slice(address, 1, 20)
    } as metrics,
    missing as record_total
from finding
order by
    first_seen,
    entity,
    kind
