-- ---
-- id: seq-model-tamper
-- version: 1.0.0
-- title: An artifact replaced and put into service
-- status: stable
-- element: ai-changes
-- attack: [T1565.001, T1525]
-- atlas: [AML.T0018, AML.T0010.003]
-- description: >-
--   Finds endpoints that were made to serve a model whose artifact somebody other than a known writer of models
--   wrote before, with the call that made the model, its configuration and the deployment, and whether capture was
--   off in it. Misses models that were made before the artifact was replaced.
-- requires:
--   v_object_write: optional
--   v_sagemaker_model: optional
--   v_sagemaker_endpoint_config: optional
--   v_sagemaker_deployment: optional
--   cloudtrail_event: needed
--   ref_principal: helpful
-- steps:
--   - {name: reads the artifact, optional: true}
--   - {name: replaces the artifact}
--   - {name: makes a model of it}
--   - {name: makes an endpoint configuration}
--   - {name: captures no data in it, optional: true}
--   - {name: deploys it}
-- scenarios: [model-tampering]
-- parameters:
--   max_span: {type: interval, default: 72 hours, description: longest time from the first to the last step}
-- changelog:
--   1.0.0: first version
-- ---
with deployed as materialized (
    select
        deployment.endpoint as entity,
        deployment.deployed,
        deployment.event_name,
        deployment.principal,
        deployment.source_ip_address,
        deployment.artifact_id,
        deployment.record_no,
        setting,
        made
    from v_sagemaker_deployment as deployment
    join v_sagemaker_endpoint_config as setting
        on setting.config = deployment.config
        and setting.source = 'cloudtrail_event'
        and setting.created <= deployment.deployed + interval 1 second
    join v_sagemaker_model as made
        on list_contains(setting.models, made.model)
        and made.source = 'cloudtrail_event'
    where deployment.source = 'cloudtrail_event'
),
artifact as materialized (
    select distinct
        entity,
        uri_bucket(uri) as bucket,
        uri_key(uri) as key
    from (
        select
            entity,
            unnest(made.data_uris) as uri
        from deployed
    )
),
write as (
    select
        artifact.entity,
        object.*
    from v_object_write as object
    join artifact
        on artifact.bucket = object.bucket
        and artifact.key = object.key
    where not object.is_delete
        and not exists (
            from ref_principal as known
            where known.class in ('model_writer', 'pipeline', 'ci')
                and principal_matches(known.principal, object.principal)
        )
),
seen as (
    select
        artifact.entity,
        1 as step_no,
        event.event_time,
        call_summary(event.principal, event.event_name, null, event.source_ip_address) as summary,
        'cloudtrail_event' as "table",
        event.artifact_id,
        event.record_no
    from cloudtrail_event as event
    join artifact
        on artifact.bucket = (event.request_parameters ->> '$.bucketName')
        and artifact.key = (event.request_parameters ->> '$.key')
    where event.event_name = 'GetObject'
        and event.error_code is null
        and event.principal in (select principal from write)
    union all
    select
        entity,
        2,
        event_time,
        call_summary(principal, operation, null, source_ip_address) || coalesce(', version ' || version_id, ''),
        source,
        artifact_id,
        record_no
    from write
    union all
    select distinct
        entity,
        3,
        made.created,
        call_summary(made.principal, 'CreateModel', null, made.source_ip_address) || ': ' || made.model,
        'cloudtrail_event',
        made.artifact_id,
        made.record_no
    from deployed
    union all
    select distinct
        entity,
        unnest(case when setting.captures is false then [4, 5] else [4] end),
        setting.created,
        call_summary(setting.principal, 'CreateEndpointConfig', null, setting.source_ip_address)
        || ': ' || setting.config,
        'cloudtrail_event',
        setting.artifact_id,
        setting.record_no
    from deployed
    union all
    select distinct
        entity,
        6,
        deployed,
        call_summary(principal, event_name, null, source_ip_address),
        'cloudtrail_event',
        artifact_id,
        record_no
    from deployed
)
select
    'endpoint' as entity_type,
    *
from sequence_records('seen', [2, 3, 4, 6], $max_span::interval)
order by
    started,
    entity,
    step_no,
    event_time,
    "table",
    artifact_id,
    record_no
