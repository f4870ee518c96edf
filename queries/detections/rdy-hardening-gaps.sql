-- ---
-- id: rdy-hardening-gaps
-- version: 1.0.0
-- title: AI resources and identities that are not hardened
-- status: stable
-- severity: low
-- element: readiness
-- attack: []
-- atlas: []
-- description: >-
--   Finds gaps in the hardening of AI workloads, as last collected, one finding per thing with all of its gaps and a
--   recommendation for each: training and processing jobs outside a VPC, without network isolation or with plain traffic
--   between containers; notebooks with direct internet access, root access or the first version of instance metadata;
--   endpoints without a key of KMS; agents without a guardrail and calls with the DRAFT of one; one role for training,
--   models and notebooks; VPCs without an endpoint for the AI services in use; users with a long-term key and rights on
--   Bedrock or SageMaker; users of Bedrock API keys. It says what could be misused, not that it was. Misses what nobody
--   asked AWS about, and hardening by policies of the organization.
-- requires:
--   api_snapshot: helpful
--   iam_principal: helpful
--   v_iam_permission: optional
--   iam_credential_report: optional
--   cloudtrail_event: optional
--   bedrock_invocation: optional
-- preconditions:
--   - query: select exists (from iam_principal) or exists (from api_snapshot)
--     otherwise: not_evaluable
--     reason: neither IAM details nor answers of AWS APIs are in the evidence
-- parameters: {}
-- false_positives:
--   - Workloads that are hardened by other means, such as a firewall around their subnet.
-- references:
--   - https://docs.aws.amazon.com/sagemaker/latest/dg/infrastructure-security.html
--   - https://docs.aws.amazon.com/bedrock/latest/userguide/security.html
-- changelog:
--   1.0.0: first version
-- ---
with asked as materialized (
    select
        operation,
        coalesce(
            json ->> '$.TrainingJobName',
            json ->> '$.ProcessingJobName',
            json ->> '$.NotebookInstanceName',
            json ->> '$.EndpointConfigName',
            json ->> '$.ModelName',
            json ->> '$.agent.agentId',
            resource
        ) as name,
        account_id,
        region,
        json,
        collected_at,
        artifact_id,
        record_no
    from api_snapshot
    where operation in (
            'describe-training-job',
            'describe-processing-job',
            'describe-notebook-instance',
            'describe-endpoint',
            'describe-endpoint-config',
            'describe-model',
            'describe-vpc-endpoints',
            'get-agent',
            'list-access-keys',
            'list-service-specific-credentials'
        )
        and error_code is null
    qualify row_number() over (
        partition by operation, region, name
        order by collected_at desc nulls last, artifact_id, record_no
    ) = 1
),
-- Configurations that no endpoint runs any more are of no matter; where no endpoint was asked about, all are.
running as (
    select json ->> '$.EndpointConfigName' as config
    from asked
    where operation = 'describe-endpoint'
),
place as (
    select
        *,
        case
            when operation = 'describe-processing-job' then json -> '$.NetworkConfig'
            else json
        end as network
    from asked
    where operation in ('describe-training-job', 'describe-processing-job')
),
resource_gap as (
    select
        case when operation = 'describe-training-job' then 'training job' else 'processing job' end as entity_type,
        name as entity,
        unnest(
            [
                case when json_extract(network, '$.VpcConfig.Subnets[0]') is null then 'no VPC' end,
                case
                    when (network ->> '$.EnableNetworkIsolation') is distinct from 'true' then 'no network isolation'
                end,
                case
                    when (network ->> '$.EnableInterContainerTrafficEncryption') is distinct from 'true'
                        and coalesce(
                            try_cast(
                                coalesce(
                                    json ->> '$.ResourceConfig.InstanceCount',
                                    json ->> '$.ProcessingResources.ClusterConfig.InstanceCount'
                                ) as bigint
                            ),
                            1
                        ) > 1
                        then 'plain traffic between containers'
                end
            ]
        ) as gap,
        region,
        'api_snapshot' as source,
        collected_at,
        artifact_id,
        record_no
    from place
    union all
    select
        'notebook',
        name,
        unnest(
            [
                case
                    when (json ->> '$.DirectInternetAccess') = 'Enabled' then 'direct internet access'
                end,
                case when (json ->> '$.RootAccess') = 'Enabled' then 'root access' end,
                case
                    when (json ->> '$.InstanceMetadataServiceConfiguration.MinimumInstanceMetadataServiceVersion')
                        is distinct from '2'
                        then 'instance metadata of version 1'
                end
            ]
        ),
        region,
        'api_snapshot',
        collected_at,
        artifact_id,
        record_no
    from asked
    where operation = 'describe-notebook-instance'
    union all
    select
        'endpoint configuration',
        name,
        'no key of KMS',
        region,
        'api_snapshot',
        collected_at,
        artifact_id,
        record_no
    from asked
    where operation = 'describe-endpoint-config'
        and (json ->> '$.KmsKeyId') is null
        and (
            name in (select config from running)
            or not exists (from running)
        )
    union all
    select
        'agent',
        name,
        case
            when (json ->> '$.agent.guardrailConfiguration.guardrailIdentifier') is null then 'no guardrail'
            else 'DRAFT of a guardrail'
        end,
        region,
        'api_snapshot',
        collected_at,
        artifact_id,
        record_no
    from asked
    where operation = 'get-agent'
        and (
            (json ->> '$.agent.guardrailConfiguration.guardrailIdentifier') is null
            or (json ->> '$.agent.guardrailConfiguration.guardrailVersion') = 'DRAFT'
        )
),
draft_call as (
    select
        'application' as entity_type,
        principal as entity,
        'DRAFT of a guardrail' as gap,
        region,
        'bedrock_invocation' as source,
        event_time as collected_at,
        artifact_id,
        record_no
    from bedrock_invocation
    where contains(input_body::varchar, '"DRAFT"')
        and (input_body ->> '$.guardrailConfig.guardrailVersion') = 'DRAFT'
        and principal is not null
    qualify row_number() over (partition by principal order by event_time, artifact_id, record_no) = 1
),
role_use as (
    select
        json ->> '$.RoleArn' as role,
        case
            when operation = 'describe-notebook-instance' then 'notebooks'
            else 'jobs'
        end as use,
        region,
        collected_at,
        artifact_id,
        record_no
    from asked
    where operation in ('describe-training-job', 'describe-processing-job', 'describe-notebook-instance')
    union all
    select
        json ->> '$.ExecutionRoleArn',
        'models',
        region,
        collected_at,
        artifact_id,
        record_no
    from asked
    where operation = 'describe-model'
),
shared_role as (
    select
        role,
        distinct_values(use) as uses
    from role_use
    where role is not null
    group by role
    having count(distinct use) > 1
),
role_gap as (
    select
        'role' as entity_type,
        role_use.role as entity,
        'one role for ' || array_to_string(shared_role.uses, ' and ') as gap,
        role_use.region,
        'api_snapshot' as source,
        role_use.collected_at,
        role_use.artifact_id,
        role_use.record_no
    from role_use
    join shared_role
        on shared_role.role = role_use.role
),
service_use as (
    select distinct
        aws_region as region,
        split_part(event_source, '.', 1) as service
    from cloudtrail_event
    where event_source in ('bedrock.amazonaws.com', 'sagemaker.amazonaws.com')
        and error_code is null
),
endpoint as (
    select
        'region' as entity_type,
        asked.region as entity,
        'no VPC endpoint for ' || service_use.service as gap,
        asked.region,
        'api_snapshot' as source,
        asked.collected_at,
        asked.artifact_id,
        asked.record_no
    from asked
    join service_use
        on service_use.region = asked.region
    where asked.operation = 'describe-vpc-endpoints'
        and len(
            list_filter(
                json_extract_string(asked.json, '$.VpcEndpoints[*].ServiceName'),
                lambda name : contains(name, '.' || service_use.service)
            )
        ) = 0
),
ai_right as (
    select
        principal,
        unnest(statements) as statement,
        collected_at
    from v_iam_permission
    where (starts_with(action, 'bedrock') or starts_with(action, 'sagemaker:'))
        and contains(principal, ':user/')
),
key_holder as (
    select regexp_extract(arn, '([^/]+)$', 1) as user_name
    from iam_credential_report
    where access_key_1_active
        or access_key_2_active
    union
    select json ->> '$.AccessKeyMetadata[0].UserName'
    from asked
    where operation = 'list-access-keys'
    union
    select short_name(principal)
    from cloudtrail_event
    where identity_type = 'IAMUser'
        and starts_with(access_key_id, 'AKIA')
),
user_gap as (
    select
        'user' as entity_type,
        ai_right.principal as entity,
        'long-term key with rights on AI services' as gap,
        null::varchar as region,
        'iam_statement' as source,
        ai_right.collected_at,
        ai_right.statement.artifact_id,
        ai_right.statement.record_no
    from ai_right
    where regexp_extract(ai_right.principal, '([^/]+)$', 1) in (select user_name from key_holder)
    union all
    select
        'user',
        arn,
        'user of a Bedrock API key',
        null,
        'iam_principal',
        collected_at,
        artifact_id,
        record_no
    from iam_principal
    where principal_type = 'user'
        and starts_with(name, 'BedrockAPIKey-')
    qualify collected_at is not distinct from max(collected_at) over (partition by arn)
    union all
    select
        'user',
        coalesce(known.arn, asked.name),
        'user of a Bedrock API key',
        null,
        'api_snapshot',
        asked.collected_at,
        asked.artifact_id,
        asked.record_no
    from asked
    left join (
        select distinct
            arn,
            name
        from iam_principal
        where principal_type = 'user'
    ) as known
        on known.name = asked.name
    where asked.operation = 'list-service-specific-credentials'
        and list_contains(
            json_extract_string(asked.json, '$.ServiceSpecificCredentials[*].ServiceName'),
            'bedrock.amazonaws.com'
        )
),
advice as (
    select *
    from (
        values
            ('no VPC', 'run it in subnets of its own, with VPC endpoints'),
            ('no network isolation', 'set EnableNetworkIsolation'),
            ('plain traffic between containers', 'set EnableInterContainerTrafficEncryption'),
            ('direct internet access', 'disable DirectInternetAccess and put the notebook into a VPC'),
            ('root access', 'disable RootAccess'),
            ('instance metadata of version 1', 'ask for version 2 of instance metadata'),
            ('no key of KMS', 'name a key of KMS in the endpoint configuration'),
            ('no guardrail', 'give the agent a version of a guardrail'),
            ('DRAFT of a guardrail', 'name a version of the guardrail: DRAFT changes under whoever uses it'),
            ('one role', 'give jobs, models and notebooks a role each'),
            ('no VPC endpoint', 'make an interface endpoint with a policy for the service'),
            ('long-term key', 'replace the key with a role or with short-lived credentials'),
            ('user of a Bedrock API key', 'use short-term Bedrock API keys or roles, and delete the user')
    ) as listed (beginning, advice)
),
gap as (
    select *
    from (
        from resource_gap
        union all
        from draft_call
        union all
        from role_gap
        union all
        from endpoint
        union all
        from user_gap
    )
    where gap is not null
)
select
    entity_type,
    entity,
    'low' as severity,
    min(collected_at) as first_seen,
    max(collected_at) as last_seen,
    count(distinct gap.gap) as event_count,
    case when entity_type = 'application' then 'calls' else entity_type end
    || case when entity_type = 'application' then ' of ' else ' ' end
    || case when starts_with(entity, 'arn:') then short_name(entity) else entity end
    || ': ' || array_to_string(distinct_values(gap.gap), ', ') as summary,
    list_sort(
        list(distinct {'table': source, 'artifact_id': artifact_id, 'record_no': record_no})
    ) as records,
    case when count(distinct region) = 1 then min(region) end as region,
    nullif(case when starts_with(entity, 'arn:') then split_part(entity, ':', 5) end, '') as account_id,
    entity as resource,
    {
        'gaps': distinct_values(gap.gap),
        'recommendations': distinct_values(advice.advice)
    } as metrics
from gap
left join advice
    on gap.gap = advice.beginning
    or starts_with(gap.gap, advice.beginning || ' ')
    and advice.beginning in ('one role', 'no VPC endpoint', 'long-term key')
group by
    entity_type,
    entity
order by
    entity_type,
    entity
