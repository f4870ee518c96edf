-- ---
-- id: acc-akia-browser-or-empty-ua
-- version: 1.0.0
-- title: Long-term key with the user agent of a browser or none
-- status: stable
-- severity: high
-- element: access
-- attack: [T1078.004, T1550.001]
-- atlas: [AML.T0012]
-- description: >-
--   Finds long-term keys that call AI services, IAM, STS or S3 with a browser's user agent or without any. The console never
--   signs with a long-term key. One finding per user and key. Misses attackers who let their tool name itself.
-- requires:
--   cloudtrail_event: needed
--   named_set: optional
-- parameters: {}
-- false_positives:
--   - Home-grown signers that imitate a browser.
-- references:
--   - https://permiso.io/blog/exploiting-hosted-models
-- changelog:
--   1.0.0: first version
-- ---
with hit as (
    select
        event_time,
        event_source,
        event_name,
        error_code,
        principal,
        credential,
        source_ip_address,
        user_agent,
        coalesce(trim(trim(user_agent), '[]'), '') in ('', '-') as is_empty,
        aws_region,
        recipient_account_id,
        artifact_id,
        record_no
    from cloudtrail_event
    where starts_with(access_key_id, 'AKIA')
        and session_credential_from_console is not true
        and (
            coalesce(trim(trim(user_agent), '[]'), '') in ('', '-')
            or regexp_matches(trim(user_agent, '[]'), rx_ua_browser())
        )
        and (
            event_source in ('iam.amazonaws.com', 'sts.amazonaws.com', 's3.amazonaws.com')
            or event_source in (select member from named_set where name = 'AI_SOURCES')
            or starts_with(event_source, 'bedrock')
            or starts_with(event_source, 'sagemaker')
        )
),
finding as (
    select
        principal,
        credential,
        min(event_time) as first_seen,
        max(event_time) as last_seen,
        count(*) as event_count,
        count(error_code) as error_count,
        count(*) filter (is_empty) as empty_count,
        distinct_values(user_agent) as user_agent,
        distinct_values(event_name) as event_name,
        distinct_values(short_source(event_source)) as service,
        distinct_values(source_ip_address) as address,
        distinct_values(aws_region) as region,
        min(recipient_account_id) as account_id,
        list(
            {'table': 'cloudtrail_event', 'artifact_id': artifact_id, 'record_no': record_no}
            order by event_time, artifact_id, record_no
        ) as records
    from hit
    group by
        principal,
        credential
)
select
    'credential' as entity_type,
    credential as entity,
    'high' as severity,
    first_seen,
    last_seen,
    event_count,
    short_name(principal) || ' made ' || counted(event_count, 'call') || ' of ' || named(service)
    || ' with a long-term key and ' || case
        when empty_count = event_count then 'no user agent'
        when empty_count = 0 then 'the user agent of a browser'
        else 'the user agent of a browser or none'
    end as summary,
    records,
    principal as actor,
    case when len(address) = 1 then address[1] end as source_ip,
    case when len(region) = 1 then region[1] end as region,
    account_id,
    {
        'user_agents': list_slice(user_agent, 1, 20),
        'without_user_agent': empty_count,
        'event_names': event_name,
        'services': service,
        'regions': region,
        'addresses': list_slice(address, 1, 50),
        'errors': error_count
    } as metrics
from finding
order by
    first_seen,
    entity
