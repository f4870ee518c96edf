-- Large bodies lie beside the log: join them back to their invocation.

update bedrock_invocation
set input_body = bedrock_body.body
from bedrock_body
where bedrock_body.request_id = bedrock_invocation.request_id
    and bedrock_body.direction = 'input'
    and bedrock_invocation.input_body is null
    and ends_with(bedrock_body.object_key, regexp_replace(input_body_s3_path, '^s3://[^/]+/', ''));

update bedrock_invocation
set output_body = bedrock_body.body
from bedrock_body
where bedrock_body.request_id = bedrock_invocation.request_id
    and bedrock_body.direction = 'output'
    and bedrock_invocation.output_body is null
    and ends_with(bedrock_body.object_key, regexp_replace(output_body_s3_path, '^s3://[^/]+/', ''));

update bedrock_invocation
set flags = nullif(
    list_concat(
        list_filter(coalesce(flags, []), lambda flag: flag not in ('input_body_missing', 'output_body_missing')),
        case when input_body is null and input_body_s3_path is not null then ['input_body_missing'] else [] end,
        case when output_body is null and output_body_s3_path is not null then ['output_body_missing'] else [] end
    ),
    []
)
where (input_body_s3_path is not null or output_body_s3_path is not null);
