-- ---
-- id: iam-passrole-to-ai
-- version: 1.0.0
-- title: Role handed to an AI or compute resource for the first time
-- status: stable
-- severity: high
-- element: access
-- attack: [T1078.004, T1548.005]
-- atlas: [AML.T0012]
-- description: >-
--   Finds identities that hand a role to a notebook, job, model, agent, knowledge base, flow, function or interpreter, when
--   the baseline does not have the pair of identity and role. PassRole leaves no record of its own; the role in the request
--   is its only trace. Critical when the role may do everything and the identity may not. Misses pairs that were seen, and
--   roles that stay in place while the code changes.
-- requires:
--   cloudtrail_event: needed
--   named_set: optional
--   v_iam_grant: optional
-- preconditions:
--   - query: >-
--       select coalesce(min(event_time) <= coalesce($base_to::timestamptz, $case_from::timestamptz)
--       - interval 7 days, false) from cloudtrail_event
--     otherwise: not_evaluable
--     reason: baseline_short, CloudTrail holds less than seven days before the case
-- parameters:
--   case_from: {type: timestamptz, default: case, description: start of the period of interest}
--   case_to: {type: timestamptz, default: case, description: end of the period of interest}
--   base_from: {type: timestamptz, default: case, description: start of the baseline}
--   base_to: {type: timestamptz, default: case, description: end of the baseline; the start of the case when empty}
-- false_positives:
--   - A new project or a new pipeline.
-- references:
--   - https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_use_passrole.html
-- changelog:
--   1.0.0: first version
-- ---
with handing as (
    select
        event_time,
        event_source,
        event_name,
        principal,
        credential,
        source_ip_address,
        user_agent,
        aws_region,
        recipient_account_id,
        event_resource(request_parameters, resources) as target,
        unnest(
            list_distinct(
                list_filter(
                    json_extract_string(
                        request_parameters,
                        [
                            '$.roleArn',
                            '$.agentResourceRoleArn',
                            '$.executionRoleArn',
                            '$.role',
                            '$.executionRole',
                            '$.trainingJobDefinition.roleArn',
                            '$.userSettings.executionRole',
                            '$.defaultUserSettings.executionRole',
                            '$.instanceGroups[0].executionRole'
                        ]
                    ),
                    lambda role : starts_with(role, 'arn:')
                )
            )
        ) as role,
        event_time < coalesce($base_to::timestamptz, $case_from::timestamptz)
        and ($base_from::timestamptz is null or event_time >= $base_from::timestamptz)
        as is_baseline,
        event_time >= coalesce($base_to::timestamptz, $case_from::timestamptz)
        and ($case_to::timestamptz is null or event_time < $case_to::timestamptz) as is_case,
        artifact_id,
        record_no
    from cloudtrail_event
    where event_source in (
            'sagemaker.amazonaws.com',
            'bedrock.amazonaws.com',
            'bedrock-agentcore.amazonaws.com',
            'lambda.amazonaws.com'
        )
        -- Lambda writes the date of its API behind the name.
        and regexp_replace(event_name, '20[0-9]{6}(v[0-9]+)?$', '') in (
            select member from named_set where name = 'PASS_ROLE_AI'
        )
        and error_code is null
),
habit as (
    select distinct
        principal,
        role
    from handing
    where is_baseline
),
administrator as (
    select distinct principal_key(principal_arn) as principal
    from v_iam_grant
    where effect = 'Allow'
        and policy_kind <> 'boundary'
        and list_contains(actions, '*')
        and list_contains(resources, '*')
),
finding as (
    select
        handing.principal,
        handing.role,
        min(handing.event_time) as first_seen,
        max(handing.event_time) as last_seen,
        count(*) as event_count,
        distinct_values(handing.event_name) as event_name,
        distinct_values(handing.target) as target,
        distinct_values(handing.credential) as credential,
        distinct_values(handing.source_ip_address) as address,
        distinct_values(handing.aws_region) as region,
        min(handing.recipient_account_id) as account_id,
        list(
            {
                'table': 'cloudtrail_event',
                'artifact_id': handing.artifact_id,
                'record_no': handing.record_no
            }
            order by handing.event_time, handing.artifact_id, handing.record_no
        ) as records
    from handing
    anti join habit
        on habit.principal is not distinct from handing.principal
        and habit.role = handing.role
    where handing.is_case
    group by
        handing.principal,
        handing.role
),
judged as (
    select
        *,
        principal_key(role) in (select principal from administrator)
        and coalesce(principal_key(principal), '') not in (
            select principal from administrator where principal is not null
        ) as is_escalation
    from finding
)
select
    'principal' as entity_type,
    principal as entity,
    case when is_escalation then 'critical' else 'high' end as severity,
    first_seen,
    last_seen,
    event_count,
    short_name(principal) || ' handed role ' || short_name(role) || ' to '
    || case when len(target) > 0 then named(target) else 'a resource' end
    || ' with ' || named(event_name) || ' for the first time'
    || case when is_escalation then '; the role may do everything, the identity may not' else '' end
    as summary,
    records,
    principal as actor,
    case when len(address) = 1 then address[1] end as source_ip,
    case when len(region) = 1 then region[1] end as region,
    account_id,
    role as resource,
    {
        'role': role,
        'event_names': event_name,
        'targets': list_slice(target, 1, 20),
        'escalation': is_escalation,
        'credentials': credential,
        'addresses': address
    } as metrics
from judged
order by
    first_seen,
    entity,
    resource
