-- ---
-- id: acc-akia-on-ai-services
-- version: 1.0.0
-- title: Long-term access key used on AI services
-- status: stable
-- severity: medium
-- element: access
-- attack: [T1078.004, T1526, T1496.004]
-- atlas: [AML.T0012, AML.T0040]
-- description: >-
--   Finds long-term access keys of users on AI services, one finding per user and key. High when the key asked which models
--   there are and then invoked one. Users that reference/principal.csv lists as expected_ai_longterm are left out. Misses
--   bearer tokens of Bedrock, which carry no access key, and temporary keys made from a long-term one.
-- requires:
--   cloudtrail_event: needed
--   named_set: optional
--   ref_principal: helpful
-- parameters:
--   list_then_invoke: {type: interval, default: 15 minutes, description: longest time from listing models to an invocation}
-- false_positives:
--   - Applications outside AWS that still sign with a key; move them to roles, and list them until then.
-- references:
--   - https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_access-keys.html
-- changelog:
--   1.0.0: first version
-- ---
with use as (
    select
        event_time,
        event_source,
        event_name,
        error_code,
        aws_region,
        principal,
        credential,
        source_ip_address,
        user_agent,
        recipient_account_id,
        base_model(request_parameters ->> '$.modelId') as model,
        event_name in ('ListFoundationModels', 'GetFoundationModelAvailability') as is_listing,
        error_code is null
        and event_name in (select member from named_set where name = 'INVOKE_RT') as is_invocation,
        artifact_id,
        record_no
    from cloudtrail_event as event
    where starts_with(access_key_id, 'AKIA')
        and (
            event_source in (select member from named_set where name = 'AI_SOURCES')
            or starts_with(event_source, 'bedrock')
            or starts_with(event_source, 'sagemaker')
        )
        and not exists (
            select 1
            from ref_principal as known
            where known.class = 'expected_ai_longterm'
                and principal_matches(known.principal, event.principal)
        )
),
linked as (
    select
        *,
        -- Events of one second have no order; a listing may be logged one second late.
        min(case when is_listing then event_time end) over (
            partition by principal, credential
            order by event_time
            range between $list_then_invoke::interval preceding and interval 1 second following
        ) as listed
    from use
),
finding as (
    select
        principal,
        credential,
        min(event_time) as first_seen,
        max(event_time) as last_seen,
        count(*) as event_count,
        count(error_code) as error_count,
        count(*) filter (is_invocation) as invocation_count,
        min(event_time) filter (is_invocation and listed is not null) as invoked,
        arg_min(listed, event_time) filter (is_invocation and listed is not null) as listed,
        distinct_values(short_source(event_source)) as service,
        distinct_values(event_name) as event_name,
        distinct_values(model) as model,
        distinct_values(aws_region) as region,
        distinct_values(source_ip_address) as address,
        distinct_values(user_agent) as user_agent,
        min(recipient_account_id) as account_id,
        arg_min(
            {'table': 'cloudtrail_event', 'artifact_id': artifact_id, 'record_no': record_no},
            row(event_time, artifact_id, record_no),
            200
        ) as records
    from linked
    group by
        principal,
        credential
)
select
    'credential' as entity_type,
    credential as entity,
    case when invoked is not null then 'high' else 'medium' end as severity,
    first_seen,
    last_seen,
    event_count,
    short_name(principal) || ' used long-term key ' || credential || ' for '
    || counted(event_count, 'call') || ' of ' || named(service)
    || ' in ' || counted(len(region), 'region')
    || case
        when invoked is not null
        then '; it listed models at ' || moment(listed) || ' and invoked one at ' || moment(invoked)
        else ''
    end as summary,
    records,
    principal as actor,
    case when len(address) = 1 then address[1] end as source_ip,
    case when len(region) = 1 then region[1] end as region,
    account_id,
    {
        'services': service,
        'event_names': event_name,
        'models': model,
        'regions': region,
        'addresses': list_slice(address, 1, 50),
        'user_agents': list_slice(user_agent, 1, 20),
        'errors': error_count,
        'invocations': invocation_count,
        'listed': listed,
        'invoked': invoked
    } as metrics,
    event_count as record_total
from finding
order by
    first_seen,
    entity
