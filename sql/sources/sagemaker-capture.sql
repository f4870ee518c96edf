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
        coalesce(
            json_extract(captureData, '$.endpointInput'),
            json_extract(captureData, '$.batchTransformInput')
        ) as input,
        coalesce(
            json_extract(captureData, '$.endpointOutput'),
            json_extract(captureData, '$.batchTransformOutput')
        ) as output,
        json_extract_string(
            eventMetadata,
            ['$.eventId', '$.inferenceId', '$.inferenceTime']
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
        *,
        json_extract_string(input, ['$.observedContentType', '$.encoding', '$.data']) as i,
        json_extract_string(output, ['$.observedContentType', '$.encoding', '$.data']) as o,
        instant_of(m[3]) as event_time,
    from side
)

select
    artifact_id,
    record_no,
    event_time,
    nullif(body.place.endpoint, '') as endpoint,
    nullif(body.place.variant, '') as variant,
    m[1] as event_id,
    m[2] as inference_id,
    json_extract(eventMetadata, '$.customAttributes') as custom_attributes,
    i[1] as input_content_type,
    i[2] as input_encoding,
    case when upper(i[2]) = 'BASE64' then coalesce(text_of_base64(i[3]), i[3]) else i[3] end as input_data,
    o[1] as output_content_type,
    o[2] as output_encoding,
    case when upper(o[2]) = 'BASE64' then coalesce(text_of_base64(o[3]), o[3]) else o[3] end as output_data,
    groundTruthData as ground_truth,
    json_exists(captureData, '$.batchTransformInput') or json_exists(captureData, '$.batchTransformOutput') as is_batch,
    eventVersion as event_version,
    eventMetadata as event_metadata,
    nullif(
        without_keys(
            captureData,
            ['endpointInput', 'endpointOutput', 'batchTransformInput', 'batchTransformOutput']
        ),
        '{}'
    ) as other_sides,
    unknown,
    nullif(
        list_concat(
            coalesce(flags, []),
            case when event_time is null then ['no_event_time'] else [] end,
            case when upper(i[2]) = 'BASE64' and text_of_base64(i[3]) is null then ['input_binary'] else [] end,
            case when upper(o[2]) = 'BASE64' and text_of_base64(o[3]) is null then ['output_binary'] else [] end
        ),
        []
    ) as flags,
    null::varchar as skip_because,
    case
        when json_type(captureData) is distinct from 'OBJECT' and json_type(groundTruthData) is distinct from 'OBJECT'
            then 'not a captured inference: captureData is no object'
    end as reject_because,
from body;
