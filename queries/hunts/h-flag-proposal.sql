-- ---
-- id: h-flag-proposal
-- version: 1.0.0
-- title: Which keys, identities and addresses should be named as the attacker's?
-- status: stable
-- description: >-
--   Finds what severe findings of the last detect run rest on and reference/ioc.csv does not name yet: access keys and
--   outside addresses of the records that they list, and identities that acted, each with the findings for it and with how
--   much of what it did is in them. Whoever agrees adds the row to reference/ioc.csv and runs detect again: detections that
--   ask for flagged actors then know it. Misses records that a finding counts and does not list. An identity or address
--   that many share is proposed like any other.
-- requires:
--   finding: needed
--   knowledge: optional
--   cloudtrail_event: helpful
--   v_flagged: optional
--   ref_ioc: optional
--   ref_cidr: helpful
-- parameters:
--   min_severity: {type: text, default: high, description: "severity of findings that propose: medium, high or critical"}
-- references: []
-- changelog:
--   1.0.0: first version
-- ---
with severe as (
    select
        finding_no,
        detection_id,
        actor,
        records
    from finding
    where run_id = (select fingerprint from knowledge where name = 'last_run')
        and suppressed_by is null
        and element <> 'readiness'
        and list_position(['info', 'low', 'medium', 'high', 'critical'], severity)
        >= list_position(['info', 'low', 'medium', 'high', 'critical'], $min_severity::varchar)
),
cited as (
    select distinct
        finding_no,
        detection_id,
        (record ->> '$.artifact_id')::bigint as artifact_id,
        (record ->> '$.record_no')::bigint as record_no
    from (
        select
            finding_no,
            detection_id,
            unnest(records -> '$[*]') as record
        from severe
    )
    where record ->> '$.table' = 'cloudtrail_event'
),
call as (
    select
        cited.finding_no,
        cited.detection_id,
        event.event_time,
        event.credential,
        event.principal,
        event.source_ip_address,
        event.artifact_id,
        event.record_no
    from cited
    join cloudtrail_event as event
        on event.artifact_id = cited.artifact_id
        and event.record_no = cited.record_no
    where event.event_time is not null
),
candidate as (
    select
        'access_key' as kind,
        credential as value,
        * exclude (credential, principal, source_ip_address)
    from call
    where regexp_full_match(credential, 'A[KS]IA[A-Z0-9]{12,128}')
    union all
    select
        'principal' as kind,
        call.principal as value,
        call.* exclude (credential, principal, source_ip_address)
    from call
    join severe
        on severe.finding_no = call.finding_no
        and severe.actor = call.principal
    where starts_with(call.principal, 'arn:')
    union all
    select
        'ip' as kind,
        source_ip_address as value,
        * exclude (credential, principal, source_ip_address)
    from call
    where address_number(source_ip_address) is not null
        and not is_own_class(ip_class(source_ip_address))
),
proposal as (
    select
        kind,
        value,
        min(event_time) as first_seen,
        max(event_time) as last_seen,
        count(distinct finding_no) as findings,
        distinct_values(detection_id) as detections,
        count(distinct row(artifact_id, record_no)) as cited
    from candidate
    where value not in (select value from v_flagged)
        and value not in (select value from ref_ioc where value is not null)
    group by
        kind,
        value
),
activity as (
    select
        proposal.kind,
        proposal.value,
        count(*) as event_count
    from proposal
    join cloudtrail_event as event
        on proposal.value = case proposal.kind
            when 'access_key' then event.credential
            when 'principal' then event.principal
            else event.source_ip_address
        end
    group by
        proposal.kind,
        proposal.value
)
select
    proposal.kind,
    proposal.value,
    counted(proposal.findings, 'finding') || ' of ' || array_to_string(list_slice(proposal.detections, 1, 5), ', ') as note,
    proposal.findings,
    len(proposal.detections) as detections,
    proposal.cited,
    activity.event_count,
    proposal.first_seen,
    proposal.last_seen
from proposal
join activity
    on activity.kind = proposal.kind
    and activity.value = proposal.value
order by
    proposal.findings desc,
    proposal.kind,
    proposal.value
