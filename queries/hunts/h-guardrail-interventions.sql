-- ---
-- id: h-guardrail-interventions
-- version: 1.0.0
-- title: What did guardrails stop, and of whom?
-- status: stable
-- description: >-
--   Finds the hits of guardrails by guardrail, policy, type and identity, with action, confidence, end users and first
--   and last time. Misses guardrails whose trace is not in the log.
-- requires:
--   bedrock_guardrail_assessment: needed
--   bedrock_invocation: helpful
-- parameters:
--   guardrail: {type: text, default: null, description: id of the guardrail}
--   principal: {type: text, default: null, description: "ARN, name, or a pattern with * of an identity"}
--   case_from: {type: timestamptz, default: null, description: only from here}
--   case_to: {type: timestamptz, default: null, description: only before}
-- references: []
-- changelog:
--   1.0.0: first version
-- ---
select
    hit.guardrail_id,
    hit.policy,
    hit.type,
    hit.name,
    hit.action,
    hit.direction,
    hit.principal,
    distinct_values(hit.confidence) as confidence,
    min(hit.event_time) as first_seen,
    max(hit.event_time) as last_seen,
    count(distinct row(hit.artifact_id, hit.record_no)) as event_count,
    distinct_values(hit.model_id) as models,
    distinct_values(invocation.request_metadata::varchar) as request_metadata,
    distinct_values(invocation.stop_reason) as stop_reasons,
    first_records('bedrock_invocation', hit.event_time, hit.artifact_id, hit.record_no) as records
from bedrock_guardrail_assessment as hit
left join bedrock_invocation as invocation
    on invocation.artifact_id = hit.artifact_id
    and invocation.record_no = hit.record_no
where ($guardrail::varchar is null or contains(hit.guardrail_id, $guardrail::varchar))
    and ($principal::varchar is null
        or principal_matches($principal::varchar, hit.principal)
        or short_name(hit.principal) = $principal::varchar)
    and in_period(hit.event_time, $case_from::timestamptz, $case_to::timestamptz)
group by
    hit.guardrail_id,
    hit.policy,
    hit.type,
    hit.name,
    hit.action,
    hit.direction,
    hit.principal
order by
    event_count desc,
    first_seen,
    hit.guardrail_id,
    hit.policy,
    hit.type,
    hit.name,
    hit.action,
    hit.direction,
    hit.principal
