-- ---
-- id: acc-unused-region
-- version: 1.0.0
-- title: Activity in a region that nobody uses
-- status: stable
-- severity: medium
-- element: access
-- attack: [T1535]
-- atlas: [AML.T0075]
-- description: >-
--   Finds changes, and every call of AI services, in regions that are not in use: those that reference/region.csv does not
--   list as used, or, without that list, those that the baseline does not have. One finding per credential and region; high
--   when the region was off or was switched on. Misses models that run in another region behind an inference profile.
-- requires:
--   cloudtrail_event: needed
--   named_set: optional
--   ref_region: helpful
-- preconditions:
--   - query: >-
--       select (select count(*) > 0 from ref_region where class = 'used')
--       or (
--       select coalesce(min(event_time) < coalesce($base_to::timestamptz, $case_from::timestamptz), false)
--       from cloudtrail_event)
--     otherwise: not_evaluable
--     reason: no region is known to be used; fill reference/region.csv or name the period of interest
-- parameters:
--   case_from: {type: timestamptz, default: case, description: start of the period of interest}
--   base_from: {type: timestamptz, default: case, description: start of the baseline}
--   base_to: {type: timestamptz, default: case, description: end of the baseline; the start of the case when empty}
-- false_positives:
--   - The rollout of an application into a new region.
-- references:
--   - https://www.sysdig.com/blog/llmjacking-stolen-cloud-credentials-used-in-new-ai-attack
-- changelog:
--   1.0.0: first version
-- ---
with used as (
    select region
    from ref_region
    where class = 'used'
    union
    -- Without a list, what the baseline has is in use.
    select aws_region
    from cloudtrail_event
    where not exists (from ref_region where class = 'used')
        and event_time < coalesce($base_to::timestamptz, $case_from::timestamptz)
        and ($base_from::timestamptz is null or event_time >= $base_from::timestamptz)
),
stray as (
    select
        event_time,
        event_source,
        event_name,
        error_code,
        principal,
        credential,
        source_ip_address,
        user_agent,
        aws_region,
        recipient_account_id,
        read_only,
        coalesce(
            error_code in ('OptInRequired', 'RegionDisabledException')
            or contains(lower(error_message), 'region is disabled'),
            false
        ) as is_off,
        artifact_id,
        record_no
    from cloudtrail_event
    where aws_region not in (select region from used where region is not null)
        and event_source not in (select member from named_set where name = 'GLOBAL_SOURCES')
        and invoked_by is null
        and (
            read_only is false
            or event_source in (select member from named_set where name = 'AI_SOURCES')
        )
),
enabled as (
    select
        request_parameters ->> '$.regionName' as region,
        min(event_time) as event_time
    from cloudtrail_event
    where event_name = 'EnableRegion'
        and error_code is null
    group by region
),
finding as (
    select
        principal,
        credential,
        aws_region,
        min(event_time) as first_seen,
        max(event_time) as last_seen,
        count(*) as event_count,
        count(error_code) as error_count,
        count(*) filter (read_only is false) as change_count,
        bool_or(is_off) as is_off,
        distinct_values(short_source(event_source) || ':' || event_name) as action,
        distinct_values(error_code) as error_code,
        distinct_values(source_ip_address) as address,
        min(recipient_account_id) as account_id,
        arg_min(
            {'table': 'cloudtrail_event', 'artifact_id': artifact_id, 'record_no': record_no},
            row(event_time, artifact_id, record_no),
            200
        ) as records
    from stray
    group by
        principal,
        credential,
        aws_region
)
select
    'credential@region' as entity_type,
    finding.credential || '@' || finding.aws_region as entity,
    case
        when finding.is_off or enabled.region is not null
        then 'high'
        else 'medium'
    end as severity,
    finding.first_seen,
    finding.last_seen,
    finding.event_count,
    short_name(finding.principal) || ' made ' || counted(finding.event_count, 'call') || ' in '
    || finding.aws_region || ', which nobody uses: ' || named(finding.action)
    || ' (' || counted(finding.error_count, 'error') || ')'
    || case when finding.is_off then '; the region was off' else '' end
    || case
        when enabled.region is not null
        then '; the region was switched on at ' || moment(enabled.event_time)
        else ''
    end
    as summary,
    finding.records,
    finding.principal as actor,
    case when len(finding.address) = 1 then finding.address[1] end as source_ip,
    finding.aws_region as region,
    finding.account_id,
    {
        'credential': finding.credential,
        'actions': finding.action,
        'errors': finding.error_count,
        'error_codes': finding.error_code,
        'changes': finding.change_count,
        'region_off': finding.is_off,
        'region_enabled': enabled.event_time,
        'addresses': list_slice(finding.address, 1, 50)
    } as metrics,
    finding.event_count as record_total
from finding
left join enabled
    on enabled.region = finding.aws_region
order by
    finding.first_seen,
    entity
