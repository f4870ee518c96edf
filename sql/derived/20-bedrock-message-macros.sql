-- How the bodies of the model families are read; 21-bedrock-messages.sql uses it.

-- The blocks of a message of whatever family. A tool's answer (OpenAI) becomes a block like the others.
create or replace temp macro message_blocks(m) as
    case
        when coalesce(m.reasoning_content, m.reasoning, m.refusal, m.tool_calls, m.tool_call_id) is null
            then json_elements(coalesce(m.content, m.message))
        else list_concat(
            list_transform(
                json_elements(coalesce(m.reasoning_content, m.reasoning)),
                lambda words : json_object('type', 'thinking', 'thinking', words)
            ),
            case
                when m.tool_call_id is not null
                    then [
                        json_object(
                            'type', 'tool_result',
                            'tool_use_id', m.tool_call_id,
                            'name', m.name,
                            'content', m.content
                        )
                    ]
                else json_elements(coalesce(m.content, m.message))
            end,
            list_transform(json_elements(m.refusal), lambda words : json_object('text', words)),
            json_elements(m.tool_calls)
        )
    end;

-- A message as a turn; whoever speaks for the model is the assistant.
create or replace temp macro turn_of(m, otherwise) as {
    'role': case lower(m.role) when 'chatbot' then 'assistant' else coalesce(lower(m.role), otherwise) end,
    'blocks': message_blocks(m)
};

-- Members of a body that no family has, as one list of strings.
create or replace temp macro leftover_strings(body, known) as
    flatten(
        list_transform(
            list_filter(json_keys(body), lambda key : not list_contains(known, key)),
            lambda key : json_strings(json_extract(body, '/' || replace(replace(key, '~', '~0'), '/', '~1')))
        )
    );

-- The chunks of a stream, of whatever family, in one form: block number, how the block starts, what is added to it.
create or replace temp macro stream_parts(chunks) as
    list_transform(
        chunks,
        lambda chunk : {
            'no': coalesce(
                1000 + chunk.choices[1].delta.tool_calls[1].index,
                chunk.index,
                chunk.contentBlockStart.contentBlockIndex,
                chunk.contentBlockDelta.contentBlockIndex,
                chunk.choices[1].index,
                0
            ),
            'tool_id': coalesce(
                chunk.content_block.id,
                chunk.contentBlockStart.start.toolUse.toolUseId,
                chunk.choices[1].delta.tool_calls[1].id
            ),
            'tool_name': coalesce(
                chunk.content_block.name,
                chunk.contentBlockStart.start.toolUse.name,
                chunk.choices[1].delta.tool_calls[1]."function".name
            ),
            'tool_input': coalesce(
                chunk.delta.partial_json,
                chunk.contentBlockDelta.delta.toolUse.input,
                chunk.choices[1].delta.tool_calls[1]."function".arguments
            ),
            'thinking': coalesce(
                chunk.content_block.thinking,
                chunk.delta.thinking,
                chunk.contentBlockDelta.delta.reasoningContent.text,
                chunk.choices[1].delta.reasoning_content
            ),
            'text': coalesce(
                chunk.content_block.text,
                chunk.delta.text,
                chunk.contentBlockDelta.delta.text,
                chunk.outputText,
                chunk.generation,
                chunk.completion,
                chunk.outputs[1].text,
                chunk.choices[1].delta.content,
                chunk.choices[1].message.content,
                chunk.choices[1].text,
                chunk.generations[1].text,
                chunk.text
            ),
            'error': case when chunk.error is not null then json_words(chunk.error) end
        }
    );

-- The blocks that the parts of a stream add up to.
create or replace temp macro stream_blocks(parts) as
    flatten(
        list_transform(
            list_sort(list_distinct(list_transform(parts, lambda part : part.no))),
            lambda number : list_transform(
                [list_filter(parts, lambda part : part.no = number)],
                lambda own : list_filter(
                    [
                        json_object(
                            'type', 'thinking',
                            'thinking', array_to_string(list_transform(own, lambda part : part.thinking), '')
                        ),
                        json_object('text', array_to_string(list_transform(own, lambda part : part.text), '')),
                        json_object(
                            'type', 'tool_use',
                            'id', list_filter(list_transform(own, lambda part : part.tool_id), lambda id : id is not null)[1],
                            'name', list_filter(list_transform(own, lambda part : part.tool_name), lambda name : name is not null)[1],
                            'arguments', array_to_string(list_transform(own, lambda part : part.tool_input), '')
                        ),
                        json_object('text', array_to_string(list_transform(own, lambda part : part.error), chr(10)))
                    ],
                    lambda block : coalesce(block ->> '$.name', block ->> '$.text', block ->> '$.thinking', '') <> ''
                )
            )[1]
        )
    );

-- What a tool answered, one line a part: its words without the names of JSON, nothing of pictures.
create or replace temp macro answer_words(content) as
    array_to_string(
        list_transform(
            json_elements(content),
            lambda part : case
                when json_type(part) <> 'OBJECT' then json_words(part)
                when (part ->> '$.type') = 'image' or json_extract(part, '$.image') is not null then null
                else json_words(coalesce(json_extract(part, '$.text'), json_extract(part, '$.json'), json_extract(part, '$.content'), part))
            end
        ),
        chr(10)
    );

-- Name, remark and words of a document of Converse (under source.text, source.content) or Anthropic (source.data).
create or replace temp macro document_words(document) as
    json_words(
        to_json(
            [
                json_extract(document, '$.name'),
                json_extract(document, '$.title'),
                json_extract(document, '$.context'),
                json_extract(document, '$.source.text'),
                json_extract(document, '$.source.content[*].text'),
                case when (document ->> '$.source.type') <> 'base64' then json_extract(document, '$.source.data') end,
                json_extract(document, '$.source.url'),
                json_extract(document, '$.source.s3Location.uri')
            ]::json[]
        )
    );

create or replace temp macro guard_blocks(answer) as
    list_transform(
        json_elements(answer),
        lambda words : json_object('guardContent', json_object('text', json_object('text', words)))
    );

delete from bedrock_message;

delete from bedrock_guardrail_assessment;
