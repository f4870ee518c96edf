-- ---
-- id: h-image-provenance
-- version: 1.0.0
-- title: Which container images do AI resources run, and where do they come from?
-- status: stable
-- description: >-
--   Finds the images of models and jobs with their registry, whether it is the account's own, one of AWS or foreign,
--   first and last use, users, and who pushed the repository's images in the trail. Misses images inside of pipelines
--   and of agents' runtimes.
-- requires:
--   v_training_job: helpful
--   v_sagemaker_model: helpful
--   cloudtrail_event: optional
--   ref_account: optional
-- parameters: {}
-- references: []
-- changelog:
--   1.0.0: first version
-- ---
with used as (
    select
        image,
        'job ' || job as used_by,
        account_id,
        created as event_time,
        creator as who,
        artifact_id,
        record_no
    from v_training_job
    where image is not null
    union all
    select
        unnest(images),
        'model ' || model,
        account_id,
        created,
        principal,
        artifact_id,
        record_no
    from v_sagemaker_model
),
pushed as (
    select
        request_parameters ->> '$.repositoryName' as repository,
        distinct_values(principal) as pushed_by,
        max(event_time) as last_push
    from cloudtrail_event
    where event_source = 'ecr.amazonaws.com'
        and event_name = 'PutImage'
        and error_code is null
    group by repository
),
image as (
    select
        image,
        registry_account(image) as registry,
        regexp_extract(image, '^[^/]+/([^:@]+)', 1) as repository,
        nullif(regexp_extract(image, '[:@]([^/]+)$', 1), '') as tag_or_digest,
        min(event_time) as first_seen,
        max(event_time) as last_seen,
        count(*) as event_count,
        list_slice(distinct_values(used_by), 1, 20) as used_by,
        distinct_values(who) as users,
        min(account_id) as account_id,
        arg_min(artifact_id, row(event_time, artifact_id, record_no)) as artifact_id,
        arg_min(record_no, row(event_time, artifact_id, record_no)) as record_no
    from used
    group by image
)
select
    image.image,
    image.registry,
    case
        when image.registry is null then 'not ECR'
        when image.registry = image.account_id
            or image.registry in (select account from ref_account where class in ('org', 'own'))
        then 'own'
        when list_contains(aws_registry_account(), image.registry) then 'AWS'
        else 'foreign'
    end as registry_class,
    image.tag_or_digest,
    contains(image.image, '@sha256:') as is_pinned,
    image.first_seen,
    image.last_seen,
    image.event_count,
    image.used_by,
    image.users,
    coalesce(pushed.pushed_by, []) as pushed_by,
    pushed.last_push,
    image.artifact_id,
    image.record_no
from image
left join pushed
    on pushed.repository = image.repository
    and image.registry is not distinct from image.account_id
order by
    registry_class,
    image.first_seen,
    image.image
