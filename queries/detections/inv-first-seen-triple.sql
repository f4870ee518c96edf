-- ---
-- id: inv-first-seen-triple
-- version: 1.0.0
-- title: Invocation by a new identity, of a new model or in a new region
-- status: stable
-- severity: high
-- element: invocation
-- attack: [T1496.004, T1535]
-- atlas: [AML.T0040, AML.T0034]
-- description: >-
--   Finds combinations of identity, base model and region that invoked a model with success after the baseline, when
--   the baseline knows no invocation by the identity, of the model or in the region: one of these is medium, two or more
--   are high. Where there is no CloudTrail, the invocation log stands in. Misses an attacker who uses the identity, model
--   and region of the application.
-- requires:
--   cloudtrail_event: helpful
--   bedrock_invocation: optional
--   named_set: optional
-- preconditions:
--   - query: >-
--       select exists (from cloudtrail_event) or exists (from bedrock_invocation)
--     otherwise: not_evaluable
--     reason: neither CloudTrail nor an invocation log is there
--   - query: >-
--       select coalesce(min(event_time) <= coalesce($base_to::timestamptz, $case_from::timestamptz)
--       - interval 7 days, false) from (select event_time from cloudtrail_event
--       union all select event_time from bedrock_invocation)
--     otherwise: not_evaluable
--     reason: less than seven days of evidence before the case, so unseen may only mean unrecorded
-- parameters:
--   case_from: {type: timestamptz, default: case, description: start of the period of interest}
--   case_to: {type: timestamptz, default: case, description: end of the period of interest}
--   base_from: {type: timestamptz, default: case, description: start of the baseline}
--   base_to: {type: timestamptz, default: case, description: end of the baseline; the start of the case when empty}
-- false_positives:
--   - A new version of a model, a new application or a new region of an application.
-- references:
--   - https://www.sysdig.com/blog/llmjacking-stolen-cloud-credentials-used-in-new-ai-attack
-- changelog:
--   1.0.0: first version
-- ---
with invocation as (
    select
        'cloudtrail_event' as source,
        event_time,
        event_name as operation,
        principal,
        invoked_model(request_parameters) as model_id,
        aws_region as region,
        source_ip_address as source_ip,
        recipient_account_id as account_id,
        artifact_id,
        record_no
    from cloudtrail_event
    where error_code is null
        and event_source in (select member from named_set where name = 'BEDROCK_SOURCES')
        and event_name in (
            select member from named_set where name in ('INVOKE_RT', 'INVOKE_DATA')
        )
        and event_time is not null
    union all
    select
        'bedrock_invocation' as source,
        event_time,
        operation,
        principal,
        model_id,
        region,
        null as source_ip,
        account_id,
        artifact_id,
        record_no
    from bedrock_invocation
    where error_code is null
        and event_time is not null
        and not exists (from cloudtrail_event)
),
timed as (
    select
        *,
        event_time < coalesce($base_to::timestamptz, $case_from::timestamptz) as is_before
    from invocation
    where ($base_from::timestamptz is null or event_time >= $base_from::timestamptz)
        and ($case_to::timestamptz is null or event_time < $case_to::timestamptz)
),
model as (
    select
        model_id,
        base_model(model_id) as model
    from (select distinct model_id from timed)
),
triple as (
    select
        timed.principal,
        model.model,
        timed.region,
        bool_or(is_before) as in_baseline,
        min(event_time) filter (not is_before) as first_seen,
        max(event_time) filter (not is_before) as last_seen,
        count(*) filter (not is_before) as event_count,
        distinct_values(case when not is_before then operation end) as operation,
        distinct_values(case when not is_before then source_ip end) as address,
        min(account_id) as account_id,
        arg_min(
            {'table': source, 'artifact_id': artifact_id, 'record_no': record_no},
            row(event_time, artifact_id, record_no),
            200
        ) filter (not is_before) as records
    from timed
    join model
        on model.model_id is not distinct from timed.model_id
    group by
        timed.principal,
        model.model,
        timed.region
),
judged as (
    select
        *,
        not bool_or(in_baseline) over (partition by principal) as is_new_principal,
        model is not null and not bool_or(in_baseline) over (partition by model) as is_new_model,
        region is not null and not bool_or(in_baseline) over (partition by region) as is_new_region
    from triple
)
select
    'principal/model/region' as entity_type,
    concat_ws(' ', coalesce(principal, 'unknown'), coalesce(model, 'no model'), region) as entity,
    case
        when is_new_principal::bigint + is_new_model::bigint + is_new_region::bigint >= 2 then 'high'
        else 'medium'
    end as severity,
    first_seen,
    last_seen,
    event_count,
    short_name(principal) || ' invoked ' || coalesce(model, array_to_string(operation, ', '))
    || ' in ' || coalesce(region, 'an unknown region') || ' with '
    || counted(event_count, 'successful call') || ' from ' || moment(first_seen) || ' to '
    || moment(last_seen) || '; never seen before: ' || array_to_string(
        list_filter(
            [
                case when is_new_principal then 'the identity' end,
                case when is_new_model then 'the model' end,
                case when is_new_region then 'the region' end
            ],
            lambda term : term is not null
        ),
        ', '
    ) as summary,
    records,
    principal as actor,
    case when len(address) = 1 then address[1] end as source_ip,
    region,
    account_id,
    model as resource,
    {
        'new_principal': is_new_principal,
        'new_model': is_new_model,
        'new_region': is_new_region,
        'model': model,
        'operations': operation,
        'addresses': list_slice(address, 1, 50)
    } as metrics,
    event_count as record_total
from judged
where event_count > 0
    and (is_new_principal or is_new_model or is_new_region)
order by
    first_seen,
    entity
