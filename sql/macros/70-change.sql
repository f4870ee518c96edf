-- What changes of infrastructure and of AI resources look like in CloudTrail.

-- A JSON value as a list of JSON values: XML services write one child as an object and several as an array, and no child
-- as an empty text. An object is the only item, an array its items; everything else is no item.
create or replace macro json_items(value) as
    case json_type(value)
        when 'ARRAY' then from_json(value, '["json"]')
        when 'OBJECT' then [value::json]
        else []::json[]
    end;

-- Name of a Lambda function without account, version and alias: the request carries the name or any ARN of it.
create or replace macro function_name(function_name_or_arn) as
    nullif(split_part(regexp_replace(function_name_or_arn, '^.*\bfunction:', ''), ':', 1), '');

-- Bucket and key of an S3 URI; null for what is none.
create or replace macro uri_bucket(uri) as
    nullif(regexp_extract(uri, '^s3[an]?://([^/]+)', 1), '');
create or replace macro uri_key(uri) as
    nullif(regexp_extract(uri, '^s3[an]?://[^/]+/(.*)$', 1), '');

-- Account of the registry of a container image; null when it is no ECR image.
create or replace macro registry_account(image) as
    nullif(regexp_extract(image, '^([0-9]{12})\.dkr\.ecr[.-]', 1), '');

-- Host of a line of a shell script that does nothing but pipe a download into a shell; '' for every other line.
create or replace macro piped_host(line) as
    regexp_extract(
        line,
        '^\s*(?:sudo\s+)?(?:curl|wget)\s+(?:-[A-Za-z-]+\s+)*https://([A-Za-z0-9.-]+)/\S*'
        || '\s*\|\s*(?:sudo\s+)?(?:ba)?sh\s*$',
        1
    );
