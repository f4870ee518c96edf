-- ---
-- id: iam_authorization_details
-- version: 1.0.0
-- title: IAM users, groups, roles and policies (get-account-authorization-details)
-- recognises:
--   json:
--     - all: &lists [UserDetailList, GroupDetailList, RoleDetailList, Policies]
--       keys: [UserId, Arn, AttachedManagedPolicies]
--     - all: *lists
--       keys: [GroupId, Arn, AttachedManagedPolicies]
--     - all: *lists
--       keys: [RoleId, Arn, AttachedManagedPolicies]
--     - all: *lists
--       keys: [PolicyId, Arn, PolicyVersionList]
--     - in: ['']
--       keys: [UserId, Arn, AttachedManagedPolicies]
--     - in: ['']
--       keys: [GroupId, Arn, AttachedManagedPolicies]
--     - in: ['']
--       keys: [RoleId, Arn, AttachedManagedPolicies]
--     - in: ['']
--       keys: [PolicyId, Arn, PolicyVersionList]
-- name: true
-- emits: [iam_principal, iam_policy]
-- identity: [arn, collected_at]
-- caveats:
--   - Only the state of the moment; what was there before is in CloudTrail and AWS Config.
--   - Access keys, MFA devices, passwords and Bedrock API keys are not in it.
--   - The answer comes in pages; a file with IsTruncated true is one of several.
-- references:
--   - https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetAccountAuthorizationDetails.html
-- ---
with read as (
    select
        *,
        json_transform(
            record,
            '{
            "Arn": "VARCHAR",
            "UserName": "VARCHAR",
            "GroupName": "VARCHAR",
            "RoleName": "VARCHAR",
            "UserId": "VARCHAR",
            "GroupId": "VARCHAR",
            "RoleId": "VARCHAR",
            "PolicyId": "VARCHAR",
            "Path": "VARCHAR",
            "CreateDate": "VARCHAR",
            "GroupList": "JSON",
            "AttachedManagedPolicies": [{"PolicyArn": "VARCHAR"}],
            "UserPolicyList": "JSON",
            "GroupPolicyList": "JSON",
            "RolePolicyList": "JSON",
            "PermissionsBoundary": {"PermissionsBoundaryArn": "VARCHAR"},
            "AssumeRolePolicyDocument": "JSON",
            "RoleLastUsed": {"LastUsedDate": "VARCHAR", "Region": "VARCHAR"},
            "InstanceProfileList": "JSON",
            "Tags": "JSON"
        }'
        ) as f,
    from framed
    where _in <> 'Policies'
),

renamed as (
    select
        *,
        policy_document(f.AssumeRolePolicyDocument) as trust_policy,
        coalesce(f.UserPolicyList, f.GroupPolicyList, f.RolePolicyList) as inline_policies,
    from read
    -- A list alone, as --query gives it, says what it holds by its records only.
    where _in <> '' or f.PolicyId is null
)

select
    artifact_id,
    record_no,
    collected_at(_name) as collected_at,
    nullif(regexp_extract(f.Arn, '^arn:[^:]*:iam::([0-9]{12}):', 1), '') as account_id,
    case
        when _in = 'UserDetailList' or _in = '' and f.UserId is not null then 'user'
        when _in = 'GroupDetailList' or _in = '' and f.GroupId is not null then 'group'
        else 'role'
    end as principal_type,
    f.Arn as arn,
    coalesce(f.UserName, f.GroupName, f.RoleName) as name,
    coalesce(f.UserId, f.GroupId, f.RoleId) as principal_id,
    f.Path as path,
    instant_of(f.CreateDate) as create_date,
    texts_of(f.GroupList) as groups,
    list_transform(f.AttachedManagedPolicies, lambda policy : policy.PolicyArn) as attached_policy_arns,
    inline_policies,
    json_extract_string(inline_policies, '$[*].PolicyName') as inline_policy_names,
    f.PermissionsBoundary.PermissionsBoundaryArn as permissions_boundary_arn,
    trust_policy,
    instant_of(f.RoleLastUsed.LastUsedDate) as role_last_used_date,
    f.RoleLastUsed.Region as role_last_used_region,
    f.InstanceProfileList as instance_profiles,
    f.Tags as tags,
    record as json,
    nullif(
        list_concat(
            coalesce(flags, []),
            case when f.Arn is null then ['no_arn'] else [] end,
            case
                when f.AssumeRolePolicyDocument is not null and trust_policy is null
                    then ['trust_policy_unreadable']
                else []
            end
        ),
        []
    ) as flags,
    null::varchar as skip_because,
    case
        when coalesce(f.Arn, f.UserName, f.GroupName, f.RoleName) is null then
            'not a principal: it has neither an ARN nor a name'
    end as reject_because,
from renamed;

with read as (
    select
        *,
        json_transform(
            record,
            '{
            "Arn": "VARCHAR",
            "PolicyName": "VARCHAR",
            "PolicyId": "VARCHAR",
            "Path": "VARCHAR",
            "DefaultVersionId": "VARCHAR",
            "AttachmentCount": "VARCHAR",
            "PermissionsBoundaryUsageCount": "VARCHAR",
            "IsAttachable": "VARCHAR",
            "Description": "VARCHAR",
            "CreateDate": "VARCHAR",
            "UpdateDate": "VARCHAR",
            "PolicyVersionList": "JSON"
        }'
        ) as f,
    from framed
    where _in in ('Policies', '')
)

select
    artifact_id,
    record_no,
    collected_at(_name) as collected_at,
    nullif(regexp_extract(f.Arn, '^arn:[^:]*:iam::([0-9]{12}):', 1), '') as account_id,
    f.Arn as arn,
    f.PolicyName as name,
    f.PolicyId as policy_id,
    f.Path as path,
    regexp_matches(f.Arn, '^arn:[^:]*:iam::aws:') as is_aws_managed,
    f.DefaultVersionId as default_version_id,
    try_cast(f.AttachmentCount as bigint) as attachment_count,
    try_cast(f.PermissionsBoundaryUsageCount as bigint) as permissions_boundary_usage_count,
    try_cast(f.IsAttachable as boolean) as is_attachable,
    f.Description as description,
    instant_of(f.CreateDate) as create_date,
    instant_of(f.UpdateDate) as update_date,
    json_array_length(f.PolicyVersionList)::bigint as version_count,
    f.PolicyVersionList as versions,
    record as json,
    flags,
    null::varchar as skip_because,
    case
        when coalesce(f.Arn, f.PolicyName) is null
            then 'not a policy: it has neither an ARN nor a name'
    end
        as reject_because,
from read
where _in = 'Policies' or f.PolicyId is not null;
