-- ---
-- id: seq-model-access-setup
-- version: 1.0.0
-- title: A model unlocked and used
-- status: stable
-- element: ai-changes
-- attack: [T1578.005, T1496.004]
-- atlas: [AML.T0040]
-- description: >-
--   Finds identities that ask whether a model is available or what its offers are, agree to an offer, entitle the
--   account to the model and invoke that model, within a day. Misses models that need no agreement, and steps that
--   different identities took.
-- requires:
--   cloudtrail_event: needed
--   named_set: needed
-- steps:
--   - {name: asks whether invocations are logged, optional: true}
--   - {name: asks for availability or offers}
--   - {name: states a use case, optional: true}
--   - {name: agrees to an offer}
--   - {name: entitles the account}
--   - {name: invokes the model}
-- scenarios: [unauthorized-model-access]
-- parameters:
--   max_span: {type: interval, default: 24 hours, description: longest time from the first to the last step}
-- changelog:
--   1.0.0: first version
-- ---
with call as materialized (
    select
        principal as entity,
        case
            when event_name = 'GetModelInvocationLoggingConfiguration' then 1
            when event_name in ('GetFoundationModelAvailability', 'ListFoundationModelAgreementOffers') then 2
            when event_name = 'PutUseCaseForModelAccess' then 3
            when event_name in ('CreateFoundationModelAgreement', 'AcceptAgreementRequest') then 4
            when event_name = 'PutFoundationModelEntitlement' then 5
            else 6
        end as step_no,
        base_model(invoked_model(request_parameters)) as model,
        event_time,
        call_summary(principal, event_name, error_code, source_ip_address) as summary,
        'cloudtrail_event' as "table",
        artifact_id,
        record_no
    from cloudtrail_event
    where (
            event_name in (
                'GetModelInvocationLoggingConfiguration',
                'GetFoundationModelAvailability',
                'ListFoundationModelAgreementOffers',
                'PutUseCaseForModelAccess',
                'CreateFoundationModelAgreement',
                'AcceptAgreementRequest',
                'PutFoundationModelEntitlement'
            )
            or event_name in (select member from named_set where name = 'INVOKE_RT')
        )
        and error_code is null
        and principal is not null
),
unlocked as (
    select distinct
        entity,
        model
    from call
    where step_no = 5
),
seen as (
    select call.* exclude (model)
    from call
    left join unlocked
        on unlocked.entity = call.entity
        and unlocked.model = call.model
    where call.step_no < 6
        or unlocked.entity is not null
)
select
    'principal' as entity_type,
    *
from sequence_records('seen', [2, 4, 5, 6], $max_span::interval)
order by
    started,
    entity,
    step_no,
    event_time,
    "table",
    artifact_id,
    record_no
