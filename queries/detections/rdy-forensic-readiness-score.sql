-- ---
-- id: rdy-forensic-readiness-score
-- version: 1.1.0
-- title: Forensic readiness of the account, of 100 and over time
-- status: stable
-- severity: info
-- element: readiness
-- attack: [T1562.008]
-- atlas: []
-- description: >-
--   Finds how ready an account was for an investigation of its AI workloads: 16 items that weigh 100 together, each passed,
--   passed in part, failed or unknown, with what says so and what to do; at the start of the case, at every change that
--   matters and at the end. Unknown items are listed and do not count in the score, which lies between its value with all of
--   them failed and with all of them passed; where less than half of the weight is known there is that range and no score.
--   Good from 80, partial from 50, else poor. What the attacker switched off shows as a fall. Misses changes that CloudTrail does not hold, and configurations that nobody
--   asked about; it judges settings and not whether logs arrived.
-- requires:
--   v_readiness: optional
--   api_snapshot: helpful
--   cloudtrail_event: helpful
--   bedrock_invocation: optional
--   v_ai_role: optional
--   ref_bucket: helpful
-- preconditions:
--   - query: select exists (from api_snapshot) or exists (from cloudtrail_event)
--     otherwise: not_evaluable
--     reason: neither answers of AWS APIs nor CloudTrail are in the evidence
-- parameters:
--   good_score: {type: double, default: 80, description: score from which readiness is good}
--   partial_score: {type: double, default: 50, description: score from which it is partial}
--   known_weight: {type: double, default: 50, description: weight of known items of 100 from which there is a score}
--   tagged_share: {type: double, default: 0.95, description: share of invocations with an end user that is enough}
--   case_from: {type: timestamptz, default: case, description: start of the period of interest}
-- false_positives:
--   - None; this is an inventory.
-- references:
--   - https://docs.aws.amazon.com/awscloudtrail/latest/userguide/logging-data-events-with-cloudtrail.html
--   - https://docs.aws.amazon.com/bedrock/latest/userguide/model-invocation-logging.html
-- changelog:
--   1.1.0: no score where too little is known, but the range in which it lies
--   1.0.0: first version
-- ---
with item as (
    select
        item,
        weight::double as weight,
        title,
        advice
    from (
        values
            ('trail', 12, 'CloudTrail in all regions with all management events',
                'record all management events with one trail for all regions'),
            ('objects', 8, 'data events of objects in the buckets of the workload',
                'select data events of objects in training, model, knowledge base and private buckets'),
            ('bedrock data events', 6, 'data events of Bedrock agents, knowledge bases, flows, guardrails, prompts, async',
                'select data events of AgentAlias, KnowledgeBase, FlowAlias, Guardrail, PromptVersion and AsyncInvoke'),
            ('action data events', 6, 'data events of Bedrock Mantle, AgentCore, Lambda, SNS and SES',
                'select data events of Bedrock Mantle, AgentCore, Lambda, SNS and SES'),
            ('validation', 5, 'validation of CloudTrail log files',
                'switch on log file validation of the trail'),
            ('immutable', 8, 'bucket of the trail cannot be rewritten',
                'put the trail into a bucket with Object Lock in compliance mode, in an account of its own'),
            ('invocation logging', 15, 'model invocation logging in the regions that are used',
                'log invocations with text to S3 in every region that is used, and forbid the others'),
            ('capture', 8, 'data capture of all requests and answers of endpoints',
                'capture 100 % of input and output of endpoints in service'),
            ('access logging', 8, 'S3 access logs of the buckets of the workload',
                'log access to training, model, knowledge base and private buckets'),
            ('flow logs', 6, 'VPC flow logs of all traffic with the addresses of the packets',
                'log flows of all traffic with pkt-srcaddr, pkt-dstaddr, flow-direction and pkt-dst-aws-service'),
            ('dns logs', 2, 'Route 53 Resolver query logs',
                'log DNS queries of the VPCs'),
            ('retention', 4, 'logs in CloudWatch kept for a year',
                'keep the log groups of the workload for 365 days'),
            ('guardduty', 4, 'GuardDuty in the regions that are used',
                'switch on GuardDuty in every region that is used'),
            ('config', 2, 'AWS Config recorder',
                'record configurations with AWS Config'),
            ('versioning', 3, 'versions of models and documents kept',
                'keep versions in the buckets of models and knowledge bases'),
            ('end user', 3, 'end user named in requestMetadata',
                'let the application name its end user in requestMetadata of every invocation')
    ) as listed (item, weight, title, advice)
),
-- Applications name their end users; whoever else invokes models is no application.
tagged as (
    select
        invocation.account_id,
        count(*) as invocations,
        count(*) filter (
            json_type(request_metadata) = 'OBJECT'
            and request_metadata::varchar <> '{}'
        ) as with_user,
        min(invocation.event_time) as first_seen,
        min(invocation.artifact_id) as artifact_id,
        arg_min(invocation.record_no, row(invocation.artifact_id, invocation.record_no)) as record_no
    from bedrock_invocation as invocation
    where principal_key(invocation.principal) in (select principal_key(principal) from v_ai_role)
        or not exists (from v_ai_role)
    group by invocation.account_id
),
state as materialized (
    select
        item,
        unit,
        account_id,
        region,
        thing,
        known_from,
        known_to,
        told_at,
        share,
        said_by,
        source,
        artifact_id,
        record_no
    from v_readiness
    union all
    select
        'end user' as item,
        'mean' as unit,
        account_id,
        null as region,
        with_user || ' of ' || invocations || ' invocations' as thing,
        null as known_from,
        null as known_to,
        first_seen as told_at,
        case
            when with_user >= $tagged_share::double * invocations then 1.0
            when with_user > 0 then 0.5
            else 0.0
        end as share,
        'invocation log' as said_by,
        'bedrock_invocation' as source,
        artifact_id,
        record_no
    from tagged
    union all
    -- Regions that somebody invoked in and nobody asked about: unknown, so that they do not count.
    select distinct
        'invocation logging' as item,
        'mean' as unit,
        recipient_account_id as account_id,
        aws_region as region,
        aws_region as thing,
        null as known_from,
        null as known_to,
        null as told_at,
        null as share,
        'nobody asked' as said_by,
        null as source,
        null as artifact_id,
        null as record_no
    from cloudtrail_event
    where event_source = 'bedrock.amazonaws.com'
        and event_name in ('InvokeModel', 'InvokeModelWithResponseStream', 'Converse', 'ConverseStream')
        and aws_region not in (select region from v_readiness where item = 'invocation logging')
),
account as (
    select
        account_id,
        min(known_from) as first_change,
        min(told_at) as first_told
    from state
    group by account_id
),
-- The start of the case, every change, and the end: at each of them the score is what it is from then on.
moment_of as (
    select
        account_id,
        coalesce($case_from::timestamptz, first_change - interval 1 second, first_told) as told_at,
        true as is_start
    from account
    union
    select
        account_id,
        known_from,
        false
    from state
    where known_from is not null
        and ($case_from::timestamptz is null or known_from > $case_from::timestamptz)
),
-- State of each item at each moment.
held as (
    select
        moment_of.account_id,
        moment_of.told_at,
        item.item,
        case
            when any_value(state.unit order by state.thing) = 'best' then max(state.share)
            else avg(state.share)
        end as share
    from moment_of
    cross join item
    left join state
        on state.account_id is not distinct from moment_of.account_id
        and state.item = item.item
        and (state.known_from is null or state.known_from <= moment_of.told_at)
        and (state.known_to is null or state.known_to > moment_of.told_at)
    group by
        moment_of.account_id,
        moment_of.told_at,
        item.item
),
scored as (
    select
        account_id,
        told_at,
        case
            when known >= $known_weight::double then round(100 * points / known, 1)
        end as score,
        round(points, 1) as lowest,
        round(100 - known + points, 1) as highest,
        known
    from (
        select
            held.account_id,
            held.told_at,
            coalesce(sum(item.weight * held.share), 0) as points,
            coalesce(sum(item.weight) filter (held.share is not null), 0) as known
        from held
        join item
            using (item)
        group by
            held.account_id,
            held.told_at
    ) as summed
),
course as (
    select
        account_id,
        list(
            {'at': told_at, 'score': score, 'lowest': lowest, 'highest': highest}
            order by told_at
        ) as course,
        arg_min_null(score, told_at) as score_before,
        arg_max_null(score, told_at) as score_after,
        arg_max(lowest, told_at) as lowest,
        arg_max(highest, told_at) as highest,
        max(known) as known,
        min(score) as least_score,
        min(told_at) as first_seen,
        max(told_at) as last_seen
    from scored
    group by account_id
),
-- What the end looks like, item by item, with the things that lack something.
ending as (
    select
        held.account_id,
        held.item,
        arg_min_null(held.share, held.told_at) as share_before,
        arg_max_null(held.share, held.told_at) as share_after
    from held
    group by
        held.account_id,
        held.item
),
lacking as (
    select
        account_id,
        item,
        list(
            {
                'thing': thing,
                'region': region,
                'share': round(share, 2),
                'since': known_from,
                'by': said_by
            }
            order by share, thing, region
        ) filter (share < 1 or share is null and said_by = 'nobody asked') as things,
        list(
            {'table': source, 'artifact_id': artifact_id, 'record_no': record_no}
            order by artifact_id, record_no
        ) filter (artifact_id is not null) as records
    from state
    where known_to is null
    group by
        account_id,
        item
),
told as (
    select
        ending.account_id,
        list(
            {
                'item': item.item,
                'title': item.title,
                'weight': item.weight,
                'points_before': round(item.weight * ending.share_before, 2),
                'points_after': round(item.weight * ending.share_after, 2),
                'state': case
                    when ending.share_after is null then 'unknown'
                    when ending.share_after >= 1 then 'pass'
                    when ending.share_after > 0 then 'partial'
                    else 'fail'
                end,
                'lacking': list_slice(coalesce(lacking.things, []), 1, 20),
                'recommendation': case when ending.share_after is null or ending.share_after < 1 then item.advice end
            }
            order by item.weight desc, item.item
        ) as items,
        count(*) filter (ending.share_after is null) as unknown_items,
        list(item.title order by item.weight desc, item.item)
            filter (ending.share_after < ending.share_before) as fallen,
        list(item.title order by item.weight desc, item.item)
            filter (ending.share_after < 1 and ending.share_after >= ending.share_before) as missing,
        flatten(list(coalesce(lacking.records, []) order by item.weight desc, item.item)) as records
    from ending
    join item
        using (item)
    left join lacking
        on lacking.account_id is not distinct from ending.account_id
        and lacking.item = ending.item
    group by ending.account_id
)
select
    'account' as entity_type,
    coalesce(course.account_id, 'unknown') as entity,
    'info' as severity,
    course.first_seen,
    course.last_seen,
    len(course.course)::bigint as event_count,
    'forensic readiness '
    || case
        when course.score_after is null then 'not evaluable'
        else course.score_after || ' of 100 (' || course.band_after || ')'
    end
    || case
        when course.score_before <> course.score_after
            then ', ' || course.score_before || ' (' || course.band_before || ') at the start'
        else ''
    end
    || case
        when told.unknown_items > 0
            then ': ' || told.unknown_items || ' of ' || len(told.items) || ' items unknown, so that it lies between '
                || course.lowest || ' and ' || course.highest
        else ''
    end
    || case
        when len(told.fallen) > 0 then '; lost: ' || array_to_string(told.fallen, ', ')
        else ''
    end
    || case
        when len(told.missing) > 0 then '; never complete: ' || array_to_string(told.missing, ', ')
        else ''
    end as summary,
    told.records,
    course.account_id,
    {
        'score': course.score_after,
        'before': course.score_before,
        'after': course.score_after,
        'least': course.least_score,
        'lowest': course.lowest,
        'highest': course.highest,
        'band': course.band_after,
        'band_before': course.band_before,
        'course': course.course,
        'items': told.items,
        'unknown_items': told.unknown_items
    } as metrics
from (
    select
        *,
        case
            when score_before >= $good_score::double then 'good'
            when score_before >= $partial_score::double then 'partial'
            when score_before is not null then 'poor'
        end as band_before,
        case
            when score_after >= $good_score::double then 'good'
            when score_after >= $partial_score::double then 'partial'
            when score_after is not null then 'poor'
        end as band_after
    from course
    where known > 0
) as course
join told
    on told.account_id is not distinct from course.account_id
order by
    entity
