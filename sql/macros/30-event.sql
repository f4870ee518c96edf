-- What an event was about, in a few words.

-- The thing a CloudTrail call was about: the object or bucket, else the first name or id that the request carries,
-- else the first resource of the record.
create or replace macro event_resource(request_parameters, resources) as
    coalesce(
        case
            when (request_parameters ->> '$.bucketName') is not null
            then 'arn:aws:s3:::' || (request_parameters ->> '$.bucketName')
                || coalesce('/' || (request_parameters ->> '$.key'), '')
        end,
        list_filter(
            json_extract_string(
                request_parameters,
                [
                    '$.modelId', '$.guardrailIdentifier', '$.knowledgeBaseId', '$.agentId', '$.dataSourceId',
                    '$.endpointName', '$.endpointConfigName', '$.trainingJobName', '$.processingJobName',
                    '$.modelName', '$.modelPackageName', '$.notebookInstanceName',
                    '$.notebookInstanceLifecycleConfigName', '$.functionName', '$.secretId', '$.roleArn',
                    '$.roleName', '$.userName', '$.policyArn', '$.topicArn', '$.keyId', '$.name', '$.resourceArn'
                ]
            ),
            lambda value : value is not null
        )[1],
        resources ->> '$[0].ARN',
        resources ->> '$[0].arn'
    );

-- Bytes that an S3 data event of CloudTrail moved, both ways; null when the record does not say.
create or replace macro event_bytes(additional_event_data) as
    list_sum(
        list_transform(
            json_extract_string(additional_event_data, ['$.bytesTransferredOut', '$.bytesTransferredIn']),
            lambda number : try_cast(try_cast(number as double) as bigint)
        )
    )::bigint;

-- A service without its domain: bedrock.amazonaws.com is bedrock.
create or replace macro short_source(event_source) as
    regexp_replace(event_source, '\.amazonaws\.com(\.cn)?$', '');

-- What kind of data an object is: class of the longest known prefix of its bucket, else class of the bucket. DuckDB
-- evaluates the subquery once per distinct object. Its columns have names that no table has: a caller's column of the
-- same name would be taken for them.
create or replace macro object_class(bucket_name, object_key) as (
    select arg_max(place.place_class, row(len(place.place_prefix), place.place_class))
    from (
        select bucket as place_bucket, prefix as place_prefix, class as place_class
        from ref_prefix
        union all
        select bucket as place_bucket, '' as place_prefix, class as place_class
        from ref_bucket
    ) as place
    where place.place_bucket = bucket_name
        and starts_with(coalesce(object_key, ''), place.place_prefix)
);
