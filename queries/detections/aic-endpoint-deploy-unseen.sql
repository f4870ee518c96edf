-- ---
-- id: aic-endpoint-deploy-unseen
-- version: 1.0.0
-- title: Endpoint deployed with an unknown identity, image or artifact
-- status: stable
-- severity: high
-- element: ai-changes
-- attack: [T1525, T1610, T1204.003]
-- atlas: [AML.T0018, AML.T0010.004]
-- description: >-
--   Finds endpoints that were created or updated, followed back by name to the endpoint configuration, the models, their
--   images and artifacts: an image from a registry that is neither ours nor of AWS (critical, also when no endpoint runs
--   it yet), an image not used before the case, an artifact outside the known model buckets or written within a day by
--   somebody outside the pipeline, a deployment by an identity that is no pipeline role. Misses images behind an
--   unchanged tag, model packages, and models that no call and no collected answer describes.
-- requires:
--   cloudtrail_event: needed
--   v_sagemaker_deployment: optional
--   v_sagemaker_endpoint_config: optional
--   v_sagemaker_model: optional
--   v_object_write: optional
--   ref_account: optional
--   ref_bucket: helpful
--   ref_case: optional
--   ref_principal: helpful
-- parameters:
--   fresh: {type: interval, default: 24 hours, description: an artifact written this long before the deployment is fresh}
--   case_from: {type: timestamptz, default: case, description: start of the period of interest}
--   base_to: {type: timestamptz, default: case, description: end of the baseline; the start of the case when empty}
-- false_positives:
--   - A hot fix by an engineer on call.
--   - A vendor's image; list the account as org in reference/account.csv when it is trusted like ours.
-- references:
--   - https://docs.aws.amazon.com/sagemaker/latest/dg/your-algorithms-inference-code.html
-- changelog:
--   1.0.0: first version
-- ---
with deployment as (
    select
        *,
        coalesce(region, '') as place
    from v_sagemaker_deployment
    where source = 'cloudtrail_event'
        and config is not null
),
config as (
    select
        *,
        coalesce(region, '') as place,
        coalesce(created, timestamptz '1970-01-01 00:00:00+00') as valid_from
    from v_sagemaker_endpoint_config
    -- The call is exact; the answer repeats it.
    qualify row_number() over (
        partition by config, coalesce(region, ''), coalesce(created, timestamptz '1970-01-01 00:00:00+00')
        order by source desc, artifact_id, record_no
    ) = 1
),
model as (
    select
        *,
        coalesce(region, '') as place,
        coalesce(created, timestamptz '1970-01-01 00:00:00+00') as valid_from
    from v_sagemaker_model
    qualify row_number() over (
        partition by model, coalesce(region, ''), coalesce(created, timestamptz '1970-01-01 00:00:00+00')
        order by source desc, artifact_id, record_no
    ) = 1
),
configured as (
    select
        deployment.*,
        config.created as config_created,
        config.source as config_source,
        config.artifact_id as config_artifact,
        config.record_no as config_record,
        config.models
    from deployment
    asof left join config
        on config.config = deployment.config
        and config.place = deployment.place
        and config.valid_from <= deployment.deployed + interval 1 second
),
placed as (
    select
        * exclude (models),
        unnest(case when len(models) > 0 then models else [null] end) as model
    from configured
),
-- Where a model runs, and models that run nowhere.
chain as (
    select
        placed.endpoint,
        placed.config,
        placed.deployed,
        placed.event_name,
        placed.place,
        coalesce(placed.account_id, model.account_id) as account_id,
        placed.principal,
        placed.credential,
        placed.source_ip_address,
        placed.artifact_id,
        placed.record_no,
        placed.config_created,
        placed.config_source,
        placed.config_artifact,
        placed.config_record,
        model.model,
        model.created as model_created,
        model.images,
        model.data_uris,
        model.role,
        model.source as model_source,
        model.artifact_id as model_artifact,
        model.record_no as model_record
    from placed
    asof left join model
        on model.model = placed.model
        and model.place = placed.place
        and model.valid_from <= placed.deployed + interval 1 second
    union all by name
    select
        model.created as deployed,
        model.place,
        model.account_id,
        model.principal,
        model.credential,
        model.source_ip_address,
        model.model,
        model.created as model_created,
        model.images,
        model.data_uris,
        model.role,
        model.source as model_source,
        model.artifact_id as model_artifact,
        model.record_no as model_record
    from model
    where model.source = 'cloudtrail_event'
        and not exists (
            select 1
            from placed
            where placed.model = model.model
                and placed.place = model.place
                and placed.deployed >= model.valid_from - interval 1 second
        )
),
-- What ran here before, in models and in jobs.
old_image as (
    select unnest(images) as image
    from model
    where valid_from < coalesce($base_to::timestamptz, $case_from::timestamptz)
    union all
    select coalesce(
        request_parameters ->> '$.algorithmSpecification.trainingImage',
        request_parameters ->> '$.appSpecification.imageUri'
    ) as image
    from cloudtrail_event
    where event_source = 'sagemaker.amazonaws.com'
        and event_name in ('CreateTrainingJob', 'CreateProcessingJob')
        and event_time < coalesce($base_to::timestamptz, $case_from::timestamptz)
        and error_code is null
),
known as (
    select
        (
            select coalesce(list(distinct account order by account), [])
            from ref_account
            where class = 'org'
        )
        || (select coalesce(flatten(list(accounts order by case_from)), []) from ref_case) as own_account,
        (
            select coalesce(list(distinct bucket order by bucket), [])
            from ref_bucket
            where class = 'model'
        ) as model_bucket,
        (select count(*) > 0 from ref_principal where class = 'pipeline') as knows_pipelines,
        (select coalesce(list(distinct image order by image), []) from old_image) as old_image
),
pipeline as (
    select distinct actor.principal
    from (
        select principal from chain
        union
        select principal from v_object_write where exists (from chain)
    ) as actor
    join ref_principal as listed
        on listed.class in ('pipeline', 'ci', 'model_writer')
        and principal_matches(listed.principal, actor.principal)
),
artifact_uri as (
    select distinct unnest(data_uris) as uri
    from chain
),
written as (
    select
        artifact_uri.uri,
        event_time as written_at,
        write.principal as writer,
        write.source,
        write.artifact_id,
        write.record_no
    from v_object_write as write
    join artifact_uri
        on uri_bucket(artifact_uri.uri) = write.bucket
        and (
            write.key = uri_key(artifact_uri.uri)
            or ends_with(artifact_uri.uri, '/')
            and starts_with(write.key, uri_key(artifact_uri.uri))
        )
    where not exists (
            select 1
            from pipeline
            where pipeline.principal = write.principal
        )
),
fresh as (
    select
        chain.endpoint,
        chain.model,
        chain.deployed,
        max(written.written_at) as written_at,
        arg_max(written.writer, written.written_at) as writer,
        arg_max(
            {
                'table': written.source,
                'artifact_id': written.artifact_id,
                'record_no': written.record_no
            },
            written.written_at
        ) as write_record
    from chain
    join written
        on list_contains(chain.data_uris, written.uri)
        and written.written_at <= chain.deployed + interval 1 second
        and written.written_at >= chain.deployed - $fresh::interval
    group by
        chain.endpoint,
        chain.model,
        chain.deployed
),
judged as (
    select
        chain.*,
        fresh.written_at,
        fresh.writer,
        fresh.write_record,
        list_filter(
            chain.images,
            lambda image : not coalesce(
                registry_account(image) = chain.account_id
                or list_contains(known.own_account, registry_account(image))
                or list_contains(aws_registry_account(), registry_account(image)),
                false
            )
        ) as foreign_image,
        case
            when chain.deployed >= coalesce($base_to::timestamptz, $case_from::timestamptz)
            then list_filter(chain.images, lambda image : not list_contains(known.old_image, image))
            else []
        end as new_image,
        case
            when len(known.model_bucket) > 0
            then list_filter(
                chain.data_uris,
                lambda uri : not coalesce(list_contains(known.model_bucket, uri_bucket(uri)), false)
            )
            else []
        end as foreign_data,
        known.knows_pipelines
        and not exists (
            select 1
            from pipeline
            where pipeline.principal = chain.principal
        ) as is_outside_pipeline
    from chain
    cross join known
    left join fresh
        on fresh.endpoint is not distinct from chain.endpoint
        and fresh.model is not distinct from chain.model
        and fresh.deployed = chain.deployed
),
finding as (
    select
        endpoint,
        config,
        deployed,
        event_name,
        place,
        account_id,
        principal,
        credential,
        source_ip_address,
        artifact_id,
        record_no,
        config_created,
        config_source,
        config_artifact,
        config_record,
        case when endpoint is null then model end as lone_model,
        bool_or(is_outside_pipeline) as is_outside_pipeline,
        distinct_values(model) as model,
        list_distinct(flatten(list(coalesce(images, []) order by model))) as image,
        list_distinct(flatten(list(coalesce(data_uris, []) order by model))) as data_uri,
        list_distinct(flatten(list(coalesce(foreign_image, []) order by model))) as foreign_image,
        list_distinct(flatten(list(coalesce(new_image, []) order by model))) as new_image,
        list_distinct(flatten(list(coalesce(foreign_data, []) order by model))) as foreign_data,
        distinct_values(role) as role,
        max(written_at) as written_at,
        arg_max(writer, written_at) as writer,
        arg_max(write_record, written_at) as write_record,
        min(model_created) as model_created,
        list(
            {'table': model_source, 'artifact_id': model_artifact, 'record_no': model_record}
            order by model_created, model_artifact, model_record
        ) filter (model_source is not null) as model_records,
        min(model_created) filter (model_source = 'cloudtrail_event') as model_called,
        count(*) filter (model_source = 'cloudtrail_event') as model_calls
    from judged
    group by
        endpoint,
        config,
        deployed,
        event_name,
        place,
        account_id,
        principal,
        credential,
        source_ip_address,
        artifact_id,
        record_no,
        config_created,
        config_source,
        config_artifact,
        config_record,
        case when endpoint is null then model end
),
reasoned as (
    select
        *,
        len(foreign_image) > 0 as is_foreign,
        list_filter(
            [
                case
                    when len(foreign_image) > 0
                    then 'image of a foreign registry ' || named(foreign_image)
                end,
                case
                    when endpoint is not null and len(foreign_image) = 0 and len(new_image) > 0
                    then 'image not used before ' || named(new_image)
                end,
                case
                    when endpoint is not null and len(foreign_data) > 0
                    then 'artifact outside the model buckets ' || named(foreign_data)
                end,
                case
                    when endpoint is not null and written_at is not null
                    then 'artifact written at ' || moment(written_at) || ' by ' || short_name(writer)
                end,
                case when endpoint is not null and is_outside_pipeline then 'no pipeline role' end
            ],
            lambda reason : reason is not null
        ) as reason
    from finding
)
select
    case when endpoint is null then 'model' else 'endpoint' end as entity_type,
    coalesce(endpoint, lone_model) as entity,
    case when is_foreign then 'critical' else 'high' end as severity,
    least(
        deployed,
        coalesce(model_called, deployed),
        case when config_source = 'cloudtrail_event' then config_created else deployed end
    ) as first_seen,
    deployed as last_seen,
    model_calls
    + coalesce((config_source = 'cloudtrail_event')::bigint, 0)
    + (endpoint is not null)::bigint as event_count,
    short_name(principal) || case
        when endpoint is null then ' created model ' || lone_model
        else ' deployed ' || coalesce(nullif(named(model), ''), 'a model') || ' with ' || config
            || ' on ' || endpoint
    end
    || ' at ' || moment(deployed) || ': ' || array_to_string(reason, ', ')
    || case
        when endpoint is not null and model_called is not null
        then '; model created at ' || moment(model_called)
        else ''
    end as summary,
    coalesce(model_records, [])
    || case
        when write_record is not null then [write_record]
        else []
    end
    || case
        when config_source is not null
        then [{'table': config_source, 'artifact_id': config_artifact, 'record_no': config_record}]
        else []
    end
    || case
        when endpoint is not null
        then [{'table': 'cloudtrail_event', 'artifact_id': artifact_id, 'record_no': record_no}]
        else []
    end as records,
    principal as actor,
    source_ip_address as source_ip,
    nullif(place, '') as region,
    account_id,
    coalesce(endpoint, lone_model) as resource,
    {
        'reasons': reason,
        'models': model,
        'images': image,
        'registry_accounts': list_distinct(
            list_filter(
                list_transform(image, lambda each : registry_account(each)),
                lambda each : each is not null
            )
        ),
        'data_uris': data_uri,
        'roles': role,
        'config': config,
        'operation': event_name,
        'model_created': model_created,
        'config_created': config_created,
        'deployed': case when endpoint is not null then deployed end,
        'artifact_written': written_at,
        'artifact_writer': writer,
        'outside_pipeline': is_outside_pipeline,
        'credential': credential
    } as metrics
from reasoned
where len(reason) > 0
order by
    first_seen,
    entity,
    last_seen
