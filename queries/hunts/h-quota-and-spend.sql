-- ---
-- id: h-quota-and-spend
-- version: 1.0.0
-- title: Who raised limits or reserved what costs money?
-- status: stable
-- description: >-
--   Finds requests for quotas, provisioned throughput, agreements to models, marketplace subscriptions, GPU and other
--   large instances, training jobs and endpoints, with outcome and the figures asked for. Misses spending through
--   invocations; see h-tokens-cost.
-- requires:
--   cloudtrail_event: needed
-- parameters:
--   accounts: {type: text, default: null, description: "only these accounts, separated by commas"}
--   regions: {type: text, default: null, description: "only these regions, separated by commas"}
--   case_from: {type: timestamptz, default: null, description: only from here}
--   case_to: {type: timestamptz, default: null, description: only before}
-- references: []
-- changelog:
--   1.0.0: first version
-- ---
select
    event_time,
    recipient_account_id as account_id,
    aws_region as region,
    case
        when event_source = 'servicequotas.amazonaws.com' then 'quota'
        when contains(event_name, 'ProvisionedModelThroughput') then 'provisioned throughput'
        when contains(event_name, 'Agreement') or event_source = 'aws-marketplace.amazonaws.com' then 'agreement'
        when event_source = 'ec2.amazonaws.com' then 'instances'
        else 'SageMaker capacity'
    end as kind,
    event_name as action,
    principal,
    credential,
    source_ip_address as source_ip,
    coalesce(error_code, 'success') as outcome,
    coalesce(
        request_parameters ->> '$.instanceType',
        request_parameters ->> '$.resourceConfig.instanceType',
        request_parameters ->> '$.productionVariants[0].instanceType',
        request_parameters ->> '$.quotaCode',
        request_parameters ->> '$.modelId'
    ) as what,
    coalesce(
        request_parameters ->> '$.desiredValue',
        request_parameters ->> '$.modelUnits',
        request_parameters ->> '$.resourceConfig.instanceCount',
        request_parameters ->> '$.instancesSet.items[0].maxCount',
        request_parameters ->> '$.productionVariants[0].initialInstanceCount'
    ) as how_much,
    request_parameters ->> '$.commitmentDuration' as commitment,
    artifact_id,
    record_no
from cloudtrail_event
where (
        event_source = 'servicequotas.amazonaws.com' and regexp_matches(event_name, '^(Request|Put|Associate)')
        or event_source = 'aws-marketplace.amazonaws.com' and read_only is not true
        or event_source = 'bedrock.amazonaws.com'
        and event_name in (
            'CreateProvisionedModelThroughput',
            'UpdateProvisionedModelThroughput',
            'DeleteProvisionedModelThroughput',
            'CreateFoundationModelAgreement',
            'CreateModelCustomizationJob',
            'CreateModelInvocationJob'
        )
        or event_source = 'ec2.amazonaws.com'
        and event_name in ('RunInstances', 'RequestSpotInstances', 'RequestSpotFleet', 'CreateFleet', 'CreateCapacityReservation')
        or event_source = 'sagemaker.amazonaws.com'
        and event_name in (
            'CreateTrainingJob',
            'CreateProcessingJob',
            'CreateEndpointConfig',
            'CreateCluster',
            'CreateNotebookInstance',
            'CreateHyperParameterTuningJob'
        )
    )
    and is_listed(recipient_account_id, $accounts::varchar)
    and is_listed(aws_region, $regions::varchar)
    and in_period(event_time, $case_from::timestamptz, $case_to::timestamptz)
order by
    event_time,
    artifact_id,
    record_no
