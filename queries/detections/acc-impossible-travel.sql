-- ---
-- id: acc-impossible-travel
-- version: 1.0.0
-- title: Person in two far places too soon
-- status: stable
-- severity: medium
-- element: access
-- attack: [T1078.004]
-- atlas: [AML.T0012]
-- description: >-
--   Finds people, console users and single sign-on sessions, whose consecutive addresses lie so far apart that nobody
--   travels that fast, by the networks in reference/geo.csv; our own networks do not count. Misses addresses whose place is
--   not known, and says little where people use a VPN.
-- requires:
--   cloudtrail_event: needed
--   ref_geo: needed
--   ref_cidr: helpful
-- parameters:
--   min_speed: {type: double, default: 900, description: kilometres per hour above which nobody travels}
--   min_distance: {type: double, default: 500, description: kilometres below which a distance says nothing}
-- false_positives:
--   - VPN and proxies, wrong geolocation, roaming.
-- references: []
-- changelog:
--   1.0.0: first version
-- ---
with sight as (
    select
        event_time,
        event_name,
        principal,
        coalesce(session_name, '') as person,
        source_ip_address as address,
        user_agent,
        recipient_account_id,
        artifact_id,
        record_no
    from cloudtrail_event
    where event_time is not null
        and invoked_by is null
        and error_code is null
        and (
            event_name = 'ConsoleLogin'
            and (response_elements ->> '$.ConsoleLogin') = 'Success'
            or starts_with(role_name(principal), 'AWSReservedSSO_')
        )
        and not is_aws_service_address(source_ip_address)
),
place as (
    select
        sight.address,
        arg_max(
            {
                'country': known.country,
                'city': known.city,
                'latitude': known.latitude,
                'longitude': known.longitude
            },
            row(cidr_bits(known.cidr), known.cidr)
        ) as geo
    from (select distinct address from sight) as sight
    join ref_geo as known
        on cidr_contains(known.cidr, sight.address)
    where not is_own_class(ip_class(sight.address))
    group by sight.address
),
located as (
    select
        sight.*,
        place.geo
    from sight
    join place
        on place.address = sight.address
),
step as (
    select
        *,
        lag(address) over same_person as old_address,
        lag(geo) over same_person as old_geo,
        lag(event_time) over same_person as old_time,
        lag({'artifact_id': artifact_id, 'record_no': record_no}) over same_person as old_record
    from located
    window same_person as (
        partition by principal, person
        order by event_time, artifact_id, record_no
    )
),
measured as (
    select
        *,
        -- Great-circle distance on a sphere of 6,371 km.
        2 * 6371 * asin(
            sqrt(
                least(
                    1,
                    pow(sin(radians(geo.latitude - old_geo.latitude) / 2), 2)
                    + cos(radians(old_geo.latitude)) * cos(radians(geo.latitude))
                    * pow(sin(radians(geo.longitude - old_geo.longitude) / 2), 2)
                )
            )
        ) as kilometres,
        greatest(date_diff('second', old_time, event_time), 1) as seconds
    from step
    where old_address <> address
)
select
    'principal' as entity_type,
    principal || case when person = '' then '' else '/' || person end as entity,
    'medium' as severity,
    old_time as first_seen,
    event_time as last_seen,
    2::bigint as event_count,
    coalesce(nullif(person, ''), short_name(principal)) || ' was in '
    || concat_ws(', ', old_geo.city, old_geo.country) || ' at ' || moment(old_time) || ' and in '
    || concat_ws(', ', geo.city, geo.country) || ' at ' || moment(event_time) || ', '
    || round(kilometres)::bigint || ' km apart' as summary,
    [
        {
            'table': 'cloudtrail_event',
            'artifact_id': old_record.artifact_id,
            'record_no': old_record.record_no
        },
        {'table': 'cloudtrail_event', 'artifact_id': artifact_id, 'record_no': record_no}
    ] as records,
    principal as actor,
    address as source_ip,
    recipient_account_id as account_id,
    {
        'kilometres': round(kilometres, 1),
        'kilometres_per_hour': round(kilometres * 3600 / seconds, 1),
        'seconds': seconds,
        'old_address': old_address,
        'new_address': address,
        'old_place': old_geo,
        'new_place': geo,
        'user_agent': user_agent
    } as metrics
from measured
where kilometres > $min_distance::double
    and kilometres * 3600 / seconds > $min_speed::double
order by
    last_seen,
    entity,
    artifact_id,
    record_no
