-- ---
-- id: h-endpoint-facts
-- version: 1.0.0
-- title: What is known of this endpoint?
-- status: stable
-- description: >-
--   Finds for each endpoint the configurations that it had, when, by whom, with models and data capture, and how many
--   requests were captured meanwhile, with the last one. Misses endpoints that neither the trail nor a collected answer
--   names.
-- requires:
--   v_sagemaker_deployment: needed
--   v_sagemaker_endpoint_config: helpful
--   sagemaker_capture: helpful
-- parameters:
--   endpoint: {type: text, default: null, description: name of the endpoint}
-- references: []
-- changelog:
--   1.0.0: first version
-- ---
with deployment as (
    select
        *,
        lead(deployed) over (partition by region, endpoint order by deployed, source desc, artifact_id) as until
    from v_sagemaker_deployment
    where $endpoint::varchar is null
        or endpoint = $endpoint::varchar
),
config as (
    select *
    from v_sagemaker_endpoint_config
    qualify row_number() over (
        partition by region, config
        order by source desc, created, artifact_id, record_no
    ) = 1
),
first_deployment as (
    select
        endpoint,
        min(deployed) as deployed
    from deployment
    group by endpoint
),
capture as (
    select
        deployment.artifact_id,
        deployment.record_no,
        count(*) as captured,
        min(capture.event_time) as first_capture,
        max(capture.event_time) as last_capture,
        distinct_values(capture.variant) as variants
    from deployment
    join first_deployment
        on first_deployment.endpoint = deployment.endpoint
    join sagemaker_capture as capture
        on capture.endpoint = deployment.endpoint
        and (capture.event_time >= deployment.deployed or first_deployment.deployed = deployment.deployed)
        and (deployment.until is null or capture.event_time < deployment.until)
    group by
        deployment.artifact_id,
        deployment.record_no
)
select
    deployment.endpoint,
    deployment.account_id,
    deployment.region,
    deployment.deployed,
    deployment.until,
    deployment.event_name as seen_in,
    deployment.principal,
    deployment.source_ip_address as source_ip,
    deployment.config,
    config.created as config_created,
    config.principal as config_creator,
    config.models,
    config.captures,
    config.sampling_percentage,
    config.capture_modes,
    config.capture_uri,
    coalesce(capture.captured, 0) as captured,
    capture.first_capture,
    capture.last_capture,
    deployment.artifact_id,
    deployment.record_no
from deployment
left join config
    on config.config = deployment.config
    and config.region is not distinct from deployment.region
left join capture
    on capture.artifact_id = deployment.artifact_id
    and capture.record_no = deployment.record_no
order by
    deployment.endpoint,
    deployment.deployed,
    deployment.source desc,
    deployment.artifact_id
