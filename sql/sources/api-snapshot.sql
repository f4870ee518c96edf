-- ---
-- id: api_snapshot
-- version: 1.0.0
-- title: Answers of AWS APIs (describe, get and list output of the CLI and of SDKs)
-- recognises:
--   json:
--     - in: ['', data]
--       any:
--         [AccessKeyLastUsed, AccessKeyMetadata, accountPolicies, Accounts.JoinedMethod,
--          actionGroupSummaries, actorSummaries, Addresses.AllocationId, agent.agentId,
--          agentActionGroup, agentAlias.agentAliasId, agentAliasSummaries,
--          agentCollaborator.collaboratorId, agentCollaboratorSummaries, agentKnowledgeBase,
--          agentKnowledgeBaseSummaries, agentRuntimeEndpointArn, agentRuntimes, agentSummaries,
--          agentVersion.agentId, agentVersionSummaries, Aliases.AliasArn, analyzer.arn,
--          analyzers.arn, apiKeySecretArn, AppArn, AppImageConfigArn, applications.applicationId,
--          Apps.AppType, archiveRules, asyncInvokeSummaries, AttachedPolicies,
--          Attributes.QueueArn, Attributes.TopicArn, automatedReasoningPolicySummaries,
--          browserArn, browserSummaries, Buckets.CreationDate, cluster.roleArn, clusterArns,
--          ClusterSummaries, codeInterpreterArn, codeInterpreterSummaries, CodeRepositoryArn,
--          ComplianceByConfigRules, ConfigRules, configuration.s3Destination,
--          ConfigurationRecorders, ConfigurationRecordersStatus, conversations.conversationId,
--          credentialProviders.credentialProviderArn, credentialProviderVendor,
--          customModelDeploymentArn, dataLakes, dataLakeSources, dataSource.dataSourceId,
--          dataSourceSummaries, DBInstances, DBSnapshots, deliveries.deliverySourceName,
--          DeliveryChannels, deliveryDestinations, deliverySources, destinations.destinationName,
--          DetectorIds, documentDetails, DomainArn, Domains.DomainArn, EndpointConfigs,
--          Endpoints.EndpointArn, entitlementAvailability, EntityDetailsList,
--          EvaluationResults.EvalActionName, EvaluationResults.EvaluationResultIdentifier,
--          EventBridgeConfiguration, EventDataStores, EventSourceMappings, exportTasks,
--          FeatureGroupSummaries, FilterNames, finding.resourceOwnerAccount, FindingCriteria,
--          FindingIds, FindingPublishingFrequency, findingPublishingFrequency,
--          flowAliasSummaries, flowExecutionEvents, flowExecutionSummaries, FlowLogs,
--          flowSummaries, flowVersionSummaries, formData, Functions.FunctionArn, FunctionUrl,
--          Grants.GrantId, Groups.GroupId, guardrails.arn, guardrailsConfig, HubArn,
--          imageDetails, Images.ImageId, ImageVersionArn, InferenceComponentArn,
--          InferenceComponents, inferenceProfileArn, inferenceProfileSummaries, ingestionJob,
--          ingestionJobSummaries, InsightSelectors, InstanceInformationList, InstanceProfile.Arn,
--          InstanceProfiles, InternetGateways, InventoryConfiguration,
--          InventoryConfigurationList, invocationArn, invocationJobSummaries, invocationStep,
--          invocationStepSummaries, invocationSummaries, IsLogging, items.gatewayId,
--          jobSummaries.jobArn, KeyMetadata, knowledgeBase.knowledgeBaseId,
--          knowledgeBaseSummaries, LambdaFunctionConfigurations, Layers.LayerArn, loggingConfig,
--          LoggingConfiguration.ResourceArn, LoggingEnabled, logGroups, LoginProfile.UserName,
--          logStreams, marketplaceModelEndpoint, marketplaceModelEndpoints, memories.arn,
--          memory.strategies, memoryContents, memoryRecordSummaries, MetricAlarms,
--          MetricDataQueries, metricFilters, Metrics.Namespace, MFADelete, MFADevices,
--          modelCopyJobSummaries, modelCustomizationJobSummaries, modelDeploymentSummaries,
--          modelDetails, modelImportJobSummaries, ModelPackageArn, ModelPackageGroupArn,
--          ModelPackageGroupSummaryList, ModelPackageSummaryList, Models.ModelArn,
--          modelSummaries.baseModelArn, modelSummaries.modelArchitecture,
--          modelSummaries.providerName, MonitoringScheduleArn, NatGateways, NetworkAcls,
--          NetworkInterfaces, NotebookInstanceArn, NotebookInstanceLifecycleConfigArn,
--          NotebookInstanceLifecycleConfigs, NotebookInstances, NumberOfServicesNotAccessed,
--          ObjectLockConfiguration, offers.offerToken, OpenIDConnectProviderList,
--          Organization.MasterAccountId, OwnershipControls, PasswordPolicy, PipelineExecutionArn,
--          PipelineExecutionSummaries, PipelineSummaries, pluginArn, Policies.PolicyId,
--          PoliciesGrantingServiceAccess, Policy.DefaultVersionId, Policy.PolicySummary,
--          policyEngines, PolicyRoles, PolicyStatus, PolicyVersion, ProcessingJobArn,
--          ProcessingJobSummaries, promptRouterArn, promptRouterSummaries, promptSummaries,
--          provisionedModelArn, provisionedModelSummaries, PublicAccessBlockConfiguration,
--          Queries.QueryId, QueryExecution, QueueConfigurations, Records.FindingIdentifier,
--          Regions.RegionName, ReplicationConfiguration, repositories.repositoryArn,
--          Reservations, ResolverQueryLogConfigs, resourceIdentifiers, resourcePolicies,
--          responseScope, ResultSet, retrievalResults, Role.AssumeRolePolicyDocument,
--          Roles.AssumeRolePolicyDocument, RouteTables, Rules.EventBusName, Rules.Filter,
--          runtimeEndpoints, SAMLProviderList, SecretList, SecurityGroups, SendingEnabled,
--          SendQuota, ServerSideEncryptionConfiguration, ServicesLastAccessed,
--          ServiceSpecificCredentials, sessionSummaries, Snapshots.SnapshotId, SpaceArn,
--          Spaces.DomainId, Stacks.StackId, StackSummaries, StandardsSubscriptions,
--          StudioLifecycleConfigArn, StudioLifecycleConfigs, Subnets, subscriptionFilters.filterName,
--          Subscriptions.SubscriptionArn, SummaryMap, tokenVaultId, TopicConfigurations,
--          Topics.TopicArn, TrackingServerArn, TrackingServerSummaries, Trail.TrailARN,
--          trailList, Trails.TrailARN, TrainingJobArn, TrainingJobSummaries, TransformJobArn,
--          TransformJobSummaries, Uploads.UploadId, User.UserId, UserProfileArn, UserProfiles,
--          Users.UserId, Versions.IsDefaultVersion, VirtualMFADevices, Volumes.VolumeId,
--          VpcEndpoints, VpcPeeringConnections, Vpcs, WebACLs, webExperiences,
--          workloadIdentities, workloadIdentityArn]
--     - in: ['', data]
--       keys: [findingDetails, findingType]
--     - in: ['', data]
--       keys: [modelArn, customizationType]
--     - in: ['', data]
--       keys: [guardrailId, guardrailArn]
--     - in: ['', data]
--       keys: [modelArn, instructSupported]
--     - in: ['', data]
--       keys: [targetModelArn, jobArn]
--     - in: ['', data]
--       keys: [outputModelName, jobArn]
--     - in: ['', data]
--       keys: [importedModelName, jobArn]
--     - in: ['', data]
--       keys: [jobArn, inputDataConfig, outputDataConfig, submitTime]
--     - in: ['', data]
--       keys: [executionRoleArn, definition, arn]
--     - in: ['', data]
--       keys: [routingConfiguration, flowId]
--     - in: ['', data]
--       keys: [defaultVariant, variants]
--     - in: ['', data]
--       keys: [executionArn, flowIdentifier]
--     - in: ['', data]
--       keys: [sessionArn, sessionStatus]
--     - in: ['', data]
--       keys: [browserIdentifier, sessionId]
--     - in: ['', data]
--       keys: [codeInterpreterIdentifier, sessionId]
--     - in: ['', data]
--       keys: [agentRuntimeArn, agentRuntimeId]
--     - in: ['', data]
--       keys: [gatewayArn, gatewayId]
--     - in: ['', data]
--       keys: [gatewayArn, targetId]
--     - in: ['', data]
--       keys: [EventDataStoreArn, RetentionPeriod]
--     - in: ['', data]
--       keys: [TrailARN, EventSelectors]
--     - in: ['', data]
--       keys: [TrailARN, AdvancedEventSelectors]
--     - in: ['', data]
--       keys: [QueryInfo, Results]
--     - in: ['', data]
--       keys: [DestinationId, DestinationType]
--     - in: ['', data]
--       keys: [Content, ReportFormat]
--     - in: ['', data]
--       keys: [Content, GeneratedTime]
--     - in: ['', data]
--       keys: [RoleName, PolicyDocument]
--     - in: ['', data]
--       keys: [UserName, PolicyDocument]
--     - in: ['', data]
--       keys: [Policy, PolicyName]
--     - in: ['', data]
--       keys: [Configuration.FunctionArn, Code]
--     - in: ['', data]
--       keys: [FunctionArn, Runtime]
--     - in: ['', data]
--       keys: [FunctionArn, PackageType]
--     - in: ['', data]
--       keys: [findingPublishingFrequency, serviceRole]
--     - in: ['', data]
--       keys: [applicationArn, identityType]
--     - in: ['', data]
--       keys: [dataSourceArn, indexId]
--     - in: ['', data]
--       keys: [Grants, Owner]
--     - in: ['', data]
--       keys: [UploadId, Parts]
--     - in: ['', data]
--       keys: [ClusterArn, InstanceGroups]
--     - in: ['', data]
--       keys: [EndpointArn, EndpointStatus]
--     - in: ['', data]
--       keys: [EndpointConfigArn, ProductionVariants]
--     - in: ['', data]
--       keys: [FeatureGroupArn, FeatureDefinitions]
--     - in: ['', data]
--       keys: [HyperParameterTuningJobArn, HyperParameterTuningJobConfig]
--     - in: ['', data]
--       keys: [LabelingJobArn, LabelCounters]
--     - in: ['', data]
--       keys: [ModelArn, ModelName]
--     - in: ['', data]
--       keys: [PipelineArn, PipelineDefinition]
--     - in: ['', data]
--       keys: [UserId, Account, Arn]
--   document: '(?:^|/)(?:[0-9]{4}-?[0-9]{2}-?[0-9]{2}[T_ ]?[0-9:-]*Z?/(?:[a-z]{2}(?:-[a-z]+)+-[0-9]+|global|aws-global)/[a-z0-9-]+/[A-Za-z0-9-]+(?:\.[^/]+)?\.json(?:\.gz)?|(?:[a-z0-9-]+-)?(?:get|list|describe|head|simulate)-[a-z0-9-]+(?:[._][^/]*)?\.json(?:\.gz)?)$'
--   empty_document: true
--   order: 100
-- name: true
-- emits: [api_snapshot]
-- caveats:
--   - A snapshot shows the state when it was taken; what was there between two of them is in CloudTrail.
--   - Service and operation of an answer under another name than its operation are found by its keys.
--   - An answer with a token for the next page is incomplete and flagged.
-- references:
--   - https://docs.aws.amazon.com/cli/latest/reference/
-- ---
with named as (
    select
        *,
        collected(_name) as place,
        -- iam-get-role.json, describe-trails.json, get-bucket-policy.acme-logs.json
        regexp_extract(
            _name,
            '(?:^|/)(?:([a-z0-9-]+)-)?((?:get|list|describe|head|simulate)-[a-z0-9-]+)(?:[._]([^/]*))?\.json(?:\.gz)?$',
            ['service', 'operation', 'resource']
        ) as file,
        case when is_object(record) then json_keys(record) end as keys,
    from framed
),

-- Only the few operations whose first key the answer has are looked at closely.
candidate as (
    select
        named.artifact_id,
        named.record_no,
        known.service,
        known.operation,
        len(known.signature) as weight,
    from (select artifact_id, record_no, record, unnest(keys) as key from named) as named
    join (
        select
            *,
            regexp_extract(signature[1], '^[A-Za-z0-9]+') as key,
        from api_signature()
    ) as known
        on known.key = named.key
    where list_bool_and(list_transform(known.signature, lambda path : json_exists(named.record, '$.' || path)))
),

-- Several operations may fit; the one that asks for most is meant.
guess as (
    select
        artifact_id,
        record_no,
        arg_max(service, (weight, operation)) as service,
        arg_max(operation, (weight, operation)) as operation,
    from candidate
    group by all
),

-- Services of operations that only one service has.
sole as (
    select
        operation,
        any_value(service) as service,
    from api_signature()
    group by operation
    having count(distinct service) = 1
),

answered as (
    select
        named.*,
        coalesce(nullif(named.place.service, ''), nullif(named.file.service, ''), guess.service, sole.service) as service,
        coalesce(
            nullif(named.place.operation, ''),
            nullif(named.file.operation, ''),
            guess.operation
        ) as operation,
        case
            when named.place.operation <> '' or named.file.operation <> '' then 'path'
            when guess.operation is not null then 'content'
        end as named_by,
        json_extract_string(
            record,
            [
                '$.NextToken',
                '$.nextToken',
                '$.NextMarker',
                '$.Marker',
                '$.IsTruncated',
                '$.Truncated',
                '$.ResponseMetadata.HTTPHeaders.date',
                '$.Error.Code',
                -- What the answer is about, in the order in which they count.
                '$.FunctionName',
                '$.EndpointName',
                '$.EndpointConfigName',
                '$.ModelName',
                '$.TrainingJobName',
                '$.ProcessingJobName',
                '$.TransformJobName',
                '$.NotebookInstanceName',
                '$.NotebookInstanceLifecycleConfigName',
                '$.StudioLifecycleConfigName',
                '$.PipelineName',
                '$.DomainId',
                '$.ModelPackageArn',
                '$.guardrailId',
                '$.agent.agentId',
                '$.agentAlias.agentAliasId',
                '$.agentActionGroup.actionGroupId',
                '$.knowledgeBase.knowledgeBaseId',
                '$.dataSource.dataSourceId',
                '$.TrailARN',
                '$.Role.RoleName',
                '$.RoleName',
                '$.UserName',
                '$.KeyMetadata.KeyId',
                '$.Name'
            ]
        ) as a,
        regexp_extract(
            record::varchar,
            '"[A-Za-z]*(?:Arn|ARN|arn)"\s*:\s*"arn:aws[a-z-]*:[a-z0-9-]*:([a-z0-9-]*):([0-9]{12}):',
            ['region', 'account']
        ) as arn,
        regexp_extract(
            record::varchar,
            '"(?:OwnerId|AccountId|accountId|awsAccountId|Account)"\s*:\s*"([0-9]{12})"',
            1
        ) as owner,
    from named
    left join guess
        using (artifact_id, record_no)
    left join sole
        on sole.operation = coalesce(nullif(named.place.operation, ''), nullif(named.file.operation, ''))
)

select
    artifact_id,
    record_no,
    coalesce(
        collected_at(_name),
        try_strptime(a[7], '%a, %d %b %Y %H:%M:%S GMT')::timestamptz
    ) as collected_at,
    coalesce(
        nullif(answered.arn.account, ''),
        nullif(owner, ''),
        nullif(regexp_extract(_name, '(?:^|/)([0-9]{12})/', 1), '')
    ) as account_id,
    coalesce(
        collected_region(_name),
        nullif(regexp_extract(_name, '(?:^|/)((?:af|ap|ca|cn|eu|il|me|mx|sa|us)(?:-[a-z]+)+-[0-9])(?:/|$)', 1), ''),
        nullif(answered.arn.region, '')
    ) as region,
    case service
        when 's3' then 's3api'
        when 'config' then 'configservice'
        else service
    end as service,
    -- DescribeTrails is describe-trails.
    lower(regexp_replace(operation, '([a-z0-9])([A-Z])', '\1-\2', 'g')) as operation,
    coalesce(
        nullif(percent_decoded(answered.place.resource), ''),
        nullif(percent_decoded(answered.file.resource), ''),
        list_filter(a[9:], lambda name : name is not null)[1]
    ) as resource,
    named_by,
    a[8] as error_code,
    record as json,
    nullif(
        list_concat(
            coalesce(flags, []),
            case
                when coalesce(nullif(a[1], ''), nullif(a[2], ''), nullif(a[3], ''), nullif(a[4], '')) is not null
                    or a[5] = 'true'
                    or a[6] = 'true'
                    then ['incomplete']
                else []
            end,
            case when a[8] is not null then ['error'] else [] end
        ),
        []
    ) as flags,
    null::varchar as skip_because,
    null::varchar as reject_because,
from answered;
