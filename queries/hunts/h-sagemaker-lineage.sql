-- ---
-- id: h-sagemaker-lineage
-- version: 1.0.0
-- title: Where does this endpoint, model or artifact come from?
-- status: stable
-- description: >-
--   Finds the chain from endpoints over their configurations and models to images, artifacts, the last writer of the
--   artifact before the model was made, and the training job whose output it is. Misses artifacts whose writes are
--   neither in the trail nor in an access log.
-- requires:
--   v_sagemaker_deployment: helpful
--   v_sagemaker_endpoint_config: helpful
--   v_sagemaker_model: needed
--   v_object_write: optional
--   v_training_job: optional
-- parameters:
--   name: {type: text, default: null, description: "part of the name of an endpoint, configuration, model, artifact or job"}
-- references: []
-- changelog:
--   1.0.0: first version
-- ---
with model as (
    select
        *,
        unnest(case when len(data_uris) = 0 then [null] else data_uris end) as data_uri
    from v_sagemaker_model
    qualify row_number() over (
        partition by region, model
        order by source desc, created, artifact_id, record_no
    ) = 1
),
config as (
    select
        * exclude (models),
        unnest(models) as model
    from v_sagemaker_endpoint_config
    qualify row_number() over (
        partition by region, config
        order by source desc, created, artifact_id, record_no
    ) = 1
),
written as (
    select
        event_time,
        bucket,
        key,
        version_id,
        principal,
        credential,
        artifact_id,
        record_no
    from v_object_write
    where not is_delete
        and event_time is not null
        and bucket in (select uri_bucket(data_uri) from model)
),
job as (
    select distinct
        job,
        created,
        creator,
        role_arn,
        model_artifact,
        output_uri,
        input_uri
    from v_training_job
),
deployment as (
    select
        *,
        lead(deployed) over (partition by region, endpoint order by deployed, source desc) as until
    from v_sagemaker_deployment
),
chain as (
    select
        deployment.endpoint,
        deployment.deployed,
        deployment.until,
        deployment.principal as deployer,
        config.config,
        config.created as config_created,
        config.principal as config_creator,
        config.captures,
        model.model,
        model.created as model_created,
        model.principal as model_creator,
        model.role,
        model.images,
        model.data_uri,
        written.event_time as artifact_written,
        written.principal as artifact_writer,
        written.version_id as artifact_version,
        coalesce(deployment.artifact_id, config.artifact_id, model.artifact_id) as artifact_id,
        coalesce(deployment.record_no, config.record_no, model.record_no) as record_no,
        model.artifact_id as model_artifact_id,
        model.record_no as model_record_no,
        written.artifact_id as write_artifact_id,
        written.record_no as write_record_no
    from model
    left join config
        on config.model = model.model
        and config.region is not distinct from model.region
    left join deployment
        on deployment.config = config.config
        and deployment.region is not distinct from config.region
    asof left join written
        on written.bucket = uri_bucket(model.data_uri)
        and written.key = uri_key(model.data_uri)
        and coalesce(model.created, timestamptz '9999-01-01 00:00:00+00') >= written.event_time
)
select
    chain.endpoint,
    chain.deployed,
    chain.until,
    chain.deployer,
    chain.config,
    chain.config_created,
    chain.config_creator,
    chain.captures,
    chain.model,
    chain.model_created,
    chain.model_creator,
    chain.role,
    chain.images,
    list_sort(
        list_distinct(list_transform(chain.images, lambda image : coalesce(registry_account(image), 'not ECR')))
    ) as registries,
    chain.data_uri,
    chain.artifact_written,
    chain.artifact_writer,
    chain.artifact_version,
    job.job as training_job,
    job.created as job_created,
    job.creator as job_creator,
    job.input_uri,
    chain.model_artifact_id,
    chain.model_record_no,
    chain.write_artifact_id,
    chain.write_record_no,
    chain.artifact_id,
    chain.record_no
from chain
left join job
    on job.model_artifact = chain.data_uri
where $name::varchar is null
    or contains(
        lower(concat_ws(' ', chain.endpoint, chain.config, chain.model, chain.data_uri, job.job)),
        lower($name::varchar)
    )
order by
    chain.endpoint nulls last,
    chain.deployed,
    chain.model,
    chain.data_uri,
    job.job
