-- ---
-- id: inv-cross-region-inference
-- version: 1.0.0
-- title: Inference in another region than before
-- status: stable
-- severity: medium
-- element: invocation
-- attack: [T1535, T1496.004]
-- atlas: [AML.T0034]
-- description: >-
--   Finds invocations after the baseline that another region computed than the one that was called, when the baseline
--   knows no invocation with this pair of regions, one finding per identity and pair; and identities that begin to use
--   cross-region inference profiles without such a pair. Says whether the computing region is an allowed one. Misses
--   profiles whose calls happen to stay at home, when the identity used profiles before.
-- requires:
--   cloudtrail_event: helpful
--   bedrock_invocation: helpful
--   named_set: optional
--   ref_region: optional
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
--   - Cross-region profiles that the platform team has sanctioned.
-- references:
--   - https://docs.aws.amazon.com/bedrock/latest/userguide/cross-region-inference.html
-- changelog:
--   1.0.0: first version
-- ---
with logged as (
    select
        'bedrock_invocation' as source,
        event_time,
        request_id,
        principal,
        model_id,
        region,
        inference_region,
        account_id,
        artifact_id,
        record_no
    from bedrock_invocation
    where event_time is not null
        and error_code is null
        and (
            inference_region <> region
            or is_cross_region_profile(model_id)
        )
),
recorded as (
    select
        'cloudtrail_event' as source,
        event_time,
        request_id,
        principal,
        invoked_model(request_parameters) as model_id,
        aws_region as region,
        additional_event_data ->> '$.inferenceRegion' as inference_region,
        recipient_account_id as account_id,
        artifact_id,
        record_no
    from cloudtrail_event
    where event_time is not null
        and error_code is null
        and event_source in (select member from named_set where name = 'BEDROCK_SOURCES')
        and event_name in (
            select member from named_set where name in ('INVOKE_RT', 'INVOKE_DATA')
        )
        and (
            (additional_event_data ->> '$.inferenceRegion') <> aws_region
            or is_cross_region_profile(invoked_model(request_parameters))
        )
),
-- Both logs tell of one call; the invocation log says more.
call as (
    select *
    from logged
    union all
    select recorded.*
    from recorded
    anti join logged
        on logged.request_id = recorded.request_id
),
timed as (
    select
        *,
        region || '->' || inference_region as pair,
        coalesce(inference_region <> region, false) as is_elsewhere,
        event_time < coalesce($base_to::timestamptz, $case_from::timestamptz) as is_before
    from call
    where ($base_from::timestamptz is null or event_time >= $base_from::timestamptz)
        and ($case_to::timestamptz is null or event_time < $case_to::timestamptz)
),
known_pair as (
    select distinct pair
    from timed
    where is_before
        and is_elsewhere
),
known_user as (
    select distinct principal
    from timed
    where is_before
        and is_cross_region_profile(model_id)
),
crossing as (
    select *
    from timed
    where not is_before
        and is_elsewhere
        and pair not in (select pair from known_pair)
),
start as (
    select *
    from timed
    where not is_before
        and is_cross_region_profile(model_id)
        and not exists (
            from known_user
            where known_user.principal is not distinct from timed.principal
        )
        and not exists (
            from crossing
            where crossing.principal is not distinct from timed.principal
        )
),
evidence as (
    select *
    from crossing
    union all
    select * replace (null as pair, null as inference_region)
    from start
),
allowed as (
    select count(*) > 0 as is_known
    from ref_region
    where class = 'allowed'
),
finding as (
    select
        principal,
        region,
        inference_region,
        pair,
        min(event_time) as first_seen,
        max(event_time) as last_seen,
        count(*) as event_count,
        distinct_values(model_id) as model,
        min(account_id) as account_id,
        arg_min(
            {'table': source, 'artifact_id': artifact_id, 'record_no': record_no},
            row(event_time, artifact_id, record_no),
            200
        ) as records
    from evidence
    group by
        principal,
        region,
        inference_region,
        pair
)
select
    'principal/regions' as entity_type,
    coalesce(principal, 'unknown') || ' ' || coalesce(pair, region, 'unknown') as entity,
    'medium' as severity,
    first_seen,
    last_seen,
    event_count,
    short_name(principal) || ' made ' || counted(event_count, 'call') || ' in '
    || coalesce(region, 'an unknown region')
    || case
        when pair is null then ' to cross-region inference profiles for the first time'
        else ' that ' || inference_region || ' computed, for the first time'
    end
    || case
        when allowed.is_known
            and inference_region not in (select region from ref_region where class = 'allowed')
        then '; ' || inference_region || ' is not an allowed region'
        else ''
    end as summary,
    records,
    principal as actor,
    region,
    account_id,
    {
        'source_region': region,
        'inference_region': inference_region,
        'calls': event_count,
        'models': list_slice(model, 1, 20),
        'residency_breach': case
            when allowed.is_known
            then inference_region not in (select region from ref_region where class = 'allowed')
        end
    } as metrics,
    event_count as record_total
from finding
cross join allowed
order by
    first_seen,
    entity
