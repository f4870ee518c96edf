-- ---
-- id: sagemaker_capture
-- version: 1.0.0
-- title: Amazon SageMaker data capture
-- recognises:
--   json:
--     - in: ['']
--       keys: [captureData]
--     - in: ['']
--       keys: [groundTruthData, eventMetadata]
-- name: true
-- fields:
--   captureData: JSON
--   groundTruthData: JSON
--   eventMetadata: JSON
--   eventVersion: VARCHAR
-- emits: [sagemaker_capture]
-- identity: [event_id, endpoint, variant]
-- conflict_flag: event_id_conflict
-- caveats:
--   - Capture samples; the share of requests is in the endpoint configuration of that day.
--   - A record names neither endpoint nor variant, its path does.
-- references:
--   - https://docs.aws.amazon.com/sagemaker/latest/dg/model-monitor-data-capture.html
-- ---
with side as (
    select
        *,
        json_transform(
            captureData,
            '{
            "endpointInput": {
                "observedContentType": "VARCHAR",
                "encoding": "VARCHAR",
                "data": "VARCHAR"
            },
            "endpointOutput": {
                "observedContentType": "VARCHAR",
                "encoding": "VARCHAR",
                "data": "VARCHAR"
            },
            "batchTransformInput": {
                "observedContentType": "VARCHAR",
                "encoding": "VARCHAR",
                "data": "VARCHAR"
            },
            "batchTransformOutput": {
                "observedContentType": "VARCHAR",
                "encoding": "VARCHAR",
                "data": "VARCHAR"
            }
        }'
        ) as c,
        json_transform(
            eventMetadata,
            '{
            "eventId": "VARCHAR",
            "inferenceId": "VARCHAR",
            "inferenceTime": "VARCHAR",
            "customAttributes": "JSON"
        }'
        ) as m,
        regexp_extract(
            _name,
            '(?:^|/)([^/]+)/([^/]+)/[0-9]{4}/[0-9]{2}/[0-9]{2}/[0-9]{2}/[^/]+\.jsonl?(?:\.gz)?$',
            ['endpoint', 'variant']
        ) as place,
    from framed
),

body as (
    select
        * exclude (c),
        c.batchTransformInput.data is not null or c.batchTransformOutput.data is not null as is_batch,
        instant_of(m.inferenceTime) as event_time,
        coalesce(c.endpointInput.observedContentType, c.batchTransformInput.observedContentType)
            as input_content_type,
        coalesce(c.endpointInput.encoding, c.batchTransformInput.encoding) as input_encoding,
        coalesce(c.endpointInput.data, c.batchTransformInput.data) as input,
        coalesce(c.endpointOutput.observedContentType, c.batchTransformOutput.observedContentType)
            as output_content_type,
        coalesce(c.endpointOutput.encoding, c.batchTransformOutput.encoding) as output_encoding,
        coalesce(c.endpointOutput.data, c.batchTransformOutput.data) as output,
    from side
),

decoded as (
    select
        *,
        case when upper(input_encoding) = 'BASE64' then text_of_base64(input) end as input_text,
        case when upper(output_encoding) = 'BASE64' then text_of_base64(output) end as output_text,
    from body
)

select
    artifact_id,
    record_no,
    event_time,
    nullif(decoded.place.endpoint, '') as endpoint,
    nullif(decoded.place.variant, '') as variant,
    m.eventId as event_id,
    m.inferenceId as inference_id,
    m.customAttributes as custom_attributes,
    input_content_type,
    input_encoding,
    coalesce(input_text, input) as input_data,
    output_content_type,
    output_encoding,
    coalesce(output_text, output) as output_data,
    without_keys(
        captureData,
        ['endpointInput', 'endpointOutput', 'batchTransformInput', 'batchTransformOutput']
    ) as other_sides,
    groundTruthData as ground_truth,
    is_batch,
    eventVersion as event_version,
    eventMetadata as event_metadata,
    unknown,
    nullif(
        list_concat(
            coalesce(flags, []),
            case when event_time is null then ['no_event_time'] else [] end,
            case
                when upper(input_encoding) = 'BASE64' and input is not null and input_text is null
                    then ['input_binary']
                else []
            end,
            case
                when upper(output_encoding) = 'BASE64' and output is not null and output_text is null
                    then ['output_binary']
                else []
            end
        ),
        []
    ) as flags,
    null::varchar as skip_because,
    case
        when not coalesce(is_object(captureData), false) and not coalesce(is_object(groundTruthData), false)
            then 'not a captured inference: captureData is no object'
    end as reject_because,
from decoded;
