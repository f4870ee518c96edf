-- ---
-- id: aic-tamper-then-deploy
-- version: 1.0.0
-- title: Model artifact changed, then deployed
-- status: stable
-- severity: critical
-- element: ai-changes
-- attack: [T1565.001, T1525]
-- atlas: [AML.T0018]
-- description: >-
--   Finds the chain from a write of a model artifact to an endpoint within days: a model that is created from it, or one
--   that already names it, its endpoint configuration, and the update that loads it; an approval of a model package that
--   names it counts as well. Critical when the same identity made both ends or the attacker holds both, high otherwise;
--   chains in which pipeline and deployment roles made every step are left out. Gives the minutes between the steps.
--   Misses artifacts that nobody recorded writing, and endpoints that reload on their own.
-- requires:
--   cloudtrail_event: needed
--   v_object_write: optional
--   v_sagemaker_deployment: optional
--   v_sagemaker_endpoint_config: optional
--   v_sagemaker_model: optional
--   s3_access: helpful
--   ref_principal: helpful
--   v_flagged: optional
-- parameters:
--   span: {type: interval, default: 72 hours, description: time from the write to the last step}
-- false_positives:
--   - A promotion by hand; it has the same shape and differs by identity and hour.
-- references:
--   - https://docs.aws.amazon.com/sagemaker/latest/dg/realtime-endpoints-deploy-models.html
-- changelog:
--   1.0.0: first version
-- ---
with artifact_uri as (
    select distinct unnest(data_uris) as uri
    from v_sagemaker_model
    union
    select distinct unnest(
        json_extract_string(request_parameters, '$.inferenceSpecification.containers[*].modelDataUrl')
    ) as uri
    from cloudtrail_event
    where event_source = 'sagemaker.amazonaws.com'
        and event_name = 'CreateModelPackage'
),
write as (
    select
        artifact_uri.uri,
        object.event_time,
        object.bucket,
        object.key,
        object.operation,
        object.version_id,
        object.size,
        object.principal,
        object.credential,
        object.source_ip_address,
        object.source,
        object.artifact_id,
        object.record_no
    from v_object_write as object
    join artifact_uri
        on uri_bucket(artifact_uri.uri) = object.bucket
        and (
            object.key = uri_key(artifact_uri.uri)
            or ends_with(artifact_uri.uri, '/')
            and starts_with(object.key, uri_key(artifact_uri.uri))
        )
    where not object.is_delete
),
model as (
    select
        *,
        coalesce(region, '') as place,
        coalesce(created, timestamptz '1970-01-01 00:00:00+00') as valid_from
    from v_sagemaker_model
    -- The call is exact; the answer repeats it.
    qualify row_number() over (
        partition by model, coalesce(region, ''), coalesce(created, timestamptz '1970-01-01 00:00:00+00')
        order by source desc, artifact_id, record_no
    ) = 1
),
config as (
    select
        *,
        coalesce(region, '') as place,
        coalesce(created, timestamptz '1970-01-01 00:00:00+00') as valid_from
    from v_sagemaker_endpoint_config
    qualify row_number() over (
        partition by config, coalesce(region, ''), coalesce(created, timestamptz '1970-01-01 00:00:00+00')
        order by source desc, artifact_id, record_no
    ) = 1
),
-- Every endpoint with what it loads, at the moment of its creation or update.
configured as (
    select
        deployment.deployed,
        deployment.endpoint,
        deployment.config,
        deployment.event_name,
        coalesce(deployment.region, '') as place,
        deployment.account_id,
        deployment.principal,
        deployment.credential,
        deployment.source_ip_address,
        deployment.artifact_id,
        deployment.record_no,
        config.created as config_created,
        config.source as config_source,
        config.artifact_id as config_artifact,
        config.record_no as config_record,
        unnest(config.models) as model
    from (
        select
            *,
            coalesce(region, '') as place
        from v_sagemaker_deployment
        where source = 'cloudtrail_event'
            and config is not null
    ) as deployment
    asof join config
        on config.config = deployment.config
        and config.place = deployment.place
        and config.valid_from <= deployment.deployed + interval 1 second
),
loaded as (
    select
        configured.*,
        model.created as model_created,
        model.source as model_source,
        model.artifact_id as model_artifact,
        model.record_no as model_record,
        model.principal as model_principal,
        model.images,
        unnest(model.data_uris) as uri
    from configured
    asof join model
        on model.model = configured.model
        and model.place = configured.place
        and model.valid_from <= configured.deployed + interval 1 second
),
-- Approved packages deploy by themselves.
package as (
    select
        event_time as deployed,
        coalesce(
            request_parameters ->> '$.modelPackageGroupName',
            response_elements ->> '$.modelPackageArn',
            request_parameters ->> '$.modelPackageArn'
        ) as endpoint,
        event_name,
        coalesce(aws_region, '') as place,
        recipient_account_id as account_id,
        principal,
        credential,
        source_ip_address,
        artifact_id,
        record_no,
        response_elements ->> '$.modelPackageArn' as created_package,
        request_parameters ->> '$.modelPackageArn' as approved_package,
        request_parameters ->> '$.modelApprovalStatus' as approval,
        json_extract_string(
            request_parameters,
            '$.inferenceSpecification.containers[*].modelDataUrl'
        ) as data_uris
    from cloudtrail_event
    where event_source = 'sagemaker.amazonaws.com'
        and event_name in ('CreateModelPackage', 'UpdateModelPackage')
        and error_code is null
),
approved as (
    select
        approval.* exclude (data_uris, created_package, approved_package, approval),
        unnest(
            case
                when approval.event_name = 'CreateModelPackage' then approval.data_uris
                else created.data_uris
            end
        ) as uri
    from package as approval
    left join package as created
        on created.event_name = 'CreateModelPackage'
        and created.created_package = approval.approved_package
    where approval.approval = 'Approved'
),
target as (
    select * from loaded
    union all by name
    select * from approved
),
pair as (
    select
        write.uri,
        write.event_time as written_at,
        write.bucket,
        write.key,
        write.operation,
        write.version_id,
        write.size,
        write.principal as writer,
        write.credential as writer_credential,
        write.source_ip_address as writer_address,
        write.source as write_source,
        write.artifact_id as write_artifact,
        write.record_no as write_record,
        target.* exclude (uri)
    from write
    join target
        on target.uri = write.uri
        and target.deployed >= write.event_time - interval 1 second
        and target.deployed <= write.event_time + $span::interval
    -- The last write before a deployment is the one that it loads.
    qualify row_number() over (
        partition by target.artifact_id, target.record_no, target.endpoint, write.uri
        order by write.event_time desc, write.artifact_id desc, write.record_no desc
    ) = 1
),
pipeline as (
    select distinct actor.principal
    from (
        select writer as principal from pair
        union
        select principal from pair
    ) as actor
    join ref_principal as known
        on known.class in ('pipeline', 'ci', 'model_writer')
        and principal_matches(known.principal, actor.principal)
),
-- Read once: the view is costly.
flagged as materialized (
    select
        value,
        since
    from v_flagged
    where kind in ('principal', 'credential')
),
judged as (
    select
        pair.*,
        pair.writer = pair.principal as is_same_actor,
        exists (
            select 1
            from flagged
            where flagged.value in (pair.writer, pair.writer_credential)
                and pair.written_at >= flagged.since - interval 1 second
        )
        and exists (
            select 1
            from flagged
            where flagged.value in (pair.principal, pair.credential)
                and pair.deployed >= flagged.since - interval 1 second
        ) as is_linked
    from pair
    where pair.writer not in (select principal from pipeline)
        or pair.writer is null
        or pair.principal not in (select principal from pipeline)
        or pair.principal is null
),
-- The first deployment of a write tells the chain, later ones are counted.
chain as (
    select
        judged.*,
        count(*) over (partition by write_artifact, write_record, endpoint) as deployments
    from judged
    qualify row_number() over (
        partition by write_artifact, write_record, endpoint
        order by deployed, artifact_id, record_no
    ) = 1
)
select
    'object' as entity_type,
    uri as entity,
    case when is_same_actor or is_linked then 'critical' else 'high' end as severity,
    written_at as first_seen,
    deployed as last_seen,
    2
    + coalesce((model_source = 'cloudtrail_event' and model_created >= written_at - interval 1 second)::bigint, 0)
    + coalesce((config_source = 'cloudtrail_event' and config_created >= written_at - interval 1 second)::bigint, 0)
        as event_count,
    short_name(writer) || ' wrote ' || key || ' in ' || bucket || ' at ' || moment(written_at)
    || coalesce(' (version ' || version_id || ')', '')
    || case
        when model_source = 'cloudtrail_event' and model_created >= written_at - interval 1 second
        then '; model ' || model || ' created '
            || counted(date_diff('minute', written_at, model_created), 'minute') || ' later'
        when model is not null then '; model ' || model || ' already names it'
        else ''
    end
    || case
        when config_source = 'cloudtrail_event' and config_created >= written_at - interval 1 second
        then '; configuration ' || config || ' after '
            || counted(date_diff('minute', written_at, config_created), 'minute')
        else ''
    end
    || '; ' || case
        when is_same_actor then 'the same identity'
        else short_name(principal)
    end
    || case
        when model is not null then ' made endpoint ' || endpoint || ' load it'
        else ' approved package ' || coalesce(endpoint, 'of the record')
    end
    || ' after ' || counted(date_diff('minute', written_at, deployed), 'minute')
    || case when is_linked then '; the attacker holds both ends' else '' end as summary,
    [{'table': write_source, 'artifact_id': write_artifact, 'record_no': write_record}]
    || case
        when model_source is not null
        then [{'table': model_source, 'artifact_id': model_artifact, 'record_no': model_record}]
        else []
    end
    || case
        when config_source is not null
        then [{'table': config_source, 'artifact_id': config_artifact, 'record_no': config_record}]
        else []
    end
    || [{'table': 'cloudtrail_event', 'artifact_id': artifact_id, 'record_no': record_no}] as records,
    writer as actor,
    writer_address as source_ip,
    nullif(place, '') as region,
    account_id,
    endpoint as resource,
    {
        'written': written_at,
        'model_created': model_created,
        'config_created': config_created,
        'deployed': deployed,
        'minutes_to_model': case
            when model_created >= written_at - interval 1 second
            then date_diff('minute', written_at, model_created)
        end,
        'minutes_to_config': case
            when config_created >= written_at - interval 1 second
            then date_diff('minute', written_at, config_created)
        end,
        'minutes_to_deployment': date_diff('minute', written_at, deployed),
        'model': model,
        'images': images,
        'config': config,
        'endpoint': endpoint,
        'operation': event_name,
        'version_id': version_id,
        'bytes': size,
        'writer': writer,
        'deployer': principal,
        'same_actor': is_same_actor,
        'linked': is_linked,
        'deployments': deployments,
        'credentials': list_distinct(
            list_filter([writer_credential, credential], lambda key_id : key_id is not null)
        )
    } as metrics
from chain
order by
    first_seen,
    entity,
    last_seen,
    endpoint
