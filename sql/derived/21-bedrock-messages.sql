-- One row per block of every prompt and completion.
--
-- Bodies are told by their keys, not by the model's name: names of imported and custom models say nothing. Each body
-- becomes a list of turns (role, blocks), each block one JSON value; what a stream sends in chunks is put together by
-- block first. Keys that hold text in no known way give all their strings (block_type other), so that no text of a
-- body is lost. Definitions of tools stay in input_body.
--
-- sliced: bedrock_invocation by coalesce(input_bytes, 0) + coalesce(output_bytes, 0)

insert into bedrock_message by name
with invocation as (
    select
        artifact_id,
        record_no,
        event_time,
        request_id,
        principal,
        model_id,
        -- A body that is a string may hold the JSON that it should be.
        case
            when json_type(input_body) = 'VARCHAR' and json_valid(input_body ->> '$') then (input_body ->> '$')::json
            else input_body
        end as input_body,
        case
            when json_type(output_body) = 'VARCHAR' and json_valid(output_body ->> '$') then (output_body ->> '$')::json
            else output_body
        end as output_body,
    from bedrock_invocation
    where rowid between getvariable('slice_first') and getvariable('slice_last')
        and (input_body is not null or output_body is not null)
),

parsed as (
    select
        *,
        from_json(
            case when json_type(input_body) = 'OBJECT' then input_body end,
            '{"system": "JSON", "preamble": "JSON", "instructions": "JSON", "message": "JSON",
              "chat_history": [{"role": "VARCHAR", "content": "JSON", "message": "JSON", "reasoning_content": "JSON",
                "reasoning": "JSON", "refusal": "JSON", "tool_calls": "JSON", "tool_call_id": "JSON", "name": "JSON"}],
              "messages": [{"role": "VARCHAR", "content": "JSON", "message": "JSON", "reasoning_content": "JSON",
                "reasoning": "JSON", "refusal": "JSON", "tool_calls": "JSON", "tool_call_id": "JSON", "name": "JSON"}],
               "prompt": "JSON", "promptVariables": "JSON", "inputText": "JSON", "inputs": "JSON",
              "input": "JSON", "query": "JSON", "texts": "JSON", "text_prompts": "JSON", "negative_prompt": "JSON",
              "documents": "JSON", "tool_results": "JSON", "image": "JSON",
              "textToImageParams": "JSON", "imageVariationParams": "JSON", "inPaintingParams": "JSON",
              "outPaintingParams": "JSON", "colorGuidedGenerationParams": "JSON", "backgroundRemovalParams": "JSON",
              "textToVideoParams": "JSON", "singleEmbeddingParams": "JSON", "segmentedEmbeddingParams": "JSON",
              "images": "JSON", "inputImage": "JSON"}'
        ) as i,
        from_json(
            case when json_type(output_body) = 'OBJECT' then output_body end,
            '{"output": {"message": {"role": "VARCHAR", "content": "JSON", "message": "JSON", "reasoning_content": "JSON",
                "reasoning": "JSON", "refusal": "JSON", "tool_calls": "JSON", "tool_call_id": "JSON", "name": "JSON"}},
              "role": "VARCHAR", "content": "JSON", "completion": "JSON",
              "generation": "JSON", "outputText": "JSON", "text": "JSON",
              "results": [{"outputText": "JSON"}], "outputs": [{"text": "JSON"}], "generations": [{"text": "JSON"}],
              "choices": [{"text": "JSON", "message": {"role": "VARCHAR", "content": "JSON", "message": "JSON", "reasoning_content": "JSON",
                "reasoning": "JSON", "refusal": "JSON", "tool_calls": "JSON", "tool_call_id": "JSON", "name": "JSON"}}], "tool_calls": "JSON",
              "embedding": "JSON", "embeddings": "JSON", "embeddingsByType": "JSON", "images": "JSON",
              "artifacts": "JSON", "message": "JSON", "error": "JSON",
              "trace": {"guardrail": {"modelOutput": "JSON"}},
              "amazon-bedrock-trace": {"guardrail": {"modelOutput": "JSON"}}}'
        ) as o,
        from_json(
            case when json_type(output_body) = 'ARRAY' then output_body end,
            '[{"index": "BIGINT",
               "content_block": {"id": "VARCHAR", "name": "VARCHAR", "text": "VARCHAR", "thinking": "VARCHAR"},
               "delta": {"text": "VARCHAR", "partial_json": "VARCHAR", "thinking": "VARCHAR"},
               "contentBlockStart": {"contentBlockIndex": "BIGINT", "start": {"toolUse": {"toolUseId": "VARCHAR", "name": "VARCHAR"}}},
               "contentBlockDelta": {"contentBlockIndex": "BIGINT",
                 "delta": {"text": "VARCHAR", "toolUse": {"input": "VARCHAR"}, "reasoningContent": {"text": "VARCHAR"}}},
               "outputText": "VARCHAR", "generation": "VARCHAR", "completion": "VARCHAR", "text": "VARCHAR",
               "outputs": [{"text": "VARCHAR"}], "generations": [{"text": "VARCHAR"}],
               "choices": [{"index": "BIGINT", "text": "VARCHAR", "message": {"content": "VARCHAR"},
                 "delta": {"content": "VARCHAR", "reasoning_content": "VARCHAR",
                   "tool_calls": [{"index": "BIGINT", "id": "VARCHAR", "function": {"name": "VARCHAR", "arguments": "VARCHAR"}}]}}],
               "error": "JSON", "amazon-bedrock-trace": {"guardrail": {"modelOutput": "JSON"}}}]'
        ) as chunks,
        leftover_strings(
            case when json_type(input_body) = 'OBJECT' then input_body end,
            [
                        'system', 'preamble', 'instructions', 'chat_history', 'messages',
                        'message', 'prompt', 'promptVariables', 'inputText', 'inputs', 'input',
                        'query', 'texts', 'text_prompts', 'negative_prompt', 'documents',
                        'tool_results', 'image', 'images', 'inputImage', 'textToImageParams',
                        'imageVariationParams', 'inPaintingParams', 'outPaintingParams',
                        'colorGuidedGenerationParams', 'backgroundRemovalParams',
                        'textToVideoParams', 'singleEmbeddingParams', 'segmentedEmbeddingParams',
                        'anthropic_version', 'anthropic_beta', 'max_tokens',
                        'max_tokens_to_sample', 'max_completion_tokens', 'max_gen_len',
                        'maxTokens', 'temperature', 'top_p', 'top_k', 'topP', 'topK', 'p', 'k',
                        'stop', 'stop_sequences', 'tools', 'tool_choice', 'toolConfig',
                        'metadata', 'inferenceConfig', 'guardrailConfig',
                        'amazon-bedrock-guardrailConfig', 'additionalModelRequestFields',
                        'additionalModelResponseFieldPaths', 'requestMetadata',
                        'performanceConfig', 'serviceTier', 'service_tier', 'schemaVersion',
                        'textGenerationConfig', 'imageGenerationConfig', 'embeddingConfig',
                        'dimensions', 'normalize', 'embeddingTypes', 'embedding_types',
                        'input_type', 'truncate', 'taskType', 'return_prompt',
                        'return_likelihoods', 'num_generations', 'n', 'stream', 'stream_options',
                        'seed', 'mode', 'aspect_ratio', 'output_format', 'cfg_scale', 'steps',
                        'style_preset', 'clip_guidance_preset', 'sampler', 'samples', 'width',
                        'height', 'strength', 'thinking', 'response_format', 'user',
                        'logit_bias', 'logprobs', 'presence_penalty', 'frequency_penalty',
                        'parallel_tool_calls', 'reasoning_effort', 'model', 'modelId', 'top_n',
                        'api_version', 'context_management'
            ]
        ) as input_rest,
        leftover_strings(
            case when json_type(output_body) = 'OBJECT' then output_body end,
            [
                        'output', 'content', 'completion', 'generation', 'outputText', 'text',
                        'results', 'outputs', 'generations', 'choices', 'tool_calls',
                        'embedding', 'embeddings', 'embeddingsByType', 'images', 'artifacts',
                        'message', 'error', 'trace', 'amazon-bedrock-trace', 'id', 'type',
                        'role', 'model', 'stop', 'stop_reason', 'stop_sequence', 'stopReason',
                        'stop_details', 'usage', 'metrics', 'inputTextTokenCount',
                        'prompt_token_count', 'generation_token_count', 'finish_reason',
                        'finish_reasons', 'finishReason', 'seeds', 'object', 'created',
                        'system_fingerprint', 'service_tier', 'amazon-bedrock-guardrailAction',
                        'amazon-bedrock-invocationMetrics', 'performanceConfig', 'serviceTier',
                        'response_type', 'generation_id', 'response_id', 'is_finished', 'meta',
                        'texts', 'prompt', 'container', 'context_management'
            ]
        ) as output_rest,
    from invocation
),

streamed as (
    select
        * exclude (chunks),
        -- What a model of pictures, films or embeddings is asked for.
        coalesce(
            i.textToImageParams,
            i.imageVariationParams,
            i.inPaintingParams,
            i.outPaintingParams,
            i.colorGuidedGenerationParams,
            i.backgroundRemovalParams,
            i.textToVideoParams,
            i.singleEmbeddingParams,
            i.segmentedEmbeddingParams
        ) as task,
        -- Messages that are no list, or not of objects: their strings, whatever they are.
        case
            when i is not null
                and (
                    i.messages is null
                    or len(
                        list_filter(
                            i.messages,
                            lambda m : coalesce(m.content, m.message, m.tool_calls, m.reasoning_content, m.refusal) is null
                        )
                    ) > 0
                )
                and json_exists(input_body, '$.messages')
                then json_strings(input_body -> '$.messages')
            else []
        end as odd_messages,
        case when chunks is not null then stream_blocks(stream_parts(chunks)) else [] end as blocks_of_stream,
        case
            when chunks is not null and contains(output_body::varchar, '"amazon-bedrock-trace"')
                then list_filter(
                    list_transform(chunks, lambda chunk : chunk."amazon-bedrock-trace".guardrail.modelOutput),
                    lambda words : words is not null
                )[1]
        end as stream_guard,
    from parsed
),

turn as (
    select
        * exclude (i, o, task, odd_messages, blocks_of_stream, stream_guard, input_rest, output_rest),
        list_concat(
            case when i.system is not null then [{'role': 'system', 'blocks': json_elements(i.system)}] else [] end,
            case when i.messages is not null then list_transform(i.messages, lambda m : turn_of(m, 'user')) else [] end,
            case
                when coalesce(i.preamble, i.instructions, i.message, i.prompt, i.promptVariables) is null
                    and coalesce(i.inputText, i.inputs, i.input, i.query, i.texts, i.text_prompts) is null
                    and coalesce(i.documents, i.tool_results, i.image, i.images, i.inputImage) is null
                    then []
                else list_concat(
                    [
                        {'role': 'system', 'blocks': json_elements(i.preamble)},
                        {'role': 'system', 'blocks': json_elements(i.instructions)}
                    ],
                    list_transform(i.chat_history, lambda m : turn_of(m, 'user')),
                    [
                        {'role': 'user', 'blocks': json_elements(i.message)},
                        {'role': 'user', 'blocks': json_elements(i.prompt)},
                        {
                            'role': 'user',
                            'blocks': list_transform(
                                json_strings(i.promptVariables),
                                lambda words : json_object('text', words)
                            )
                        },
                        {'role': 'user', 'blocks': json_elements(i.inputText)},
                        {'role': 'user', 'blocks': json_elements(i.inputs)},
                        {'role': 'user', 'blocks': json_elements(i.input)},
                        {'role': 'user', 'blocks': json_elements(i.query)},
                        {'role': 'user', 'blocks': json_elements(i.texts)},
                        {'role': 'user', 'blocks': json_elements(i.text_prompts)},
                        {'role': 'user', 'blocks': json_elements(i.negative_prompt)},
                        {
                            'role': 'user',
                            'blocks': list_transform(
                                json_elements(i.documents),
                                lambda document : json_object('searchResult', document)
                            )
                        },
                        {
                            'role': 'user',
                            'blocks': list_transform(
                                json_elements(i.tool_results),
                                lambda answer : json_object(
                                    'type', 'tool_result',
                                    'name', answer ->> '$.call.name',
                                    'content', coalesce(answer -> '$.outputs', answer)
                                )
                            )
                        },
                        {
                            'role': 'user',
                            'blocks': list_transform(
                                list_concat(json_elements(i.image), json_elements(i.images), json_elements(i.inputImage)),
                                lambda image : json_object('image', image)
                            )
                        }
                    ]
                )
            end,
            case
                when task is not null
                    then [
                        {
                            'role': 'user',
                            'blocks': list_concat(
                                list_transform(
                                    list_filter(
                                        [
                                            coalesce(task -> '$.text.value', task -> '$.text'),
                                            task -> '$.negativeText',
                                            task -> '$.maskPrompt'
                                        ],
                                        lambda words : words is not null
                                    ),
                                    lambda words : json_object('text', words)
                                ),
                                list_transform(
                                    list_concat(json_elements(task -> '$.image'), json_elements(task -> '$.images')),
                                    lambda image : json_object('image', image)
                                )
                            )
                        }
                    ]
                else []
            end,
            case
                when len(input_rest) > 0 or len(odd_messages) > 0
                    then [
                        {
                            'role': 'user',
                            'blocks': list_transform(
                                list_concat(odd_messages, input_rest),
                                lambda words : json_object('other', words)
                            )
                        }
                    ]
                else []
            end
        ) as input_turns,
        list_concat(
            case when o.output.message is not null then [turn_of(o.output.message, 'assistant')] else [] end,
            case
                when o.content is not null then [{'role': coalesce(o.role, 'assistant'), 'blocks': json_elements(o.content)}]
                else []
            end,
            case
                when len(blocks_of_stream) > 0
                    then [{'role': 'assistant', 'blocks': blocks_of_stream}
                    ]
                else []
            end,
            case
                when coalesce(o.completion, o.generation, o.outputText, o.text, o.tool_calls, o.embedding, o.embeddings) is null
                    and coalesce(o.embeddingsByType, o.images, o.artifacts, o.message, o.error) is null
                    and o.results is null
                    and o.outputs is null
                    and o.generations is null
                    and o.choices is null
                    then []
                else list_concat(
                    [
                        {'role': 'assistant', 'blocks': json_elements(o.completion)},
                        {'role': 'assistant', 'blocks': json_elements(o.generation)},
                        {'role': 'assistant', 'blocks': json_elements(o.outputText)},
                        {'role': 'assistant', 'blocks': json_elements(o.text)}
                    ],
                    list_transform(o.results, lambda r : {'role': 'assistant', 'blocks': json_elements(r.outputText)}),
                    list_transform(o.outputs, lambda r : {'role': 'assistant', 'blocks': json_elements(r.text)}),
                    list_transform(o.generations, lambda r : {'role': 'assistant', 'blocks': json_elements(r.text)}),
                    list_transform(
                        o.choices,
                        lambda choice : {
                            'role': coalesce(lower(choice.message.role), 'assistant'),
                            'blocks': list_concat(message_blocks(choice.message), json_elements(choice.text))
                        }
                    ),
                    [
                        {'role': 'assistant', 'blocks': json_elements(o.tool_calls)},
                        {
                            'role': 'assistant',
                            'blocks': case
                                when coalesce(o.embedding, o.embeddings, o.embeddingsByType) is not null
                                    then [json_object('embedding', true)]
                                else []::json[]
                            end
                        },
                        {
                            'role': 'assistant',
                            'blocks': list_transform(
                                list_concat(json_elements(o.images), json_elements(o.artifacts)),
                                lambda image : json_object('image', image)
                            )
                        },
                        {'role': 'assistant', 'blocks': list_concat(json_elements(o.message), json_elements(o.error))}
                    ]
                )
            end,
            case
                when o.trace is not null or o."amazon-bedrock-trace" is not null or stream_guard is not null
                    then [
                        {
                            'role': 'assistant',
                            'blocks': guard_blocks(
                                coalesce(
                                    o.trace.guardrail.modelOutput,
                                    o."amazon-bedrock-trace".guardrail.modelOutput,
                                    stream_guard
                                )
                            )
                        }
                    ]
                else []
            end,
            case
                when len(output_rest) > 0
                    then [
                        {
                            'role': 'assistant',
                            'blocks': list_transform(output_rest, lambda words : json_object('other', words))
                        }
                    ]
                else []
            end
        ) as output_turns,
    from streamed
),

whole as (
    select
        * exclude (input_body, output_body, input_turns, output_turns),
        -- A body without any key that is known gives all its strings.
        case
            when len(input_turns) = 0
                then [
                    {
                        'role': 'user',
                        'blocks': list_transform(
                            json_strings(input_body),
                            lambda words : json_object('other', words)
                        )
                    }
                ]
            else list_filter(input_turns, lambda t : len(t.blocks) > 0)
        end as input_turns,
        case
            when len(output_turns) = 0
                then [
                    {
                        'role': 'assistant',
                        'blocks': list_transform(
                            json_strings(output_body),
                            lambda words : json_object('other', words)
                        )
                    }
                ]
            else list_filter(output_turns, lambda t : len(t.blocks) > 0)
        end as output_turns,
    from turn
),

placed as (
    select
        * exclude (input_turns, output_turns),
        flatten(
            list_transform(
                list_concat(
                    list_transform(input_turns, lambda t, no : {'direction': 'input', 'turn_no': no, 'turn': t}),
                    list_transform(
                        output_turns,
                        lambda t, no : {'direction': 'output', 'turn_no': len(input_turns) + no, 'turn': t}
                    )
                ),
                lambda p : list_transform(
                    p.turn.blocks,
                    lambda block : {
                        'direction': p.direction,
                        'turn_no': p.turn_no,
                        'role': p.turn.role,
                        'json': block,
                        'b': from_json(
                            case when json_type(block) = 'OBJECT' then block end,
                            '{"type": "VARCHAR", "text": "JSON", "other": "VARCHAR", "embedding": "JSON",
                              "toolUse": {"toolUseId": "VARCHAR", "name": "VARCHAR", "input": "JSON"},
                              "toolResult": {"toolUseId": "VARCHAR", "content": "JSON"},
                              "guardContent": "JSON", "reasoningContent": "JSON", "citationsContent": {"content": "JSON"},
                              "image": "JSON", "document": "JSON", "video": "JSON", "audio": "JSON", "searchResult": "JSON",
                              "cachePoint": "JSON", "image_url": "JSON", "input_audio": "JSON", "source": "JSON",
                              "title": "JSON", "context": "JSON", "thinking": "JSON", "summary": "JSON", "refusal": "JSON",
                              "id": "VARCHAR", "call_id": "VARCHAR", "name": "VARCHAR", "input": "JSON",
                              "parameters": "JSON", "arguments": "JSON",
                              "function": {"name": "VARCHAR", "arguments": "JSON"},
                              "tool_use_id": "VARCHAR", "content": "JSON"}'
                        )
                    }
                )
            )
        ) as blocks,
    from whole
),

named as (
    select
        * exclude (blocks),
        -- Which tool an answer came from stands in the block that called it.
        list_transform(blocks, lambda p : coalesce(p.b.toolUse.toolUseId, p.b.id, p.b.call_id)) as call_ids,
        list_transform(blocks, lambda p : coalesce(p.b.toolUse.name, p.b.name, p.b."function".name)) as call_names,
        unnest(blocks) as p,
        generate_subscripts(blocks, 1) as message_no,
    from placed
),

block as (
    select
        *,
        p.b as b,
        case
            when p.b is null or p.b.refusal is not null then 'text'
            when p.b.other is not null then 'other'
            when p.b.embedding is not null then 'embedding'
            when p.b.toolResult is not null or ends_with(p.b.type, 'tool_result') or p.b.type = 'function_call_output'
                then 'tool_result'
            when p.b.toolUse is not null
                or p.b."function" is not null
                or ends_with(p.b.type, 'tool_use')
                or p.b.type = 'function_call'
                or p.b.name is not null and p.b.parameters is not null
                then 'tool_use'
            when p.b.guardContent is not null then 'guard'
            when p.b.reasoningContent is not null or p.b.type in ('thinking', 'redacted_thinking', 'reasoning') then 'reasoning'
            when p.b.image is not null or p.b.image_url is not null or p.b.type in ('image', 'input_image') then 'image'
            when p.b.document is not null or p.b.searchResult is not null or p.b.type in ('document', 'search_result', 'file', 'input_file')
                then 'document'
            when p.b.video is not null or p.b.type = 'video' then 'video'
            when p.b.audio is not null or p.b.input_audio is not null or p.b.type = 'audio' then 'audio'
            when p.b.text is not null or p.b.citationsContent is not null then 'text'
            else 'other'
        end as block_type,
    from named
)

select
    artifact_id,
    record_no,
    message_no,
    p.turn_no as turn_no,
    event_time,
    request_id,
    principal,
    model_id,
    p.direction as direction,
    p.role as role,
    block_type,
    case block_type
        when 'text'
            then case
                when b is null then json_words(p.json)
                else coalesce(json_words(b.text), json_words(b.refusal), json_words(b.citationsContent.content))
            end
        when 'other' then coalesce(b.other, case when b.cachePoint is null then json_words(p.json) end)
        when 'tool_result' then answer_words(coalesce(b.toolResult.content, b.content))
        when 'guard' then json_words(coalesce(b.guardContent -> '$.text.text', b.guardContent))
        when 'reasoning'
            then json_words(
                coalesce(b.thinking, b.reasoningContent -> '$.reasoningText.text', b.reasoningContent -> '$.text', b.summary)
            )
        when 'document'
            then case
                when b.searchResult is not null then json_words(b.searchResult)
                else document_words(coalesce(b.document, p.json))
            end
        when 'image' then nullif(json_words(coalesce(b.image -> '$.source.s3Location.uri', b.source -> '$.url', b.image_url -> '$.url', b.image_url)), '')
        when 'video' then json_words(coalesce(b.video -> '$.source.s3Location.uri', b.video, p.json))
        when 'audio' then json_words(coalesce(b.audio, b.input_audio, p.json))
    end as text,
    case block_type
        when 'tool_use' then coalesce(b.toolUse.name, b.name, b."function".name)
        when 'tool_result'
            then coalesce(b.name, call_names[list_position(call_ids, coalesce(b.toolResult.toolUseId, b.tool_use_id, b.call_id))])
    end as tool_name,
    case block_type
        when 'tool_use' then coalesce(b.toolUse.toolUseId, b.id, b.call_id)
        when 'tool_result' then coalesce(b.toolResult.toolUseId, b.tool_use_id, b.call_id)
    end as tool_use_id,
    case block_type
        when 'tool_use'
            then coalesce(
                b.toolUse.input,
                b.input,
                b.parameters,
                -- Arguments come as a string that should hold JSON and need not.
                try(nullif(coalesce(b."function".arguments, b.arguments) ->> '$', '')::json),
                b."function".arguments,
                b.arguments
            )
    end as tool_input,
from block;
