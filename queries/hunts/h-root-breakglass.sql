-- ---
-- id: h-root-breakglass
-- version: 1.0.0
-- title: What did root and emergency roles do?
-- status: stable
-- description: >-
--   Finds every call of the root user, every AssumeRoot, and every call of identities whose name or class in
--   `reference/principal.csv` says that they are for emergencies, or that the analyst names. Misses emergency accesses
--   with an ordinary name.
-- requires:
--   cloudtrail_event: needed
--   ref_principal: optional
-- parameters:
--   names: {type: text, default: "(?i)break-?glass|emergency|incident-response", description: regular expression of names of emergency identities}
--   accounts: {type: text, default: null, description: "only these accounts, separated by commas"}
--   regions: {type: text, default: null, description: "only these regions, separated by commas"}
--   case_from: {type: timestamptz, default: null, description: only from here}
--   case_to: {type: timestamptz, default: null, description: only before}
-- references: []
-- changelog:
--   1.0.0: first version
-- ---
with breakglass as (
    select principal
    from (select distinct principal from cloudtrail_event)
    where ends_with(principal, ':root')
        or regexp_matches(short_name(principal), $names::varchar)
        or principal_key(principal) in (
            select principal_key(principal)
            from ref_principal
            where class in ('root_mgmt', 'break_glass')
        )
)
select
    event_time,
    case
        when event_name = 'AssumeRoot' then 'AssumeRoot'
        when identity_type = 'Root' or ends_with(principal, ':root') then 'root'
        else 'emergency identity'
    end as kind,
    recipient_account_id as account_id,
    aws_region as region,
    principal,
    credential,
    session_name,
    mfa_authenticated,
    source_ip_address as source_ip,
    ip_class(source_ip_address) as address_class,
    user_agent,
    short_source(event_source) || ':' || event_name as action,
    event_resource(request_parameters, resources) as resource,
    coalesce(error_code, 'success') as outcome,
    artifact_id,
    record_no
from cloudtrail_event
where (
        identity_type = 'Root'
        or event_name = 'AssumeRoot'
        or principal in (select principal from breakglass)
    )
    and is_listed(recipient_account_id, $accounts::varchar)
    and is_listed(aws_region, $regions::varchar)
    and in_period(event_time, $case_from::timestamptz, $case_to::timestamptz)
order by
    event_time,
    artifact_id,
    record_no
