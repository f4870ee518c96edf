-- What permissions mean for an AI workload: a capability, its weight, and the actions that each give it. kind says which
-- resources count: any, the data of the workload (training, model, kb), or private data. event_name is what CloudTrail
-- calls the action, where that differs. needs_role: without PassRole it is of no use.

create or replace view v_capability as
select
    split_part(line, ' ', 1) as capability,
    case split_part(line, ' ', 1)
        when 'C1' then 'invoke models'
        when 'C2' then 'blind logging or guardrails'
        when 'C3' then 'spend on models'
        when 'C4' then 'change agents, knowledge bases or prompts'
        when 'C5' then 'run code on AI compute'
        when 'C6' then 'change models or endpoints'
        when 'C7' then 'read workload data'
        when 'C8' then 'write or delete workload data'
        when 'C9' then 'read private data'
        when 'C10' then 'change permissions or pass roles'
        when 'C11' then 'act outwards'
        else 'switch off logs'
    end as name,
    case split_part(line, ' ', 1)
        when 'C1' then 2
        when 'C7' then 3
        when 'C10' then 6
        when 'C11' then 3
        when 'C12' then 5
        else 4
    end as weight,
    case split_part(line, ' ', 1)
        when 'C7' then 'data'
        when 'C8' then 'data'
        when 'C9' then 'private'
        else 'any'
    end as kind,
    lower(split_part(line, ' ', 2)) as action,
    -- Runs code through a role that the caller passes, and so does nothing without PassRole.
    lower(split_part(line, ' ', 2)) in (
        'sagemaker:createnotebookinstance',
        'sagemaker:createtrainingjob',
        'sagemaker:createprocessingjob',
        'sagemaker:createmodel',
        'lambda:createfunction'
    ) as needs_role,
    coalesce(nullif(split_part(line, ' ', 3), ''), split_part(split_part(line, ' ', 2), ':', 2)) as event_name
from (
    select unnest(
        [
            'C1 bedrock:InvokeModel',
            'C1 bedrock:InvokeModel Converse',
            'C1 bedrock:InvokeModelWithResponseStream',
            'C1 bedrock:InvokeModelWithResponseStream ConverseStream',
            'C1 bedrock:CallWithBearerToken InvokeModel',
            'C1 bedrock-mantle:CreateInference',
            'C1 sagemaker:InvokeEndpoint',
            'C2 bedrock:PutModelInvocationLoggingConfiguration',
            'C2 bedrock:DeleteModelInvocationLoggingConfiguration',
            'C2 bedrock:CreateGuardrail',
            'C2 bedrock:UpdateGuardrail',
            'C2 bedrock:DeleteGuardrail',
            'C2 bedrock:PutEnforcedGuardrailConfiguration',
            'C2 bedrock:DeleteEnforcedGuardrailConfiguration',
            'C3 bedrock:PutUseCaseForModelAccess',
            'C3 bedrock:CreateFoundationModelAgreement',
            'C3 bedrock:PutFoundationModelEntitlement',
            'C3 bedrock:CreateProvisionedModelThroughput',
            'C3 bedrock:CreateModelCustomizationJob',
            'C3 aws-marketplace:Subscribe',
            'C4 bedrock:CreateAgent',
            'C4 bedrock:UpdateAgent',
            'C4 bedrock:CreateAgentActionGroup',
            'C4 bedrock:UpdateAgentActionGroup',
            'C4 bedrock:CreateKnowledgeBase',
            'C4 bedrock:UpdateKnowledgeBase',
            'C4 bedrock:CreateDataSource',
            'C4 bedrock:UpdateDataSource',
            'C4 bedrock:StartIngestionJob',
            'C4 bedrock:IngestKnowledgeBaseDocuments',
            'C4 bedrock:UpdatePrompt',
            'C4 bedrock:UpdateFlow',
            'C5 sagemaker:CreateNotebookInstance',
            'C5 sagemaker:UpdateNotebookInstance',
            'C5 sagemaker:CreatePresignedNotebookInstanceUrl',
            'C5 sagemaker:CreateNotebookInstanceLifecycleConfig',
            'C5 sagemaker:CreateTrainingJob',
            'C5 sagemaker:CreateProcessingJob',
            'C5 bedrock-agentcore:InvokeCodeInterpreter',
            'C5 lambda:UpdateFunctionCode',
            'C6 sagemaker:CreateModel',
            'C6 sagemaker:CreateEndpoint',
            'C6 sagemaker:UpdateEndpoint',
            'C6 sagemaker:CreateEndpointConfig',
            'C6 sagemaker:CreateModelPackage',
            'C6 sagemaker:UpdateModelPackage',
            'C6 bedrock:CreateModelImportJob',
            'C7 s3:GetObject',
            'C7 s3:GetObjectVersion',
            'C8 s3:PutObject',
            'C8 s3:DeleteObject',
            'C8 s3:DeleteObjectVersion',
            'C9 s3:GetObject',
            'C9 s3:GetObjectVersion',
            'C10 iam:PassRole',
            'C10 iam:CreateUser',
            'C10 iam:CreateAccessKey',
            'C10 iam:CreateLoginProfile',
            'C10 iam:UpdateLoginProfile',
            'C10 iam:AttachUserPolicy',
            'C10 iam:AttachRolePolicy',
            'C10 iam:AttachGroupPolicy',
            'C10 iam:PutUserPolicy',
            'C10 iam:PutRolePolicy',
            'C10 iam:PutGroupPolicy',
            'C10 iam:AddUserToGroup',
            'C10 iam:CreatePolicyVersion',
            'C10 iam:SetDefaultPolicyVersion',
            'C10 iam:UpdateAssumeRolePolicy',
            'C10 iam:CreateServiceSpecificCredential',
            'C11 ses:SendEmail',
            'C11 ses:SendRawEmail',
            'C11 sns:Publish',
            'C11 lambda:InvokeFunction Invoke',
            'C12 cloudtrail:StopLogging',
            'C12 cloudtrail:DeleteTrail',
            'C12 cloudtrail:PutEventSelectors',
            'C12 logs:DeleteLogGroup',
            'C12 logs:DeleteLogStream',
            'C12 ec2:DeleteFlowLogs',
            'C12 guardduty:DeleteDetector',
            'C12 guardduty:UpdateDetector'
        ]
    ) as line
);
comment on view v_capability is 'Actions by the capability that they give over an AI workload, with its weight.';
