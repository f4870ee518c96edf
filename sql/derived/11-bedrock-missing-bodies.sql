-- A body that the log refers to and that is not in the evidence is missing.

update bedrock_invocation
set flags = nullif(
    list_concat(
        list_filter(coalesce(flags, []), lambda flag: flag not in ('input_body_missing', 'output_body_missing')),
        case when input_bytes is null and input_body_s3_path is not null then ['input_body_missing'] else [] end,
        case when output_bytes is null and output_body_s3_path is not null then ['output_body_missing'] else [] end
    ),
    []
)
where (input_body_s3_path is not null or output_body_s3_path is not null);
