-- How an invocation ended: the body says it, under another name in every family. Of a stream the last chunk that says
-- so counts.
--
-- sliced: bedrock_invocation by output_bytes

create or replace temp table bedrock_outcome as
with answer as (
    select
        artifact_id,
        record_no,
        json_extract_string(
            output_body,
            [
                '$.stopReason',
                '$.stop_reason',
                '$.finish_reason',
                '$.completionReason',
                '$.results[0].completionReason',
                '$.outputs[0].stop_reason',
                '$.choices[0].finish_reason',
                '$.choices[0].stop_reason',
                '$.generations[0].finish_reason',
                '$.artifacts[0].finishReason',
                '$.finish_reasons[0]'
            ]
        ) as stop,
        json_extract_string(
            output_body,
            [
                '$."amazon-bedrock-guardrailAction"',
                '$."amazon-bedrock-trace".guardrail.actionReason',
                '$.trace.guardrail.actionReason'
            ]
        ) as guard,
        json_extract_string(
            output_body,
            [
                '$.usage.cacheReadInputTokens',
                '$.usage.cache_read_input_tokens',
                '$."amazon-bedrock-invocationMetrics".cacheReadInputTokenCount'
            ]
        ) as cache_read,
        json_extract_string(
            output_body,
            [
                '$.usage.cacheWriteInputTokens',
                '$.usage.cache_creation_input_tokens',
                '$."amazon-bedrock-invocationMetrics".cacheWriteInputTokenCount'
            ]
        ) as cache_write,
    from bedrock_invocation
    where rowid between getvariable('slice_first') and getvariable('slice_last')
        and output_body is not null
        and json_type(output_body) = 'OBJECT'
),

chunk as (
    select
        artifact_id,
        record_no,
        from_json(
            output_body,
            '[{"delta": {"stop_reason": "VARCHAR"}, "messageStop": {"stopReason": "VARCHAR"},
               "stop_reason": "VARCHAR", "finish_reason": "VARCHAR", "completionReason": "VARCHAR",
               "outputs": [{"stop_reason": "VARCHAR"}], "generations": [{"finish_reason": "VARCHAR"}],
               "choices": [{"finish_reason": "VARCHAR", "stop_reason": "VARCHAR"}],
               "amazon-bedrock-guardrailAction": "VARCHAR",
               "amazon-bedrock-trace": {"guardrail": {"actionReason": "VARCHAR"}},
               "message": {"usage": {"cache_read_input_tokens": "VARCHAR", "cache_creation_input_tokens": "VARCHAR"}},
               "metadata": {"usage": {"cacheReadInputTokenCount": "VARCHAR", "cacheWriteInputTokenCount": "VARCHAR"}},
               "amazon-bedrock-invocationMetrics":
                 {"cacheReadInputTokenCount": "VARCHAR", "cacheWriteInputTokenCount": "VARCHAR"}}]'
        ) as chunks,
    from bedrock_invocation
    where rowid between getvariable('slice_first') and getvariable('slice_last')
        and output_body is not null
        and json_type(output_body) = 'ARRAY'
),

stream as (
    select
        artifact_id,
        record_no,
        list_transform(
            chunks,
            lambda c : coalesce(
                c.delta.stop_reason,
                c.messageStop.stopReason,
                c.stop_reason,
                c.finish_reason,
                c.completionReason,
                c.outputs[1].stop_reason,
                c.generations[1].finish_reason,
                c.choices[1].finish_reason,
                c.choices[1].stop_reason
            )
        ) as stop,
        list_transform(
            chunks,
            lambda c : coalesce(c."amazon-bedrock-guardrailAction", c."amazon-bedrock-trace".guardrail.actionReason)
        ) as guard,
        list_transform(
            chunks,
            lambda c : coalesce(
                c."amazon-bedrock-invocationMetrics".cacheReadInputTokenCount,
                c.metadata.usage.cacheReadInputTokenCount,
                c.message.usage.cache_read_input_tokens
            )
        ) as cache_read,
        list_transform(
            chunks,
            lambda c : coalesce(
                c."amazon-bedrock-invocationMetrics".cacheWriteInputTokenCount,
                c.metadata.usage.cacheWriteInputTokenCount,
                c.message.usage.cache_creation_input_tokens
            )
        ) as cache_write,
    from chunk
),

outcome as (
    select
        artifact_id,
        record_no,
        list_filter(stop, lambda word : word is not null)[1] as stop_reason,
        list_filter(guard, lambda word : word is not null) as guard,
        list_filter(cache_read, lambda number : number is not null)[1] as cache_read,
        list_filter(cache_write, lambda number : number is not null)[1] as cache_write,
    from answer
    union all
    select
        artifact_id,
        record_no,
        list_filter(stop, lambda word : word is not null)[-1] as stop_reason,
        list_filter(guard, lambda word : word is not null) as guard,
        list_filter(cache_read, lambda number : number is not null)[-1] as cache_read,
        list_filter(cache_write, lambda number : number is not null)[-1] as cache_write,
    from stream
)

select
    artifact_id,
    record_no,
    stop_reason,
    case
        when stop_reason = 'guardrail_intervened'
            or len(list_filter(guard, lambda word : word = 'INTERVENED' or starts_with(word, 'Guardrail blocked'))) > 0
            then 'INTERVENED'
        when list_contains(guard, 'NONE') then 'NONE'
    end as guardrail_action,
    try_cast(cache_read as bigint) as cache_read_tokens,
    try_cast(cache_write as bigint) as cache_write_tokens,
from outcome;

update bedrock_invocation
set stop_reason = bedrock_outcome.stop_reason,
    guardrail_action = bedrock_outcome.guardrail_action,
    cache_read_tokens = coalesce(bedrock_invocation.cache_read_tokens, bedrock_outcome.cache_read_tokens),
    cache_write_tokens = coalesce(bedrock_invocation.cache_write_tokens, bedrock_outcome.cache_write_tokens)
from bedrock_outcome
where bedrock_outcome.artifact_id = bedrock_invocation.artifact_id
    and bedrock_outcome.record_no = bedrock_invocation.record_no
    and (
        bedrock_outcome.stop_reason is distinct from bedrock_invocation.stop_reason
        or bedrock_outcome.guardrail_action is distinct from bedrock_invocation.guardrail_action
        or bedrock_invocation.cache_read_tokens is null
        and bedrock_outcome.cache_read_tokens is not null
        or bedrock_invocation.cache_write_tokens is null
        and bedrock_outcome.cache_write_tokens is not null
    );

drop table bedrock_outcome;
