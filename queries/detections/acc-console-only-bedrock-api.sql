-- ---
-- id: acc-console-only-bedrock-api
-- version: 1.0.0
-- title: Console call of Bedrock model access made by a program
-- status: stable
-- severity: high
-- element: access
-- attack: [T1580, T1496.004]
-- atlas: [AML.T0075, AML.T0034]
-- description: >-
--   Finds calls about model access, which people make in the console, by long-term keys or bare HTTP clients, whatever the
--   outcome; one finding per credential. Critical when one of them unlocked something: a use case, an agreement or an
--   entitlement that succeeded. Misses SDK calls with temporary credentials, which are ordinary since 2025.
-- requires:
--   cloudtrail_event: needed
--   named_set: optional
-- parameters: {}
-- false_positives:
--   - Onboarding by infrastructure as code that still uses a long-term key.
-- references:
--   - https://permiso.io/blog/exploiting-hosted-models
-- changelog:
--   1.0.0: first version
-- ---
with hit as (
    select
        event_time,
        event_name,
        error_code,
        principal,
        credential,
        source_ip_address,
        user_agent,
        aws_region,
        recipient_account_id,
        base_model(request_parameters ->> '$.modelId') as model,
        error_code is null
        and event_name in (
            'PutUseCaseForModelAccess',
            'CreateFoundationModelAgreement',
            'PutFoundationModelEntitlement'
        ) as is_unlocking,
        artifact_id,
        record_no
    from cloudtrail_event
    where event_source = 'bedrock.amazonaws.com'
        and event_name in (select member from named_set where name = 'CONSOLE_ONLY_BEDROCK')
        and session_credential_from_console is not true
        and (
            starts_with(access_key_id, 'AKIA')
            or regexp_matches(trim(user_agent, '[]'), rx_ua_raw_http())
        )
),
finding as (
    select
        principal,
        credential,
        min(event_time) as first_seen,
        max(event_time) as last_seen,
        count(*) as event_count,
        count(error_code) as error_count,
        count(*) filter (is_unlocking) as unlocking_count,
        distinct_values(event_name) as event_name,
        distinct_values(model) as model,
        distinct_values(user_agent) as user_agent,
        distinct_values(source_ip_address) as address,
        distinct_values(aws_region) as region,
        min(recipient_account_id) as account_id,
        list(
            {'table': 'cloudtrail_event', 'artifact_id': artifact_id, 'record_no': record_no}
            order by event_time, artifact_id, record_no
        ) as records
    from hit
    group by
        principal,
        credential
)
select
    'credential' as entity_type,
    credential as entity,
    case when unlocking_count > 0 then 'critical' else 'high' end as severity,
    first_seen,
    last_seen,
    event_count,
    short_name(principal) || ' made ' || counted(event_count, 'call')
    || ' out of those that belong to the console: ' || named(event_name)
    || case
        when unlocking_count > 0 then '; ' || unlocking_count || ' of them unlocked model access'
        else ''
    end as summary,
    records,
    principal as actor,
    case when len(address) = 1 then address[1] end as source_ip,
    case when len(region) = 1 then region[1] end as region,
    account_id,
    {
        'event_names': event_name,
        'models': model,
        'regions': region,
        'addresses': list_slice(address, 1, 50),
        'user_agents': list_slice(user_agent, 1, 20),
        'errors': error_count,
        'unlocking': unlocking_count
    } as metrics
from finding
order by
    first_seen,
    entity
