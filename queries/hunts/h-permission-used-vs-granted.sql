-- ---
-- id: h-permission-used-vs-granted
-- version: 1.0.0
-- title: Which of its permissions did an identity use?
-- status: stable
-- description: >-
--   Finds the allowing statements that reach an identity, one row for each action pattern, with the calls that fit it,
--   so that what was granted and never used can be taken away. Misses conditions, boundaries, denials and policies of
--   organisations, and actions whose CloudTrail name is another than in IAM.
-- requires:
--   v_iam_grant: needed
--   cloudtrail_event: helpful
-- parameters:
--   principal: {type: text, default: null, description: "ARN, name, or a pattern with * of an identity"}
--   only_unused: {type: boolean, default: false, description: only what no call used}
-- references: []
-- changelog:
--   1.0.0: first version
-- ---
with granted as (
    select distinct
        principal_arn as principal,
        via,
        coalesce(policy_name, policy_arn) as policy,
        sid,
        unnest(actions) as action,
        resources,
        artifact_id,
        record_no
    from v_iam_grant
    where effect = 'Allow'
        and policy_kind <> 'boundary'
        and ($principal::varchar is null
            or principal_matches($principal::varchar, principal_arn)
            or short_name(principal_arn) = $principal::varchar)
    qualify collected_at is not distinct from max(collected_at) over (partition by principal_arn)
),
call as (
    select
        principal_key(principal) as principal,
        -- The name in IAM: without the API date that Lambda puts behind its names, ListObjects is ListBucket.
        lower(short_source(event_source)) || ':' || case
            when event_source = 's3.amazonaws.com' and event_name in ('ListObjects', 'HeadBucket') then 'listbucket'
            when event_source = 's3.amazonaws.com' and event_name in ('HeadObject', 'GetObject') then 'getobject'
            when event_source = 's3.amazonaws.com' and event_name = 'ListBuckets' then 'listallmybuckets'
            when event_source = 'lambda.amazonaws.com' and event_name = 'Invoke' then 'invokefunction'
            when event_source = 'bedrock.amazonaws.com' and event_name = 'Converse' then 'invokemodel'
            when event_source = 'bedrock.amazonaws.com' and event_name = 'ConverseStream'
            then 'invokemodelwithresponsestream'
            else lower(regexp_replace(event_name, '20[0-9]{6}(v[0-9]+)?$', ''))
        end as action,
        min(event_time) as first_seen,
        max(event_time) as last_seen,
        count(*) as event_count,
        count(error_code) as error_count
    from cloudtrail_event
    where principal_key(principal) in (select distinct principal_key(principal) from granted)
    group by
        principal_key(principal),
        action
)
select
    granted.principal,
    granted.via,
    granted.policy,
    granted.sid,
    granted.action,
    granted.resources,
    coalesce(sum(call.event_count), 0)::bigint as event_count,
    coalesce(sum(call.error_count), 0)::bigint as error_count,
    min(call.first_seen) as first_seen,
    max(call.last_seen) as last_seen,
    count(call.action) > 0 as is_used,
    distinct_values(call.action) as used_actions,
    granted.artifact_id,
    granted.record_no
from granted
left join call
    on call.principal = principal_key(granted.principal)
    and call.action like replace(text_pattern(lower(granted.action)), '?', '_') escape '\'
group by
    granted.principal,
    granted.via,
    granted.policy,
    granted.sid,
    granted.action,
    granted.resources,
    granted.artifact_id,
    granted.record_no
having not $only_unused::boolean
    or count(call.action) = 0
order by
    granted.principal,
    is_used,
    granted.action,
    granted.policy,
    granted.sid,
    granted.via,
    granted.artifact_id,
    granted.record_no
