-- ---
-- id: h-prompts-by-identity
-- version: 1.1.1
-- title: Which prompts did this identity send, and what came back?
-- status: stable
-- description: >-
--   Finds the model invocations of an identity, of a credential or of an end user, in the order of time: the last text of
--   the user, the text of the answer, tokens, stop reason and guardrail, with address, key and user agent from CloudTrail.
--   Secrets and personal data are replaced unless asked. Misses invocations without a log, and bodies that are not in the
--   evidence (flags say so).
-- requires:
--   bedrock_invocation: needed
--   bedrock_message: optional
--   cloudtrail_event: helpful
--   v_bedrock_caller: optional
-- parameters:
--   principal: {type: text, default: null, description: "ARN, name, or a pattern with * of an identity"}
--   credential: {type: text, default: null, description: access key id or other credential}
--   end_user: {type: text, default: null, description: a value of the request metadata such as a user or session id}
--   characters: {type: integer, default: 400, description: characters of each text that are shown}
--   redact: {type: boolean, default: true, description: replace secrets and personal data}
--   accounts: {type: text, default: null, description: "only these accounts, separated by commas"}
--   regions: {type: text, default: null, description: "only these regions, separated by commas"}
--   case_from: {type: timestamptz, default: null, description: only from here}
--   case_to: {type: timestamptz, default: null, description: only before}
-- references:
--   - https://docs.aws.amazon.com/bedrock/latest/userguide/model-invocation-logging.html
-- changelog:
--   1.1.1: callers from the view of callers
--   1.1.0: private keys, secret keys, session and bearer tokens, bank accounts and social security numbers are replaced, too
--   1.0.0: first version
-- ---
with wanted as (
    select principal
    from (select distinct principal from bedrock_invocation)
    where principal_matches($principal::varchar, principal)
        or short_name(principal) = $principal::varchar
),
invocation as (
    select
        log.*,
        caller.credential,
        caller.source_ip,
        caller.user_agent
    from bedrock_invocation as log
    left join v_bedrock_caller as caller
        on caller.request_id = log.request_id
    where ($principal::varchar is null or log.principal in (select principal from wanted))
        and ($credential::varchar is null or caller.credential = $credential::varchar)
        and ($end_user::varchar is null
            or list_contains(
                json_extract_string(log.request_metadata, '$.*'),
                $end_user::varchar
            ))
        and ($accounts::varchar is null
            or list_contains(string_split($accounts::varchar, ','), log.account_id))
        and ($regions::varchar is null
            or list_contains(string_split($regions::varchar, ','), log.region))
        and ($case_from::timestamptz is null or log.event_time >= $case_from::timestamptz)
        and ($case_to::timestamptz is null or log.event_time < $case_to::timestamptz)
),
message as (
    select
        block.artifact_id,
        block.record_no,
        arg_max(block.text, block.message_no) filter (
            block.direction = 'input' and block.role = 'user' and block.block_type = 'text'
        ) as prompt,
        string_agg(block.text, chr(10) order by block.message_no) filter (
            block.direction = 'output' and block.block_type = 'text'
        ) as answer,
        count(*) filter (block.block_type = 'tool_use') as tool_uses
    from bedrock_message as block
    semi join invocation
        on invocation.artifact_id = block.artifact_id
        and invocation.record_no = block.record_no
    group by
        block.artifact_id,
        block.record_no
),
text as (
    select
        invocation.*,
        coalesce(
            message.prompt,
            invocation.input_body ->> '$.messages[#-1].content[#-1].text',
            invocation.input_body ->> '$.messages[#-1].content',
            invocation.input_body ->> '$.prompt',
            invocation.input_body ->> '$.inputText'
        ) as prompt,
        coalesce(
            message.answer,
            invocation.output_body ->> '$.output.message.content[0].text',
            invocation.output_body ->> '$.content[0].text',
            nullif(array_to_string(invocation.output_body ->> '$[*].delta.text', ''), ''),
            invocation.output_body ->> '$.completion',
            invocation.output_body ->> '$.generation',
            invocation.output_body ->> '$.results[0].outputText'
        ) as answer,
        coalesce(message.tool_uses, 0) as tool_uses
    from invocation
    left join message
        on message.artifact_id = invocation.artifact_id
        and message.record_no = invocation.record_no
),
redacted as (
    select
        text.* exclude (prompt, answer),
        len(text.prompt) as prompt_characters,
        len(text.answer) as answer_characters,
        list_transform(
            [text.prompt, text.answer],
            lambda content : case
                when $redact::boolean
                then regexp_replace(
                    regexp_replace(
                        regexp_replace(
                            regexp_replace(
                                regexp_replace(
                                    regexp_replace(
                                        regexp_replace(
                                            regexp_replace(
                                                regexp_replace(
                                                    regexp_replace(
                                                        regexp_replace(
                                                            regexp_replace(
                                                                regexp_replace(
                                                                    content,
                                                                    '-----BEGIN [A-Z ]{0,30}PRIVATE KEY-----(?s:.*?)(-----END [A-Z ]{0,30}PRIVATE KEY-----|\z)',
                                                                    '[private key]',
                                                                    'g'
                                                                ),
                                                                rx_secret_aws_key(),
                                                                '[access key]',
                                                                'g'
                                                            ),
                                                            rx_secret_tokens(),
                                                            '[token]',
                                                            'g'
                                                        ),
                                                        rx_secret_bedrock_key(),
                                                        '[Bedrock key]',
                                                        'g'
                                                    ),
                                                    rx_secret_url_cred(),
                                                    '[credential in a URL]',
                                                    'g'
                                                ),
                                                rx_secret_assign(),
                                                '[secret]',
                                                'g'
                                            ),
                                            '(?i)\b(aws_?)?(secret_?access_?key|session_?token|security_?token)\b["'']?\s*[:=]\s*["'']?[^\s"'',;]{8,}',
                                            '[secret]',
                                            'g'
                                        ),
                                        '\b(FwoG|FQoG|IQoJ)[A-Za-z0-9+/=]{60,}',
                                        '[token]',
                                        'g'
                                    ),
                                    '(?i)\bbearer\s+[A-Za-z0-9._~+/:=-]{24,}',
                                    '[token]',
                                    'g'
                                ),
                                rx_pii_email(),
                                '[e-mail address]',
                                'g'
                            ),
                            rx_pii_ssn(),
                            '[social security number]',
                            'g'
                        ),
                        rx_pii_iban(),
                        '[bank account]',
                        'g'
                    ),
                    rx_pii_card(),
                    '[card number]',
                    'g'
                )
                else content
            end
        ) as shown
    from text
)
select
    event_time,
    account_id,
    region,
    principal,
    credential,
    source_ip,
    user_agent,
    request_metadata,
    operation,
    base_model as model,
    inference_region,
    left(shown[1], $characters::bigint) as prompt,
    left(shown[2], $characters::bigint) as answer,
    prompt_characters,
    answer_characters,
    tool_uses,
    input_tokens,
    output_tokens,
    stop_reason,
    guardrail_action,
    error_code,
    input_body_s3_path,
    output_body_s3_path,
    flags,
    request_id,
    artifact_id,
    record_no
from redacted
order by
    event_time,
    artifact_id,
    record_no
