-- ---
-- id: iam-generated-user-pattern
-- version: 1.0.0
-- title: User or policy named like those of known campaigns
-- status: stable
-- severity: medium
-- element: access
-- attack: [T1136.003]
-- atlas: [AML.T0012]
-- description: >-
--   Finds users and policies whose names campaigns against AI services are known for: six letters and three digits, the
--   policy New_Policy, backdoor and the like, and names that reference/ioc.csv lists as principal; refused or not. Misses
--   every other name; campaigns change theirs.
-- requires:
--   cloudtrail_event: needed
--   ref_ioc: optional
-- parameters:
--   names: {type: text, default: '(?i)backdoor|claude-bedrock|pwned', description: names that give themselves away}
-- false_positives:
--   - People whose names happen to look like that.
-- references:
--   - https://www.wiz.io/blog/jinx-2401-llm-hijacking-aws
-- changelog:
--   1.0.0: first version
-- ---
with creation as (
    select
        event_time,
        event_name,
        error_code,
        principal,
        credential,
        source_ip_address,
        aws_region,
        recipient_account_id,
        case
            when event_name = 'CreateUser' then request_parameters ->> '$.userName'
            when event_name = 'CreateRole' then request_parameters ->> '$.roleName'
            else request_parameters ->> '$.policyName'
        end as name,
        artifact_id,
        record_no
    from cloudtrail_event
    where event_source = 'iam.amazonaws.com'
        and event_name in (
            'CreateUser',
            'CreateRole',
            'CreatePolicy',
            'PutUserPolicy',
            'PutRolePolicy',
            'PutGroupPolicy'
        )
),
judged as (
    select
        creation.*,
        case
            when creation.event_name = 'CreateUser' and regexp_matches(creation.name, rx_user_jinx())
            then 'generated user name'
            when creation.event_name = 'CreatePolicy' and creation.name = 'New_Policy'
            then 'policy name of a campaign'
            when regexp_matches(creation.name, $names::varchar) then 'name that gives itself away'
            when exists (
                select 1
                from ref_ioc as indicator
                where indicator.kind = 'principal'
                    and (
                        indicator.value = creation.name
                        or short_name(indicator.value) = creation.name
                    )
            )
            then 'name in ioc.csv'
        end as pattern
    from creation
)
select
    case
        when event_name = 'CreateUser' then 'user'
        when event_name = 'CreateRole' then 'role'
        else 'policy'
    end as entity_type,
    name as entity,
    'medium' as severity,
    event_time as first_seen,
    event_time as last_seen,
    1::bigint as event_count,
    short_name(principal) || case when error_code is null then ' made ' else ' tried to make ' end
    || case
        when event_name = 'CreateUser' then 'user '
        when event_name = 'CreateRole' then 'role '
        else 'policy '
    end || name || ': ' || pattern as summary,
    [
        {'table': 'cloudtrail_event', 'artifact_id': artifact_id, 'record_no': record_no}
    ] as records,
    principal as actor,
    source_ip_address as source_ip,
    aws_region as region,
    recipient_account_id as account_id,
    name as resource,
    {
        'event_name': event_name,
        'pattern': pattern,
        'error_code': error_code,
        'credential': credential
    } as metrics
from judged
where pattern is not null
order by
    first_seen,
    entity,
    artifact_id,
    record_no
