-- ---
-- id: h-sensitive-io
-- version: 1.0.0
-- title: Which secrets and personal data went into or came out of models?
-- status: stable
-- description: >-
--   Finds secrets, keys and personal data in prompts, answers and captures of endpoints by type and hash, never in the
--   clear, with identities, counts, and for access keys whether CloudTrail knows uses of them. Misses data in pictures
--   and in formats without a pattern.
-- requires:
--   bedrock_message: helpful
--   sagemaker_capture: optional
--   cloudtrail_event: optional
-- parameters:
--   type: {type: text, default: null, description: "only this type: aws key, bedrock key, token, private key, credential url, e-mail, ssn, card, iban"}
--   case_from: {type: timestamptz, default: null, description: only from here}
--   case_to: {type: timestamptz, default: null, description: only before}
-- references: []
-- changelog:
--   1.0.0: first version
-- ---
with body as (
    select
        'bedrock_invocation' as source,
        direction,
        principal,
        event_time,
        coalesce(text, tool_input::varchar) as text,
        artifact_id,
        record_no
    from bedrock_message
    where in_period(event_time, $case_from::timestamptz, $case_to::timestamptz)
    union all
    select
        'sagemaker_capture',
        'input',
        endpoint,
        event_time,
        input_data,
        artifact_id,
        record_no
    from sagemaker_capture
    where in_period(event_time, $case_from::timestamptz, $case_to::timestamptz)
),
distinct_text as materialized (
    select distinct text
    from body
    where text is not null
),
found as (
    select
        text,
        unnest(
            list_concat(
                list_concat(
                    list_transform(regexp_extract_all(text, rx_secret_aws_key()), lambda hit : {'type': 'aws key', 'value': hit}),
                    list_transform(regexp_extract_all(text, rx_secret_bedrock_key()), lambda hit : {'type': 'bedrock key', 'value': hit})
                ),
                list_concat(
                    list_concat(
                        list_transform(regexp_extract_all(text, rx_secret_tokens()), lambda hit : {'type': 'token', 'value': hit}),
                        list_transform(regexp_extract_all(text, rx_secret_pem()), lambda hit : {'type': 'private key', 'value': hit})
                    ),
                    list_concat(
                        list_concat(
                            list_transform(regexp_extract_all(text, rx_secret_url_cred()), lambda hit : {'type': 'credential url', 'value': hit}),
                            list_transform(regexp_extract_all(text, rx_pii_email()), lambda hit : {'type': 'e-mail', 'value': hit})
                        ),
                        list_concat(
                            list_transform(regexp_extract_all(text, rx_pii_ssn()), lambda hit : {'type': 'ssn', 'value': hit}),
                            list_concat(
                                list_transform(regexp_extract_all(text, rx_pii_card()), lambda hit : {'type': 'card', 'value': hit}),
                                list_transform(regexp_extract_all(text, rx_pii_iban()), lambda hit : {'type': 'iban', 'value': hit})
                            )
                        )
                    )
                )
            )
        ) as hit
    from distinct_text
),
key_use as (
    select
        access_key_id,
        count(*) as uses,
        max(event_time) as last_use
    from cloudtrail_event
    where access_key_id in (select hit.value from found where hit.type = 'aws key')
    group by access_key_id
)
select
    found.hit.type as type,
    left(sha256(found.hit.value), 16) as value_sha256,
    case when found.hit.type in ('aws key', 'token', 'card', 'iban') then right(found.hit.value, 4) end as last4,
    body.direction,
    distinct_values(body.principal) as principals,
    min(body.event_time) as first_seen,
    max(body.event_time) as last_seen,
    count(*) as event_count,
    min(key_use.uses) as uses_in_cloudtrail,
    min(key_use.last_use) as last_use_in_cloudtrail,
    arg_min(
        {'table': body.source, 'artifact_id': body.artifact_id, 'record_no': body.record_no},
        row(body.event_time, body.artifact_id, body.record_no),
        50
    ) as records
from found
join body
    on body.text = found.text
left join key_use
    on key_use.access_key_id = found.hit.value
where $type::varchar is null
    or found.hit.type = $type::varchar
group by
    found.hit.type,
    found.hit.value,
    body.direction
order by
    type,
    event_count desc,
    value_sha256,
    body.direction
