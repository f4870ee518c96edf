-- One row per hit of a policy in the trace of a guardrail. The trace lies in the response, under one key for
-- InvokeModel and another for Converse; what it says of the answer is an object, a list, or an object of lists.
--
-- sliced: bedrock_invocation by output_bytes

insert into bedrock_guardrail_assessment by name
with guard as (
    select
        artifact_id,
        record_no,
        event_time,
        request_id,
        principal,
        model_id,
        unnest(
            case json_type(output_body)
                when 'ARRAY'
                    then list_concat(
                        json_extract(output_body, '$[*]."amazon-bedrock-trace".guardrail'),
                        json_extract(output_body, '$[*].metadata.trace.guardrail')
                    )
                else [
                    coalesce(
                        json_extract(output_body, '$.trace.guardrail'),
                        json_extract(output_body, '$."amazon-bedrock-trace".guardrail')
                    )
                ]
            end
        ) as trace,
    from bedrock_invocation
    where rowid between getvariable('slice_first') and getvariable('slice_last')
        and contains(output_body::varchar, '"guardrail"')
),

side as (
    select
        * exclude (trace),
        unnest(
            list_concat(
                list_transform(
                    list_concat(
                        json_elements(json_extract(trace, '$.input')),
                        json_elements(json_extract(trace, '$.inputAssessment'))
                    ),
                    lambda value : {'direction': 'input', 'value': value}
                ),
                list_transform(
                    list_concat(
                        json_elements(json_extract(trace, '$.outputs')),
                        json_elements(json_extract(trace, '$.outputAssessments'))
                    ),
                    lambda value : {'direction': 'output', 'value': value}
                )
            )
        ) as side,
    from guard
    where trace is not null
),

-- Under the id of a guardrail lies one assessment or a list of them; without ids the assessment lies there itself.
named as (
    select
        * exclude (side),
        side.direction as direction,
        unnest(
            case
                when json_type(side.value) <> 'OBJECT' then []
                when list_has_any(
                        json_keys(side.value),
                        ['topicPolicy', 'contentPolicy', 'wordPolicy', 'sensitiveInformationPolicy', 'contextualGroundingPolicy', 'automatedReasoningPolicy']
                    )
                    then [{'guardrail_id': null::varchar, 'assessment': side.value}]
                else flatten(
                    list_transform(
                        json_keys(side.value),
                        lambda id : list_transform(
                            json_elements(
                                json_extract(side.value, '/' || replace(replace(id, '~', '~0'), '/', '~1'))
                            ),
                            lambda value : {'guardrail_id': id, 'assessment': value}
                        )
                    )
                )
            end
        ) as named,
    from side
),

policy as (
    select
        * exclude (named),
        named.guardrail_id as guardrail_id,
        from_json(
            named.assessment,
            '{"topicPolicy": {"topics": ["JSON"]}, "contentPolicy": {"filters": ["JSON"]},
              "wordPolicy": {"customWords": ["JSON"], "managedWordLists": ["JSON"]},
              "sensitiveInformationPolicy": {"piiEntities": ["JSON"], "regexes": ["JSON"]},
              "contextualGroundingPolicy": {"filters": ["JSON"]}, "automatedReasoningPolicy": {"findings": ["JSON"]},
              "appliedGuardrailDetails":
                {"guardrailId": "VARCHAR", "guardrailVersion": "VARCHAR", "guardrailOrigin": "JSON"}}'
        ) as a,
    from named
),

hit as (
    select
        * exclude (a),
        a.appliedGuardrailDetails as applied,
        unnest(
            list_concat(
                list_transform(a.topicPolicy.topics, lambda hit : {'policy': 'topic', 'hit': hit}),
                list_transform(a.contentPolicy.filters, lambda hit : {'policy': 'content', 'hit': hit}),
                list_transform(a.wordPolicy.customWords, lambda hit : {'policy': 'word', 'hit': hit}),
                list_transform(a.wordPolicy.managedWordLists, lambda hit : {'policy': 'word', 'hit': hit}),
                list_transform(
                    a.sensitiveInformationPolicy.piiEntities,
                    lambda hit : {'policy': 'sensitive_information', 'hit': hit}
                ),
                list_transform(
                    a.sensitiveInformationPolicy.regexes,
                    lambda hit : {'policy': 'sensitive_information', 'hit': hit}
                ),
                list_transform(
                    a.contextualGroundingPolicy.filters,
                    lambda hit : {'policy': 'contextual_grounding', 'hit': hit}
                ),
                list_transform(
                    a.automatedReasoningPolicy.findings,
                    lambda hit : {'policy': 'automated_reasoning', 'hit': hit}
                )
            )
        ) as p,
    from policy
),

field as (
    select
        *,
        json_extract_string(
            p.hit,
            [
                '$.type',
                '$.name',
                '$.match',
                '$.action',
                '$.detected',
                '$.confidence',
                '$.filterStrength',
                '$.threshold',
                '$.score'
            ]
        ) as f,
    from hit
)

select
    artifact_id,
    record_no,
    row_number() over (
        partition by artifact_id, record_no
        order by direction, guardrail_id, p.policy, p.hit::varchar
    ) as assessment_no,
    event_time,
    request_id,
    principal,
    model_id,
    coalesce(guardrail_id, applied.guardrailId) as guardrail_id,
    applied.guardrailVersion as guardrail_version,
    applied.guardrailOrigin as guardrail_origin,
    direction,
    p.policy as policy,
    coalesce(f[1], case when p.policy = 'automated_reasoning' then json_keys(p.hit)[1] end) as type,
    f[2] as name,
    f[3] as match,
    f[4] as action,
    try_cast(f[5] as boolean) as detected,
    f[6] as confidence,
    f[7] as filter_strength,
    try_cast(f[8] as double) as threshold,
    try_cast(f[9] as double) as score,
    p.hit as hit,
from field;
