-- SageMaker data capture.

create table if not exists sagemaker_capture (
    artifact_id bigint not null,
    record_no bigint not null,
    event_time timestamptz,
    endpoint varchar,
    variant varchar,
    event_id varchar,
    inference_id varchar,
    custom_attributes json,
    input_content_type varchar,
    input_encoding varchar,
    input_data varchar,
    output_content_type varchar,
    output_encoding varchar,
    output_data varchar,
    other_sides json,
    ground_truth json,
    is_batch boolean,
    event_version varchar,
    event_metadata json,
    unknown json,
    flags varchar[],
);
comment on table sagemaker_capture is 'One captured inference of a SageMaker endpoint or batch transform job: request, response or both.';
comment on column sagemaker_capture.event_time is 'inferenceTime: when the endpoint was invoked, whole seconds, UTC.';
comment on column sagemaker_capture.endpoint is 'Endpoint by the path of the file (…/<endpoint>/<variant>/yyyy/mm/dd/hh/…); the record does not name it.';
comment on column sagemaker_capture.variant is 'Production variant by the path of the file.';
comment on column sagemaker_capture.inference_id is 'InferenceId that the caller chose.';
comment on column sagemaker_capture.custom_attributes is 'X-Amzn-SageMaker-Custom-Attributes of the call.';
comment on column sagemaker_capture.input_encoding is 'CSV, JSON or BASE64, as captured.';
comment on column sagemaker_capture.input_data is 'The request body as text; base64 of text is decoded, base64 of anything else is left as it is (flag input_binary). Null when the side was not captured.';
comment on column sagemaker_capture.output_data is 'The response body, likewise (flag output_binary).';
comment on column sagemaker_capture.ground_truth is 'groundTruthData of a monitoring job that merged labels in.';
comment on column sagemaker_capture.event_metadata is 'eventMetadata as captured.';
comment on column sagemaker_capture.other_sides is 'Members of captureData beside request and response.';
comment on column sagemaker_capture.unknown is 'Top-level keys that this version does not know, with their values.';
comment on column sagemaker_capture.flags is 'no_event_time, input_binary, output_binary, event_id_conflict, invalid_utf8. Capture samples requests: an absent record is no absent request.';

create table if not exists sagemaker_manifest (
    artifact_id bigint not null,
    record_no bigint not null,
    direction varchar,
    prefix varchar,
    keys varchar[],
    json json,
    flags varchar[],
);
comment on table sagemaker_manifest is 'A manifest of S3 objects, as batch transform capture and training inputs have them: a prefix and the keys below it.';
comment on column sagemaker_manifest.direction is 'input or output, by the path of the file; null when it does not say.';
comment on column sagemaker_manifest.keys is 'Objects relative to prefix.';
