-- ---
-- id: aic-model-access-chain
-- version: 1.0.1
-- title: Model access enabled step by step
-- status: stable
-- severity: high
-- element: ai-changes
-- attack: [T1098, T1496.004]
-- atlas: [AML.T0034, AML.T0048.000, AML.T0040]
-- description: >-
--   Finds identities that unlock models for the account: a use case, an agreement or an entitlement that succeeds is medium;
--   two different steps in their order and then a successful invocation of the same model within a day are high, and
--   critical when a long-term key or a bare HTTP client did it, because these calls belong to the console. One finding per
--   identity and chain, without gaps of more than a day. Misses steps by one identity and invocations by another.
-- requires:
--   cloudtrail_event: needed
--   named_set: optional
-- parameters:
--   maxspan: {type: interval, default: 24 hours, description: longest time between steps and to the invocation}
-- false_positives:
--   - Sanctioned onboarding of a model; the use case of a provider is given once per account.
--   - Onboarding by infrastructure as code; several of these calls are in the SDKs since 2025.
-- references:
--   - https://docs.aws.amazon.com/bedrock/latest/userguide/model-access.html
-- changelog:
--   1.0.1: the same rows, in time that grows with the events and no faster
--   1.0.0: first version
-- ---
with step as (
    select
        event_time,
        event_name,
        case event_name
            when 'GetFoundationModelAvailability' then 1
            when 'ListFoundationModelAgreementOffers' then 1
            when 'PutUseCaseForModelAccess' then 2
            when 'CreateFoundationModelAgreement' then 3
            when 'AcceptAgreementRequest' then 3
            when 'PutFoundationModelEntitlement' then 4
        end as stage,
        base_model(request_parameters ->> '$.modelId') as model,
        error_code is null as is_success,
        principal,
        credential,
        source_ip_address,
        user_agent,
        aws_region,
        recipient_account_id,
        (
            starts_with(access_key_id, 'AKIA')
            or regexp_matches(trim(user_agent, '[]'), rx_ua_raw_http())
        )
        and session_credential_from_console is not true as is_programmatic,
        artifact_id,
        record_no
    from cloudtrail_event
    where event_name in (
            'GetFoundationModelAvailability',
            'ListFoundationModelAgreementOffers',
            'PutUseCaseForModelAccess',
            'CreateFoundationModelAgreement',
            'PutFoundationModelEntitlement',
            'AcceptAgreementRequest'
        )
        and event_time is not null
),
started as (
    select
        *,
        event_time - lag(event_time) over same_identity > $maxspan::interval as starts_chain
    from step
    window same_identity as (
        partition by recipient_account_id, principal
        order by event_time, artifact_id, record_no
    )
),
numbered as (
    select
        *,
        count(case when starts_chain then 1 end) over (
            partition by recipient_account_id, principal
            order by event_time, artifact_id, record_no
        ) as chain
    from started
),
-- Two different steps in their order; an enabling one must be the later of them and must have succeeded.
ordered as (
    select
        *,
        min(stage) over (
            partition by recipient_account_id, principal, chain
            order by event_time
            range between unbounded preceding and interval 1 second following
        ) < stage
        and stage >= 2
        and is_success as completes_order
    from numbered
),
invocation as (
    select
        event_time,
        principal,
        recipient_account_id,
        aws_region,
        source_ip_address,
        base_model(request_parameters ->> '$.modelId') as model,
        artifact_id,
        record_no
    from cloudtrail_event
    where event_source = 'bedrock.amazonaws.com'
        and event_name in (select member from named_set where name = 'INVOKE_RT')
        and error_code is null
        and principal in (select principal from step where stage >= 2 and is_success)
),
chain as (
    select
        recipient_account_id,
        principal,
        chain,
        min(event_time) filter (completes_order) as ordered_at,
        max(event_time) as last_step,
        -- What was unlocked; a use case names no model, then what was asked about stands for it.
        case
            when count(model) filter (stage >= 3 and is_success) > 0
            then distinct_values(case when stage >= 3 and is_success then model end)
            else distinct_values(model)
        end as model,
        coalesce(bool_or(is_programmatic), false) as is_programmatic,
        count(distinct stage) as stage_count
    from ordered
    group by
        recipient_account_id,
        principal,
        chain
    having bool_or(stage >= 2 and is_success)
),
-- The first invocation of each model and region stands for all that follow.
first_invocation as (
    select
        chain.recipient_account_id,
        chain.principal,
        chain.chain,
        invocation.model,
        invocation.aws_region,
        min(invocation.event_time) as event_time,
        arg_min(
            {
                'source_ip_address': invocation.source_ip_address,
                'artifact_id': invocation.artifact_id,
                'record_no': invocation.record_no
            },
            row(invocation.event_time, invocation.artifact_id, invocation.record_no)
        ) as record
    from chain
    join invocation
        on invocation.principal = chain.principal
        and invocation.recipient_account_id is not distinct from chain.recipient_account_id
        and list_contains(chain.model, invocation.model)
        and invocation.event_time >= chain.ordered_at - interval 1 second
        and invocation.event_time <= chain.last_step + $maxspan::interval
    group by
        chain.recipient_account_id,
        chain.principal,
        chain.chain,
        invocation.model,
        invocation.aws_region
),
evidence as (
    select
        recipient_account_id,
        principal,
        chain,
        event_time,
        event_name,
        stage,
        model,
        aws_region,
        source_ip_address,
        credential,
        is_success,
        artifact_id,
        record_no
    from ordered
    union all by name
    select
        * exclude (record),
        record.source_ip_address,
        record.artifact_id,
        record.record_no,
        'invocation' as event_name,
        5 as stage,
        true as is_success
    from first_invocation
),
finding as (
    select
        chain.recipient_account_id,
        chain.principal,
        chain.chain,
        chain.is_programmatic,
        chain.stage_count,
        min(evidence.event_time) as first_seen,
        max(evidence.event_time) as last_seen,
        count(*) as event_count,
        min(evidence.event_time) filter (evidence.stage = 5) as invoked,
        count(*) filter (evidence.stage < 5 and not evidence.is_success) as failed_count,
        distinct_values(case when evidence.stage < 5 then evidence.event_name end) as step,
        distinct_values(case when evidence.stage >= 3 then evidence.model end) as enabled_model,
        distinct_values(case when evidence.stage = 5 then evidence.model end) as invoked_model,
        distinct_values(evidence.model) as model,
        distinct_values(evidence.aws_region) as region,
        distinct_values(evidence.source_ip_address) as address,
        distinct_values(evidence.credential) as credential,
        list(
            {
                'table': 'cloudtrail_event',
                'artifact_id': evidence.artifact_id,
                'record_no': evidence.record_no
            }
            order by evidence.event_time, evidence.artifact_id, evidence.record_no
        ) as records
    from chain
    join evidence
        on evidence.principal is not distinct from chain.principal
        and evidence.recipient_account_id is not distinct from chain.recipient_account_id
        and evidence.chain = chain.chain
    group by
        chain.recipient_account_id,
        chain.principal,
        chain.chain,
        chain.is_programmatic,
        chain.stage_count
)
select
    'principal' as entity_type,
    principal as entity,
    case
        when invoked is not null and is_programmatic then 'critical'
        when invoked is not null then 'high'
        else 'medium'
    end as severity,
    first_seen,
    last_seen,
    event_count,
    short_name(principal) || ' unlocked '
    || case
        when len(enabled_model) > 0 then named(enabled_model)
        else 'model access'
    end
    || ' in ' || named(region) || ' with ' || named(step)
    || ' between ' || moment(first_seen) || ' and ' || moment(last_seen)
    || case
        when invoked is not null
        then '; first invocation of ' || named(invoked_model) || ' at ' || moment(invoked)
        else '; no invocation of it within the time'
    end as summary,
    records,
    principal as actor,
    case when len(address) = 1 then address[1] end as source_ip,
    case when len(region) = 1 then region[1] end as region,
    recipient_account_id as account_id,
    case when len(enabled_model) = 1 then enabled_model[1] end as resource,
    {
        'stages': stage_count,
        'steps': step,
        'failed_steps': failed_count,
        'enabled_models': enabled_model,
        'invoked_models': invoked_model,
        'models': model,
        'regions': region,
        'addresses': address,
        'credentials': credential,
        'programmatic': is_programmatic,
        'invoked': invoked
    } as metrics
from finding
order by
    first_seen,
    entity,
    last_seen
