-- One row for each statement of each policy document, wherever the document stands.

delete from iam_statement;

insert into iam_statement by name
with document as (
    -- Inline policies of users, groups and roles.
    select
        artifact_id,
        record_no,
        collected_at,
        account_id,
        'inline' as policy_kind,
        arn as principal_arn,
        policy ->> '$.PolicyName' as policy_name,
        null::varchar as policy_arn,
        null::varchar as version_id,
        true as is_default,
        policy_document(policy -> '$.PolicyDocument') as document,
        json_exists(policy, '$.PolicyDocument') as is_given,
    from (
        select
            artifact_id,
            record_no,
            collected_at,
            account_id,
            arn,
            unnest(json_extract(inline_policies, '$[*]')) as policy,
        from iam_principal
    )
    union all
    select
        artifact_id,
        record_no,
        collected_at,
        account_id,
        'trust' as policy_kind,
        arn as principal_arn,
        null as policy_name,
        null as policy_arn,
        null as version_id,
        true as is_default,
        trust_policy as document,
        true as is_given,
    from iam_principal
    where trust_policy is not null or list_contains(flags, 'trust_policy_unreadable')
    union all
    -- Managed policies in all their versions.
    select
        artifact_id,
        record_no,
        collected_at,
        account_id,
        'managed' as policy_kind,
        null as principal_arn,
        name as policy_name,
        arn as policy_arn,
        version ->> '$.VersionId' as version_id,
        coalesce(
            try_cast(version ->> '$.IsDefaultVersion' as boolean),
            (version ->> '$.VersionId') = default_version_id
        ) as is_default,
        policy_document(version -> '$.Document') as document,
        json_exists(version, '$.Document') as is_given,
    from (
        select
            artifact_id,
            record_no,
            collected_at,
            account_id,
            name,
            arn,
            default_version_id,
            unnest(json_extract(versions, '$[*]')) as version,
        from iam_policy
    )
    union all
    -- The boundary of a principal is a managed policy, in the version that was in force then.
    select
        artifact_id,
        record_no,
        collected_at,
        account_id,
        'boundary' as policy_kind,
        arn as principal_arn,
        policy_name,
        permissions_boundary_arn as policy_arn,
        version_id,
        true as is_default,
        policy_document(raw) as document,
        raw is not null as is_given,
    from (
        select
            principal.artifact_id,
            principal.record_no,
            principal.collected_at,
            principal.account_id,
            principal.arn,
            principal.permissions_boundary_arn,
            policy.name as policy_name,
            policy.default_version_id as version_id,
            list_filter(
                json_extract(policy.versions, '$[*]'),
                lambda version : (version ->> '$.VersionId') = policy.default_version_id
            )[1] -> '$.Document' as raw,
        from iam_principal as principal
        left join (
            select distinct on (arn, collected_at) *
            from iam_policy
            order by artifact_id, record_no
        ) as policy
            on policy.arn = principal.permissions_boundary_arn
            and policy.collected_at is not distinct from principal.collected_at
        where principal.permissions_boundary_arn is not null
    )
    union all
    -- What was asked one by one.
    select
        artifact_id,
        record_no,
        collected_at,
        account_id,
        case operation
            when 'get-policy-version' then 'managed'
            when 'get-role' then 'trust'
            when 'get-role-policy' then 'inline'
            when 'get-user-policy' then 'inline'
            when 'get-group-policy' then 'inline'
            else 'resource'
        end as policy_kind,
        case
            when operation = 'get-policy-version' then null
            when operation = 'get-role' then json ->> '$.Role.Arn'
            when operation = 'get-role-policy' then
                'arn:aws:iam::' || account_id || ':role/' || (json ->> '$.RoleName')
            when operation = 'get-user-policy' then
                'arn:aws:iam::' || account_id || ':user/' || (json ->> '$.UserName')
            when operation = 'get-group-policy' then
                'arn:aws:iam::' || account_id || ':group/' || (json ->> '$.GroupName')
            when operation = 'get-bucket-policy' and resource not like 'arn:%'
                then 'arn:aws:s3:::' || resource
            else resource
        end as principal_arn,
        coalesce(json ->> '$.PolicyName', case when operation = 'get-policy-version' then resource end)
            as policy_name,
        case
            when operation = 'get-policy-version' and resource like 'arn:%'
                then resource
        end as policy_arn,
        json ->> '$.PolicyVersion.VersionId' as version_id,
        coalesce(try_cast(json ->> '$.PolicyVersion.IsDefaultVersion' as boolean), true) as is_default,
        policy_document(raw) as document,
        raw is not null as is_given,
    from (
        select
            *,
            coalesce(
                json_extract(json, '$.PolicyVersion.Document'),
                json_extract(json, '$.Role.AssumeRolePolicyDocument'),
                json_extract(json, '$.PolicyDocument'),
                json_extract(json, '$.Policy'),
                json_extract(json, '$.resourcePolicy'),
                json_extract(json, '$.ResourcePolicy'),
                json_extract(json, '$.policy')
            ) as raw,
        from api_snapshot
        where operation in (
                'get-policy-version',
                'get-role',
                'get-role-policy',
                'get-user-policy',
                'get-group-policy',
                'get-bucket-policy',
                'get-key-policy',
                'get-resource-policy',
                'get-repository-policy',
                'get-model-package-group-policy'
            )
            or operation = 'get-policy' and service = 'lambda'
    )
    where raw is not null
),

-- Statement is a list of objects, or one object.
listed as (
    select
        * exclude (document, statements),
        case
            when document is null then [null::json]
            when is_array(statements) then json_extract(statements, '$[*]')
            when statements is not null then [statements]
            else []
        end as bodies,
    from (
        select
            *,
            json_transform(document, '{"Statement": "JSON"}').Statement as statements,
        from document
        where is_given or policy_kind = 'boundary'
    )
),

statement as (
    select
        * exclude (bodies),
        unnest(bodies) as body,
        unnest(range(len(bodies))) as place,
    from listed
),

read as (
    select
        *,
        json_transform(
            body,
            '{
            "Sid": "VARCHAR",
            "Effect": "VARCHAR",
            "Action": "JSON",
            "NotAction": "JSON",
            "Resource": "JSON",
            "NotResource": "JSON",
            "Principal": "JSON",
            "NotPrincipal": "JSON",
            "Condition": "JSON"
        }'
        ) as f,
    from statement
)

select
    artifact_id,
    record_no,
    row_number() over (
        partition by artifact_id, record_no
        order by policy_kind, policy_name, version_id, policy_arn, place
    ) as statement_no,
    collected_at,
    account_id,
    policy_kind,
    principal_arn,
    policy_name,
    policy_arn,
    version_id,
    is_default,
    f.Sid as sid,
    f.Effect as effect,
    texts_of(f.Action) as actions,
    texts_of(f.NotAction) as not_actions,
    texts_of(f.Resource) as resources,
    texts_of(f.NotResource) as not_resources,
    principals_of(f.Principal) as principals,
    principals_of(f.NotPrincipal) as not_principals,
    f.Condition as conditions,
    case
        when not is_given then ['document_missing']
        when body is null or not is_object(body) then ['document_unreadable']
    end as flags,
from read;
