-- ---
-- id: seq-compute-hijack
-- version: 1.0.0
-- title: Accelerated instances tried and started
-- status: stable
-- element: infrastructure-changes
-- attack: [T1578.002, T1496.004]
-- atlas: []
-- description: >-
--   Finds identities that failed at least twice to start instances with accelerators and then started one within two
--   hours; with key pairs, security groups and rules that let in the whole world before. Misses a first attempt that
--   succeeds.
-- requires:
--   cloudtrail_event: needed
-- steps:
--   - {name: makes a key pair, optional: true}
--   - {name: makes or opens a security group, optional: true}
--   - {name: fails to start accelerated instances}
--   - {name: starts accelerated instances}
-- scenarios: [leaked-key]
-- parameters:
--   max_span: {type: interval, default: 2 hours, description: longest time from the first to the last step}
--   min_failures: {type: integer, default: 2, description: failed attempts}
-- changelog:
--   1.0.0: first version
-- ---
with call as materialized (
    select
        principal as entity,
        case
            when event_name = 'CreateKeyPair' then 1
            when event_name = 'CreateSecurityGroup' then 2
            when event_name = 'AuthorizeSecurityGroupIngress'
                and regexp_matches(request_parameters::varchar, '"(0\.0\.0\.0/0|::/0)"')
            then 2
            when event_name in ('RunInstances', 'RequestSpotInstances', 'CreateFleet')
                and regexp_matches(
                    request_parameters::varchar,
                    '"[iI]nstanceType"\s*:\s*"(p[2-6]|g[3-7]|trn|inf|dl)'
                )
            then case when error_code is null then 4 else 3 end
        end as step_no,
        event_time,
        call_summary(principal, event_name, error_code, source_ip_address) as summary,
        'cloudtrail_event' as "table",
        artifact_id,
        record_no
    from cloudtrail_event
    where event_source = 'ec2.amazonaws.com'
        and event_name in (
            'CreateKeyPair',
            'CreateSecurityGroup',
            'AuthorizeSecurityGroupIngress',
            'RunInstances',
            'RequestSpotInstances',
            'CreateFleet'
        )
        and principal is not null
),
seen as (
    select *
    from call
    where step_no is not null
        and entity in (
            select entity
            from call
            where step_no = 3
            group by entity
            having count(*) >= $min_failures::bigint
        )
)
select
    'principal' as entity_type,
    *
from sequence_records('seen', [3, 4], $max_span::interval)
order by
    started,
    entity,
    step_no,
    event_time,
    "table",
    artifact_id,
    record_no
