-- ---
-- id: h-ai-change-log
-- version: 1.0.0
-- title: Who changed which AI resource?
-- status: stable
-- description: >-
--   Finds every call to an AI service that changed something, or tried to, in the order of time, with its resource,
--   outcome and what it asked for. Misses changes of the roles, buckets and functions behind AI resources.
-- requires:
--   cloudtrail_event: needed
--   named_set: optional
-- parameters:
--   principal: {type: text, default: null, description: "ARN, name, or a pattern with * of an identity"}
--   resource: {type: text, default: null, description: part of the name of a resource}
--   invocations: {type: boolean, default: false, description: invocations too}
--   accounts: {type: text, default: null, description: "only these accounts, separated by commas"}
--   regions: {type: text, default: null, description: "only these regions, separated by commas"}
--   case_from: {type: timestamptz, default: null, description: only from here}
--   case_to: {type: timestamptz, default: null, description: only before}
-- references: []
-- changelog:
--   1.0.0: first version
-- ---
with change as (
    select
        *,
        event_resource(request_parameters, resources) as resource
    from cloudtrail_event
    where event_source in (select member from named_set where name = 'AI_SOURCES')
        and read_only is false
        and ($invocations::boolean
            or event_name not in (
                select member
                from named_set
                where name in ('INVOKE_RT', 'INVOKE_DATA')
            ))
        and not regexp_matches(event_name, '^(Get|List|Describe|Search|BatchGet)')
        and is_listed(recipient_account_id, $accounts::varchar)
        and is_listed(aws_region, $regions::varchar)
        and in_period(event_time, $case_from::timestamptz, $case_to::timestamptz)
)
select
    event_time,
    recipient_account_id as account_id,
    aws_region as region,
    principal,
    credential,
    source_ip_address as source_ip,
    ip_class(source_ip_address) as address_class,
    user_agent,
    short_source(event_source) || ':' || event_name as action,
    resource,
    coalesce(error_code, 'success') as outcome,
    request_parameters as request,
    response_elements as response,
    artifact_id,
    record_no
from change
where ($principal::varchar is null
        or principal_matches($principal::varchar, principal)
        or short_name(principal) = $principal::varchar)
    and ($resource::varchar is null or contains(lower(resource), lower($resource::varchar)))
order by
    event_time,
    artifact_id,
    record_no
