-- ---
-- id: aic-notebook-lifecycle-script
-- version: 1.0.0
-- title: Notebook lifecycle configuration with a suspicious script
-- status: stable
-- severity: critical
-- element: ai-changes
-- attack: [T1546, T1059.009]
-- atlas: [AML.T0072, AML.T0018.002]
-- description: >-
--   Finds lifecycle configurations of notebooks and Studio whose decoded script opens a shell to the network, asks the
--   metadata service, pipes a download into a shell, hides itself or copies to S3 (critical), and those that an identity
--   makes for the first time or whose hash is not a known one (medium). Scripts come from CloudTrail and from collected
--   answers. Names the addresses in the script and the flows to them. Misses what a harmless script downloads and runs
--   later, and content that neither source recorded.
-- requires:
--   cloudtrail_event: needed
--   api_snapshot: optional
--   vpc_flow: optional
--   ref_hash: optional
--   ref_domain: optional
-- preconditions:
--   - query: >-
--       select coalesce(min(event_time) <= coalesce($base_to::timestamptz, $case_from::timestamptz)
--       - interval 7 days, false) from cloudtrail_event
--     otherwise: partial
--     reason: less than seven days of CloudTrail before the case, so unseen may only mean unrecorded
-- parameters:
--   case_from: {type: timestamptz, default: case, description: start of the period of interest}
--   base_from: {type: timestamptz, default: case, description: start of the baseline}
--   base_to: {type: timestamptz, default: case, description: end of the baseline; the start of the case when empty}
-- false_positives:
--   - Installers that pipe a download into a shell; list their hosts as allowed in reference/domain.csv.
-- references:
--   - https://docs.aws.amazon.com/sagemaker/latest/dg/notebook-lifecycle-config.html
-- changelog:
--   1.0.0: first version
-- ---
with change as (
    select
        event_time,
        event_name,
        coalesce(
            request_parameters ->> '$.notebookInstanceLifecycleConfigName',
            request_parameters ->> '$.studioLifecycleConfigName'
        ) as config,
        json_extract_string(request_parameters, '$.onStart[*].content')
        || json_extract_string(request_parameters, '$.onCreate[*].content')
        || json_extract_string(request_parameters, ['$.studioLifecycleConfigContent']) as content,
        principal,
        credential,
        source_ip_address,
        aws_region,
        recipient_account_id,
        error_code,
        'cloudtrail_event' as source,
        artifact_id,
        record_no
    from cloudtrail_event
    where event_source = 'sagemaker.amazonaws.com'
        and event_name in (
            'CreateNotebookInstanceLifecycleConfig',
            'UpdateNotebookInstanceLifecycleConfig',
            'CreateStudioLifecycleConfig'
        )
),
answer as (
    select
        coalesce(
            try_cast(coalesce(json ->> '$.LastModifiedTime', json ->> '$.CreationTime') as timestamptz),
            collected_at
        ) as event_time,
        operation as event_name,
        coalesce(
            json ->> '$.NotebookInstanceLifecycleConfigName',
            json ->> '$.StudioLifecycleConfigName',
            resource
        ) as config,
        json_extract_string(json, '$.OnStart[*].Content')
        || json_extract_string(json, '$.OnCreate[*].Content')
        || json_extract_string(json, ['$.StudioLifecycleConfigContent']) as content,
        region as aws_region,
        account_id as recipient_account_id,
        'api_snapshot' as source,
        artifact_id,
        record_no
    from api_snapshot
    where service = 'sagemaker'
        and operation in ('describe-notebook-instance-lifecycle-config', 'describe-studio-lifecycle-config')
        and error_code is null
),
habit as (
    select distinct principal
    from change
    where event_time < coalesce($base_to::timestamptz, $case_from::timestamptz)
        and ($base_from::timestamptz is null or event_time >= $base_from::timestamptz)
),
trusted as (
    select
        (select list(distinct sha256 order by sha256) from ref_hash where kind = 'lcc') as known_hash,
        (
            select list(distinct domain order by domain)
            from ref_domain
            where class in ('own', 'allowed')
        ) as domain
),
script as (
    select
        part.*,
        trusted.known_hash,
        trusted.domain,
        list_transform(
            list_filter(part.content, lambda each : each is not null),
            lambda each : coalesce(text_of_base64(each), each)
        ) as body
    from (
        select * from change
        union all by name
        select * from answer
    ) as part
    cross join trusted
),
-- A download of an allowed host, alone on its line, may run; nothing else on the line is overlooked.
cleaned as (
    select
        *,
        list_transform(body, lambda each : sha256(each)) as hash,
        array_to_string(
            list_filter(
                flatten(list_transform(body, lambda each : string_split(each, chr(10)))),
                lambda line : not coalesce(
                    len(
                        list_filter(
                            domain,
                            lambda allowed : piped_host(line) = allowed
                                or ends_with(piped_host(line), '.' || allowed)
                        )
                    ) > 0,
                    false
                )
            ),
            chr(10)
        ) as text
    from script
),
judged as (
    select
        cleaned.* exclude (content, body, domain, known_hash, text),
        list_distinct(
            list_transform(
                regexp_extract_all(text, rx_lcc_script(), 0),
                lambda match : left(trim(match), 80)
            )
        ) as match,
        list_distinct(
            list_filter(
                list_transform(
                    regexp_extract_all(text, '\b(?:[0-9]{1,3}\.){3}[0-9]{1,3}\b(?:[:/][0-9]{1,5}\b)?', 0)
                    || regexp_extract_all(text, '/dev/(?:tcp|udp)/([^/\s]+/[0-9]+)', 1)
                    || regexp_extract_all(text, '\bhttps?://[^\s"''<>|)]+', 0),
                    lambda place : case
                        when starts_with(place, 'http') then place
                        else replace(place, '/', ':')
                    end
                ),
                lambda place : not starts_with(place, '169.254.') and not starts_with(place, '127.')
            )
        ) as indicator,
        len(body) = 0 or list_contains(body, 'HIDDEN_DUE_TO_SECURITY_REASONS') as is_unrecorded,
        len(known_hash) > 0
        and len(list_filter(hash, lambda each : not list_contains(known_hash, each))) > 0 as is_unknown_hash,
        source = 'cloudtrail_event'
        and coalesce(event_time >= coalesce($base_to::timestamptz, $case_from::timestamptz), false)
        and habit.principal is null as is_unseen
    from cleaned
    left join habit
        on habit.principal = cleaned.principal
),
-- The call names who did it, the answer repeats the script: one finding per configuration and identity.
author as (
    select distinct
        config,
        principal
    from judged
    where source = 'cloudtrail_event'
        and error_code is null
),
attributed as (
    select
        judged.* exclude (principal),
        case
            when judged.source = 'cloudtrail_event' then judged.principal
            else author.principal
        end as principal
    from judged
    left join author
        on judged.source = 'api_snapshot'
        and author.config = judged.config
),
finding as (
    select
        config,
        principal,
        error_code is not null as is_attempt,
        bool_or(len(match) > 0) as is_suspicious,
        bool_or(is_unseen) as is_unseen,
        bool_or(is_unknown_hash) as is_unknown_hash,
        bool_and(is_unrecorded) as is_unrecorded,
        list_sort(list_distinct(flatten(list(match order by event_time)))) as match,
        list_sort(list_distinct(flatten(list(indicator order by event_time)))) as indicator,
        list_sort(list_distinct(flatten(list(hash order by event_time)))) as hash,
        coalesce(min(event_time) filter (source = 'cloudtrail_event'), min(event_time)) as first_seen,
        coalesce(max(event_time) filter (source = 'cloudtrail_event'), max(event_time)) as last_seen,
        count(*) as event_count,
        distinct_values(event_name) as event_name,
        distinct_values(error_code) as error_code,
        distinct_values(credential) as credential,
        distinct_values(source_ip_address) as address,
        distinct_values(aws_region) as region,
        min(recipient_account_id) as account_id,
        list(
            {'table': source, 'artifact_id': artifact_id, 'record_no': record_no}
            order by event_time, source desc, artifact_id, record_no
        ) as records
    from attributed
    group by
        config,
        principal,
        error_code is not null
),
reported as (
    select
        *,
        case
            when is_suspicious and not is_attempt then 'critical'
            else 'medium'
        end as severity
    from finding
    where is_suspicious
        or is_unseen
        or is_unknown_hash
),
target as (
    select
        reported.config,
        reported.principal,
        unnest(
            list_filter(
                list_distinct(
                    list_transform(
                        indicator,
                        lambda place : regexp_extract(
                            place,
                            '^(?:https?://)?((?:[0-9]{1,3}\.){3}[0-9]{1,3})',
                            1
                        )
                    )
                ),
                lambda address : address <> ''
            )
        ) as address
    from reported
),
-- An address translation gateway repeats the flow of the workload behind it.
flow as (
    select
        coalesce(pkt_dstaddr, dstaddr) as address,
        dstport,
        interface_id,
        count(*) as flows,
        sum(bytes)::bigint as bytes,
        min(start_time) as first_seen,
        max(end_time) as last_seen
    from vpc_flow
    where (dstaddr in (select address from target) or pkt_dstaddr in (select address from target))
        and action is distinct from 'REJECT'
        and (pkt_srcaddr is null or pkt_srcaddr = srcaddr)
    group by
        coalesce(pkt_dstaddr, dstaddr),
        dstport,
        interface_id
),
contact as (
    select
        target.config,
        target.principal,
        sum(flow.flows)::bigint as flows,
        list(
            {
                'address': flow.address,
                'port': flow.dstport,
                'interface': flow.interface_id,
                'flows': flow.flows,
                'bytes': flow.bytes,
                'first_seen': flow.first_seen,
                'last_seen': flow.last_seen
            }
            order by flow.first_seen, flow.address, flow.dstport, flow.interface_id
        ) as contacts
    from target
    join flow
        on flow.address = target.address
    group by
        target.config,
        target.principal
)
select
    'lifecycle_configuration' as entity_type,
    reported.config as entity,
    severity,
    first_seen,
    last_seen,
    event_count,
    coalesce(short_name(reported.principal), 'an unknown identity')
    || case when is_attempt then ' tried to write' else ' wrote' end
    || ' lifecycle configuration ' || coalesce(reported.config, 'of the record')
    || case
        when is_suspicious then ' with a suspicious script: ' || named(match)
        when is_unrecorded then ', its script is not recorded'
        else ''
    end
    || case when is_unseen then '; never before the case' else '' end
    || case when is_unknown_hash then '; the hash of the script is unknown' else '' end
    || case when len(indicator) > 0 then '; names ' || named(indicator) else '' end
    || coalesce('; ' || counted(contact.flows, 'flow') || ' to it', '') as summary,
    records,
    reported.principal as actor,
    case when len(address) = 1 then address[1] end as source_ip,
    case when len(region) = 1 then region[1] end as region,
    account_id,
    reported.config as resource,
    {
        'event_names': event_name,
        'attempt': is_attempt,
        'matches': match,
        'indicators': indicator,
        'script_sha256': hash,
        'unseen': is_unseen,
        'unknown_hash': is_unknown_hash,
        'flows': coalesce(contact.flows, 0),
        'contacts': coalesce(contact.contacts, []),
        'error_codes': error_code,
        'credentials': credential,
        'addresses': address
    } as metrics
from reported
left join contact
    on contact.config is not distinct from reported.config
    and contact.principal is not distinct from reported.principal
order by
    first_seen,
    entity,
    actor,
    is_attempt
