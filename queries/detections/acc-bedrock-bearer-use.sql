-- ---
-- id: acc-bedrock-bearer-use
-- version: 1.0.0
-- title: Bedrock API key used
-- status: stable
-- severity: high
-- element: access
-- attack: [T1550.001, T1496.004]
-- atlas: [AML.T0091.000, AML.T0040]
-- description: >-
--   Finds identities that call Bedrock with a bearer token instead of a signature, when the identity or one of its
--   addresses is new after the baseline or the case names none; one finding per identity with addresses, clients, models,
--   regions and errors. Critical when a token changed something. Misses tokens of identities that used the same addresses
--   before.
-- requires:
--   cloudtrail_event: needed
-- parameters:
--   case_from: {type: timestamptz, default: case, description: start of the period of interest}
--   base_from: {type: timestamptz, default: case, description: start of the baseline}
--   base_to: {type: timestamptz, default: case, description: end of the baseline; the start of the case when empty}
-- false_positives:
--   - Low-code tools that are meant to use an API key; allow them by identity.
-- references:
--   - https://docs.aws.amazon.com/bedrock/latest/userguide/api-keys.html
-- changelog:
--   1.0.0: first version
-- ---
with call as (
    select
        event_time,
        event_source,
        event_name,
        error_code,
        principal,
        source_ip_address,
        address_site(source_ip_address) as site,
        user_agent,
        aws_region,
        recipient_account_id,
        coalesce(
            base_model(request_parameters ->> '$.modelId'),
            request_parameters ->> '$.model'
        ) as model,
        request_parameters ->> '$.bearerTokenType' as token_type,
        error_code is null
        and regexp_matches(event_name, '^(Delete|Put|Update|Create)')
        and event_name <> 'CreateInference' as is_write,
        coalesce(
            event_time < coalesce($base_to::timestamptz, $case_from::timestamptz)
            and ($base_from::timestamptz is null or event_time >= $base_from::timestamptz),
            false
        ) as is_baseline,
        artifact_id,
        record_no
    from cloudtrail_event
    where starts_with(event_source, 'bedrock')
        and (
            (additional_event_data ->> '$.callWithBearerToken') = 'true'
            or (request_parameters ->> '$.callWithBearerToken') = 'true'
            or ends_with(credential, '#bearer')
        )
),
known_site as (
    select distinct
        principal,
        site
    from call
    where is_baseline
),
fresh as (
    select call.*
    from call
    anti join known_site
        on known_site.principal is not distinct from call.principal
        and known_site.site is not distinct from call.site
    where not call.is_baseline
),
of_interest as (
    select principal from fresh
    union
    select principal from call where is_write
),
finding as (
    select
        call.principal,
        min(call.event_time) as first_seen,
        max(call.event_time) as last_seen,
        count(*) as event_count,
        count(call.error_code) as error_count,
        count(*) filter (call.is_write) as write_count,
        count(*) filter (call.event_source = 'bedrock-mantle.amazonaws.com') as mantle_count,
        distinct_values(call.event_name) as event_name,
        distinct_values(call.model) as model,
        distinct_values(call.token_type) as token_type,
        distinct_values(call.source_ip_address) as address,
        distinct_values(call.user_agent) as user_agent,
        distinct_values(call.aws_region) as region,
        min(call.recipient_account_id) as account_id,
        arg_min(
            {
                'table': 'cloudtrail_event',
                'artifact_id': call.artifact_id,
                'record_no': call.record_no
            },
            row(call.event_time, call.artifact_id, call.record_no),
            200
        ) as records
    from call
    semi join of_interest
        on of_interest.principal is not distinct from call.principal
    where not call.is_baseline
        or call.is_write
    group by call.principal
),
counted_error as (
    select
        principal,
        coalesce(error_code, 'success') as outcome,
        aws_region,
        count(*) as event_count
    from call
    where not is_baseline
        or is_write
    group by all
),
outcome as (
    select
        principal,
        list(
            {'region': aws_region, 'outcome': outcome, 'events': event_count}
            order by aws_region, outcome
        ) as outcomes
    from counted_error
    group by principal
)
select
    'principal' as entity_type,
    finding.principal as entity,
    case when finding.write_count > 0 then 'critical' else 'high' end as severity,
    finding.first_seen,
    finding.last_seen,
    finding.event_count,
    short_name(finding.principal) || ' made ' || counted(finding.event_count, 'call')
    || ' with a bearer token from ' || named(finding.address) || ', '
    || counted(finding.error_count, 'error') || ', '
    || counted(len(finding.model), 'model') || ', ' || counted(len(finding.region), 'region')
    || case
        when finding.write_count > 0
        then '; ' || counted(finding.write_count, 'change') || ' made with it'
        else ''
    end as summary,
    finding.records,
    finding.principal as actor,
    case when len(finding.address) = 1 then finding.address[1] end as source_ip,
    case when len(finding.region) = 1 then finding.region[1] end as region,
    finding.account_id,
    {
        'addresses': list_slice(finding.address, 1, 100),
        'user_agents': list_slice(finding.user_agent, 1, 20),
        'models': finding.model,
        'regions': finding.region,
        'event_names': finding.event_name,
        'token_types': finding.token_type,
        'errors': finding.error_count,
        'writes': finding.write_count,
        'mantle_calls': finding.mantle_count,
        'outcomes': outcome.outcomes
    } as metrics,
    finding.event_count as record_total
from finding
join outcome
    on outcome.principal is not distinct from finding.principal
order by
    finding.first_seen,
    entity
