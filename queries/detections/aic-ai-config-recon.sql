-- ---
-- id: aic-ai-config-recon
-- version: 1.0.1
-- title: AI service configuration enumerated
-- status: stable
-- severity: medium
-- element: ai-changes
-- attack: [T1580, T1526]
-- atlas: [AML.T0075, AML.T0007, AML.T0084]
-- description: >-
--   Finds a credential that reads many different kinds of AI configuration (models, guardrails, agents, knowledge bases,
--   jobs, vector stores) inside a sliding window, whatever the outcome, or reads in many regions. A console session needs
--   as many names as make a finding high, because one page of the console reads several. The finding is the busiest
--   window. Misses readers that keep below the threshold, and those that are listed as ai_admin or cspm.
-- requires:
--   cloudtrail_event: needed
--   named_set: optional
--   ref_principal: optional
-- parameters:
--   medium_names: {type: integer, default: 4, description: different operations in a window that make a finding}
--   high_names: {type: integer, default: 8, description: different operations that make it high}
--   high_regions: {type: integer, default: 3, description: regions in a window that make a finding of high severity}
--   window: {type: interval, default: 30 minutes, description: length of the sliding window}
-- false_positives:
--   - Posture management and administrators of the AI platform that reference/principal.csv does not list.
--   - Infrastructure as code that refreshes its state.
-- references:
--   - https://docs.aws.amazon.com/bedrock/latest/userguide/logging-using-cloudtrail.html
-- changelog:
--   1.0.1: the same rows, in time that grows with the events and no faster
--   1.0.0: first version
-- ---
with recon as (
    select
        event_time,
        event_name,
        event_source,
        aws_region,
        principal,
        credential,
        source_ip_address,
        recipient_account_id,
        session_credential_from_console is true as from_console,
        error_code,
        artifact_id,
        record_no
    from cloudtrail_event as event
    where event_source in (
            'bedrock.amazonaws.com',
            'bedrock-agentcore.amazonaws.com',
            'sagemaker.amazonaws.com',
            'qbusiness.amazonaws.com',
            'q.amazonaws.com',
            'aoss.amazonaws.com',
            's3vectors.amazonaws.com'
        )
        and event_name in (
            select member from named_set where name in ('BEDROCK_RECON', 'SM_RECON')
        )
        and event_time is not null
        and not exists (
            select 1
            from ref_principal as known
            where known.class in ('ai_admin', 'cspm')
                and principal_matches(known.principal, event.principal)
        )
),
-- Different values in a sliding window, without a self join: a row counts from its own time until the same value comes
-- again or the window has passed it, whichever is earlier.
spell as (
    select
        credential,
        from_console,
        event_time,
        least(
            lead(event_time) over same_name,
            event_time + $window::interval + interval 1 microsecond
        ) as name_end,
        least(
            lead(event_time) over same_region,
            event_time + $window::interval + interval 1 microsecond
        ) as region_end
    from recon
    window
        same_name as (
            partition by credential, from_console, event_name
            order by event_time, artifact_id, record_no
        ),
        same_region as (
            partition by credential, from_console, aws_region
            order by event_time, artifact_id, record_no
        )
),
change as (
    select
        credential,
        from_console,
        event_time as instant,
        true as is_event,
        1 as name_change,
        1 as region_change,
        1 as row_change
    from spell
    union all
    select credential, from_console, name_end, false, -1, 0, 0
    from spell
    union all
    select credential, from_console, region_end, false, 0, -1, 0
    from spell
    union all
    select
        credential,
        from_console,
        event_time + $window::interval + interval 1 microsecond,
        false,
        0,
        0,
        -1
    from spell
),
level as (
    select
        credential,
        from_console,
        instant,
        is_event,
        sum(name_change) over sweep as name_count,
        sum(region_change) over sweep as region_count,
        sum(row_change) over sweep as row_count
    from change
    window sweep as (
        partition by credential, from_console
        order by instant
        range between unbounded preceding and current row
    )
),
hot as (
    select distinct
        credential,
        from_console,
        instant,
        name_count,
        region_count,
        row_count,
        name_count >= $high_names::bigint
        or region_count >= $high_regions::bigint and not from_console as is_high
    from level
    where is_event
        and (
            name_count >= $high_names::bigint
            or not from_console
            and (
                name_count >= $medium_names::bigint
                or region_count >= $high_regions::bigint
            )
        )
),
started as (
    select
        *,
        instant - lag(instant) over same_credential > $window::interval as starts_burst
    from hot
    window same_credential as (partition by credential, from_console order by instant)
),
numbered as (
    select
        *,
        count(case when starts_burst then 1 end) over (
            partition by credential, from_console
            order by instant
        ) as burst
    from started
),
burst as (
    select
        credential,
        from_console,
        burst,
        min(instant) as reached,
        min(instant) filter (is_high) as reached_high,
        arg_max(instant, row(name_count, row_count, -epoch_us(instant))) as peak
    from numbered
    group by
        credential,
        from_console,
        burst
)
select
    'credential' as entity_type,
    burst.credential as entity,
    case when burst.reached_high is not null then 'high' else 'medium' end as severity,
    min(recon.event_time) as first_seen,
    max(recon.event_time) as last_seen,
    count(*) as event_count,
    short_name(min(recon.principal)) || ' read '
    || counted(count(distinct recon.event_name), 'kind') || ' of AI configuration in '
    || counted(count(*), 'call') || ' and ' || counted(count(distinct recon.aws_region), 'region')
    || ' between ' || moment(min(recon.event_time)) || ' and ' || moment(max(recon.event_time))
    || '; the threshold was reached at ' || moment(burst.reached) as summary,
    list(
        {
            'table': 'cloudtrail_event',
            'artifact_id': recon.artifact_id,
            'record_no': recon.record_no
        }
        order by recon.event_time, recon.artifact_id, recon.record_no
    ) as records,
    min(recon.principal) as actor,
    case
        when count(distinct recon.source_ip_address) = 1 then min(recon.source_ip_address)
    end as source_ip,
    case when count(distinct recon.aws_region) = 1 then min(recon.aws_region) end as region,
    min(recon.recipient_account_id) as account_id,
    {
        'names': count(distinct recon.event_name),
        'reached': burst.reached,
        'reached_high': burst.reached_high,
        'bedrock_names': count(distinct recon.event_name) filter (
            starts_with(recon.event_source, 'bedrock')
        ),
        'sagemaker_names': count(distinct recon.event_name) filter (
            starts_with(recon.event_source, 'sagemaker')
        ),
        'event_names': distinct_values(recon.event_name),
        'services': distinct_values(short_source(recon.event_source)),
        'regions': distinct_values(recon.aws_region),
        'addresses': distinct_values(recon.source_ip_address),
        'failed': count(recon.error_code),
        'console': burst.from_console
    } as metrics
from burst
join recon
    on recon.credential is not distinct from burst.credential
    and recon.from_console = burst.from_console
    and recon.event_time between burst.peak - $window::interval and burst.peak
group by
    burst.credential,
    burst.from_console,
    burst.burst,
    burst.reached,
    burst.reached_high
order by
    first_seen,
    entity,
    last_seen
