-- Ways from some permissions to more: all actions of a path are needed. event_names are the calls that CloudTrail shows
-- when the path is walked; PassRole has none.

create or replace view v_escalation_path as
select
    split_part(line, ' = ', 1) as path,
    string_split(lower(split_part(line, ' = ', 2)), ' + ') as actions,
    list_filter(
        list_transform(
            string_split(split_part(line, ' = ', 2), ' + '),
            lambda action : case action
                when 'iam:PassRole' then null
                when 'lambda:InvokeFunction' then 'Invoke'
                else split_part(action, ':', 2)
            end
        ),
        lambda event_name : event_name is not null
    ) as event_names
from (
    select unnest(
        [
            'new policy version = iam:CreatePolicyVersion',
            'default policy version = iam:SetDefaultPolicyVersion',
            'policy for a user = iam:AttachUserPolicy',
            'policy for a role = iam:AttachRolePolicy',
            'policy for a group = iam:AttachGroupPolicy',
            'inline policy of a user = iam:PutUserPolicy',
            'inline policy of a role = iam:PutRolePolicy',
            'inline policy of a group = iam:PutGroupPolicy',
            'member of a group = iam:AddUserToGroup',
            'key of another user = iam:CreateAccessKey',
            'password of another user = iam:CreateLoginProfile',
            'new password of another user = iam:UpdateLoginProfile',
            'trust of a role = iam:UpdateAssumeRolePolicy + sts:AssumeRole',
            'notebook with a role = iam:PassRole + sagemaker:CreateNotebookInstance'
            || ' + sagemaker:CreatePresignedNotebookInstanceUrl',
            'training job with a role = iam:PassRole + sagemaker:CreateTrainingJob',
            'processing job with a role = iam:PassRole + sagemaker:CreateProcessingJob',
            'door of a notebook = sagemaker:CreatePresignedNotebookInstanceUrl',
            'start script of a notebook = sagemaker:CreateNotebookInstanceLifecycleConfig'
            || ' + sagemaker:StopNotebookInstance + sagemaker:UpdateNotebookInstance'
            || ' + sagemaker:StartNotebookInstance',
            'code of a function = lambda:UpdateFunctionCode + lambda:InvokeFunction',
            'function with a role = iam:PassRole + lambda:CreateFunction + lambda:InvokeFunction',
            'code interpreter with a role = iam:PassRole + bedrock-agentcore:CreateCodeInterpreter'
            || ' + bedrock-agentcore:StartCodeInterpreterSession + bedrock-agentcore:InvokeCodeInterpreter',
            'code interpreter = bedrock-agentcore:StartCodeInterpreterSession'
            || ' + bedrock-agentcore:InvokeCodeInterpreter',
            'instance with a role = iam:PassRole + ec2:RunInstances',
            'stack with a role = iam:PassRole + cloudformation:CreateStack',
            'command on an instance = ssm:SendCommand'
        ]
    ) as line
);
comment on view v_escalation_path is 'Privilege-escalation paths: the actions that each needs and the calls that show it.';
