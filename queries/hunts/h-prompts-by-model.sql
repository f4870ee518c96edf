-- ---
-- id: h-prompts-by-model
-- version: 1.0.0
-- title: Who used which model, how much, and with what success?
-- status: stable
-- description: >-
--   Finds invocations by model, region and identity, with tokens, errors, invocations without a log record, and first
--   and last use. Misses surfaces that leave neither a call nor a log record.
-- requires:
--   v_invocation: needed
-- parameters:
--   model: {type: text, default: null, description: part of a model id}
--   accounts: {type: text, default: null, description: "only these accounts, separated by commas"}
--   regions: {type: text, default: null, description: "only these regions, separated by commas"}
--   case_from: {type: timestamptz, default: null, description: only from here}
--   case_to: {type: timestamptz, default: null, description: only before}
-- references: []
-- changelog:
--   1.0.0: first version
-- ---
select
    base_model as model,
    region,
    principal,
    min(event_time) as first_seen,
    max(event_time) as last_seen,
    count(*) as event_count,
    count(*) filter (error_code is null) as successes,
    count(error_code) as errors,
    count(*) filter (seen_by = 'CloudTrail only' and error_code is null) as without_log,
    sum(input_tokens)::bigint as input_tokens,
    sum(output_tokens)::bigint as output_tokens,
    distinct_values(operation) as operations,
    distinct_values(credential) as credentials,
    distinct_values(source_ip) as addresses,
    distinct_values(inference_region) as inference_regions,
    distinct_values(error_code) as error_codes,
    arg_min(
        {
            'table': case when seen_by = 'invocation log only' then 'bedrock_invocation' else 'cloudtrail_event' end,
            'artifact_id': artifact_id,
            'record_no': record_no
        },
        row(event_time, artifact_id, record_no),
        50
    ) as records
from v_invocation
where ($model::varchar is null or contains(base_model, $model::varchar))
    and is_listed(account_id, $accounts::varchar)
    and is_listed(region, $regions::varchar)
    and in_period(event_time, $case_from::timestamptz, $case_to::timestamptz)
group by
    base_model,
    region,
    principal
order by
    event_count desc,
    model,
    region,
    principal
