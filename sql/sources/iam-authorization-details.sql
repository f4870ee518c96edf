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
with renamed as (
    select
        *,
        json_extract_string(
            record,
            [
                '$.Arn',
                '$.UserName',
                '$.GroupName',
                '$.RoleName',
                '$.UserId',
                '$.GroupId',
                '$.RoleId',
                '$.Path',
                '$.CreateDate',
                '$.PermissionsBoundary.PermissionsBoundaryArn',
                '$.RoleLastUsed.LastUsedDate',
                '$.RoleLastUsed.Region'
            ]
        ) as p,
        json_extract(record, '$.AssumeRolePolicyDocument') as trust,
        coalesce(
            json_extract(record, '$.UserPolicyList'),
            json_extract(record, '$.GroupPolicyList'),
            json_extract(record, '$.RolePolicyList')
        ) as inline_policies,
    from framed
    -- A list alone, as --query gives it, says what it holds by its records only.
    where _in <> 'Policies' and not (_in = '' and json_exists(record, '$.PolicyId'))
)

select
    artifact_id,
    record_no,
    collected_at(_name) as collected_at,
    nullif(regexp_extract(p[1], '^arn:[^:]*:iam::([0-9]{12}):', 1), '') as account_id,
    case
        when _in = 'UserDetailList' or _in = '' and p[5] is not null then 'user'
        when _in = 'GroupDetailList' or _in = '' and p[6] is not null then 'group'
        else 'role'
    end as principal_type,
    p[1] as arn,
    coalesce(p[2], p[3], p[4]) as name,
    coalesce(p[5], p[6], p[7]) as principal_id,
    p[8] as path,
    instant_of(p[9]) as create_date,
    texts_of(json_extract(record, '$.GroupList')) as groups,
    json_extract_string(record, '$.AttachedManagedPolicies[*].PolicyArn') as attached_policy_arns,
    json_extract_string(inline_policies, '$[*].PolicyName') as inline_policy_names,
    p[10] as permissions_boundary_arn,
    policy_document(trust) as trust_policy,
    instant_of(p[11]) as role_last_used_date,
    p[12] as role_last_used_region,
    json_extract(record, '$.InstanceProfileList') as instance_profiles,
    json_extract(record, '$.Tags') as tags,
    record as json,
    nullif(
        list_concat(
            coalesce(flags, []),
            case when p[1] is null then ['no_arn'] else [] end,
            case
                when trust is not null and policy_document(trust) is null then ['trust_policy_unreadable']
                else []
            end
        ),
        []
    ) as flags,
    null::varchar as skip_because,
    case
        when coalesce(p[1], p[2], p[3], p[4]) is null then 'not a principal: it has neither an ARN nor a name'
    end as reject_because,
from renamed;

with renamed as (
    select
        *,
        json_extract_string(
            record,
            [
                '$.Arn',
                '$.PolicyName',
                '$.PolicyId',
                '$.Path',
                '$.DefaultVersionId',
                '$.AttachmentCount',
                '$.PermissionsBoundaryUsageCount',
                '$.IsAttachable',
                '$.Description',
                '$.CreateDate',
                '$.UpdateDate'
            ]
        ) as p,
    from framed
    where _in = 'Policies' or _in = '' and json_exists(record, '$.PolicyId')
)

select
    artifact_id,
    record_no,
    collected_at(_name) as collected_at,
    nullif(regexp_extract(p[1], '^arn:[^:]*:iam::([0-9]{12}):', 1), '') as account_id,
    p[1] as arn,
    p[2] as name,
    p[3] as policy_id,
    p[4] as path,
    regexp_matches(p[1], '^arn:[^:]*:iam::aws:') as is_aws_managed,
    p[5] as default_version_id,
    try_cast(p[6] as bigint) as attachment_count,
    try_cast(p[7] as bigint) as permissions_boundary_usage_count,
    try_cast(p[8] as boolean) as is_attachable,
    p[9] as description,
    instant_of(p[10]) as create_date,
    instant_of(p[11]) as update_date,
    json_array_length(record, '$.PolicyVersionList')::bigint as version_count,
    record as json,
    flags,
    null::varchar as skip_because,
    case when coalesce(p[1], p[2]) is null then 'not a policy: it has neither an ARN nor a name' end
        as reject_because,
from renamed;
