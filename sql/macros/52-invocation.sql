-- Invocations of models, as CloudTrail tells them.

-- The model that a call asked for, as the caller wrote it: bedrock-mantle names it `model`, the others `modelId`.
create or replace macro invoked_model(request_parameters) as
    coalesce(request_parameters ->> '$.modelId', request_parameters ->> '$.model');

-- Maker of a model: anthropic, amazon, meta, … Null for imported and custom models, whose ids are no names.
create or replace macro model_provider(base_model) as
    nullif(regexp_extract(base_model, '^([a-z0-9-]+)\.', 1), '');

-- Is a model id a cross-region inference profile of AWS, such as us.anthropic.… or global.anthropic.…?
create or replace macro is_cross_region_profile(model_id) as
    regexp_matches(
        model_id,
        '(^|:inference-profile/)(us|us-gov|eu|apac|jp|au|ca|sa|mx|me|il|uk|global)\.'
    );
