-- ---
-- id: acc-secret-bulk-read
-- version: 1.1.0
-- title: Secrets read in bulk
-- status: stable
-- severity: high
-- element: access
-- attack: [T1555.006]
-- atlas: [AML.T0055, AML.T0083]
-- description: >-
--   Finds credentials that read many different secrets, or many decrypted parameters, inside a sliding window, where a
--   refused read counts half, credentials that read secrets in several regions within it, and batches whose filters only
--   exclude, which counts as the threshold. Misses slow reading, batches whose filters name what they want, and
--   secrets that the reader's own runtime fetches under a service's name.
-- requires:
--   cloudtrail_event: needed
--   named_set: optional
-- parameters:
--   min_secrets: {type: double, default: 5, description: different secrets in a window; a refused one counts half}
--   min_parameters: {type: double, default: 10, description: different decrypted parameters in a window; a refused one counts half}
--   min_regions: {type: integer, default: 2, description: regions in which secrets were read in a window}
--   window: {type: interval, default: 30 minutes, description: length of the sliding window}
-- false_positives:
--   - Controllers that rotate or synchronise secrets.
-- references:
--   - https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_BatchGetSecretValue.html
-- changelog:
--   1.0.1: the same rows, in time that grows with the events and no faster
--   1.0.0: first version
--   1.1.0: a batch that is filtered by exclusions alone counts as reading everything
-- ---
with request as (
    select
        event_time,
        event_source,
        event_name,
        error_code,
        error_code is null as is_success,
        principal,
        credential,
        source_ip_address,
        user_agent,
        aws_region,
        recipient_account_id,
        case when event_source = 'ssm.amazonaws.com' then 'parameter' else 'secret' end as kind,
        -- A value that begins with ! excludes, and exclusions alone select every other secret.
        coalesce(
            list_bool_and(
                list_transform(
                    json_extract_string(request_parameters, '$.filters[*].values[*]'),
                    lambda each : starts_with(each, '!')
                )
            ),
            false
        ) as is_everything,
        case
            when is_everything then ['every secret']
            when event_name = 'GetParametersByPath'
            then [coalesce(request_parameters ->> '$.path', '/') || '*']
            else list_filter(
                [request_parameters ->> '$.secretId', request_parameters ->> '$.name']
                || coalesce(
                    try_cast(request_parameters -> '$.secretIdList' as varchar[]),
                    try_cast(request_parameters -> '$.names' as varchar[]),
                    []
                ),
                lambda name : name is not null
            )
        end as names,
        artifact_id,
        record_no
    from cloudtrail_event
    where event_time is not null
        and invoked_by is null
        and (
            event_source = 'secretsmanager.amazonaws.com'
            and event_name in ('GetSecretValue', 'BatchGetSecretValue')
            or event_source = 'ssm.amazonaws.com'
            and event_name in ('GetParameter', 'GetParameters', 'GetParametersByPath')
            and (request_parameters ->> '$.withDecryption') = 'true'
        )
        and (
            error_code is null
            or error_code in (select member from named_set where name = 'ERR_DENIED')
        )
),
name_read as (
    select
        * exclude (names),
        unnest(names) as name
    from request
),
-- Different values in a sliding window, without a self join: a read counts from its own time until the same value comes
-- again or the window has passed it, whichever is earlier.
spell as (
    select
        credential,
        kind,
        is_success,
        case when is_everything then $min_secrets::double else 1 end * case when is_success then 1 else 0.5 end
            as weight,
        event_time,
        least(
            lead(event_time) over (
                partition by credential, kind, is_success, name
                order by event_time, artifact_id, record_no
            ),
            event_time + $window::interval + interval 1 microsecond
        ) as name_end,
        case
            when kind = 'secret' and is_success
            then least(
                lead(event_time) over (
                    partition by credential, kind, is_success, aws_region
                    order by event_time, artifact_id, record_no
                ),
                event_time + $window::interval + interval 1 microsecond
            )
        end as region_end
    from name_read
),
change as (
    select
        credential,
        event_time as instant,
        true as is_event,
        case when kind = 'secret' then weight else 0 end as secret_change,
        case when kind = 'parameter' then weight else 0 end as parameter_change,
        case when region_end is not null then 1 else 0 end as region_change
    from spell
    union all
    select
        credential,
        name_end,
        false,
        case when kind = 'secret' then -weight else 0 end,
        case when kind = 'parameter' then -weight else 0 end,
        0
    from spell
    union all
    select credential, region_end, false, 0, 0, -1
    from spell
    where region_end is not null
),
level as (
    select
        credential,
        instant,
        is_event,
        sum(secret_change) over sweep as secret_count,
        sum(parameter_change) over sweep as parameter_count,
        sum(region_change) over sweep as region_count
    from change
    window sweep as (
        partition by credential
        order by instant
        range between unbounded preceding and current row
    )
),
hot as (
    select distinct
        credential,
        instant,
        secret_count,
        parameter_count,
        region_count
    from level
    where is_event
        and (
            secret_count >= $min_secrets::double
            or parameter_count >= $min_parameters::double
            or region_count >= $min_regions::bigint
        )
),
started as (
    select
        *,
        instant - lag(instant) over same_credential > $window::interval as starts_burst
    from hot
    window same_credential as (partition by credential order by instant)
),
numbered as (
    select
        *,
        count(case when starts_burst then 1 end) over (partition by credential order by instant) as burst
    from started
),
burst as (
    select
        credential,
        burst,
        min(instant) as reached,
        max(instant) as last_hot,
        max(secret_count)::double as secret_count,
        max(parameter_count)::double as parameter_count,
        max(region_count)::bigint as region_count
    from numbered
    group by
        credential,
        burst
),
finding as (
    select
        burst.credential,
        burst.burst,
        burst.reached,
        burst.secret_count,
        burst.parameter_count,
        burst.region_count,
        min(request.principal) as principal,
        min(request.event_time) as first_seen,
        max(request.event_time) as last_seen,
        count(*) as event_count,
        count(request.error_code) as error_count,
        list_sort(list_distinct(flatten(list(request.names order by request.event_time)))) as name,
        distinct_values(request.source_ip_address) as address,
        distinct_values(request.user_agent) as user_agent,
        distinct_values(request.aws_region) as region,
        min(request.recipient_account_id) as account_id,
        list(
            {
                'table': 'cloudtrail_event',
                'artifact_id': request.artifact_id,
                'record_no': request.record_no
            }
            order by request.event_time, request.artifact_id, request.record_no
        ) as records
    from burst
    join request
        on request.credential is not distinct from burst.credential
        and request.event_time between burst.reached - $window::interval and burst.last_hot
    group by
        burst.credential,
        burst.burst,
        burst.reached,
        burst.secret_count,
        burst.parameter_count,
        burst.region_count
)
select
    'credential' as entity_type,
    credential as entity,
    'high' as severity,
    first_seen,
    last_seen,
    event_count,
    short_name(principal) || ' made ' || counted(event_count, 'read') || ' of '
    || len(name) || ' secrets or parameters' || ' in ' || counted(len(region), 'region')
    || ', ' || error_count || ' refused; the threshold was reached at '
    || moment(reached) as summary,
    records,
    principal as actor,
    case when len(address) = 1 then address[1] end as source_ip,
    case when len(region) = 1 then region[1] end as region,
    account_id,
    {
        'reached': reached,
        'secrets': secret_count,
        'parameters': parameter_count,
        'region_count': region_count,
        'names': list_slice(name, 1, 100),
        'errors': error_count,
        'regions': region,
        'addresses': list_slice(address, 1, 50),
        'user_agents': list_slice(user_agent, 1, 10)
    } as metrics
from finding
order by
    first_seen,
    entity
