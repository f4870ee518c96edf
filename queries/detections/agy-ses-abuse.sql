-- ---
-- id: agy-ses-abuse
-- version: 1.0.0
-- title: Mail sent through the role of an AI workload
-- status: stable
-- severity: high
-- element: agency
-- attack: [T1496.004, T1566]
-- atlas: [AML.T0053, AML.T0048.001]
-- description: >-
--   Finds mails over SES by roles of AI workloads, a day each, to recipients outside own domains, min_mails or more within a
--   window, and days with more than base_factor times the mails of ordinary days; besides changes of sending identities
--   and limits by such a role, and reads of quotas in min_regions regions. Refused calls alone are medium. Metrics count
--   recipients and domains, not addresses. Misses mails over SMTP, which leave no event, and what the mails said.
-- requires:
--   cloudtrail_event: needed
--   v_ai_role: optional
--   v_mail: optional
--   ref_domain: helpful
-- preconditions:
--   - query: select exists (from v_ai_role)
--     otherwise: not_evaluable
--     reason: no role of an AI workload is known; fill reference/principal.csv
--   - query: >-
--       select count(*) > 0 from cloudtrail_event where event_source = 'ses.amazonaws.com'
--       and event_category = 'Data'
--     otherwise: partial
--     reason: CloudTrail has no data events of SES, so mails do not show
-- parameters:
--   min_mails: {type: integer, default: 10, description: mails in a window that are a burst}
--   window: {type: interval, default: 10 minutes, description: length of the sliding window}
--   base_factor: {type: double, default: 5, description: times the P95 of ordinary days above which mails are too many}
--   min_base_mails: {type: integer, default: 20, description: mails before the case that make ordinary days}
--   min_regions: {type: integer, default: 3, description: regions in which quotas are read}
--   case_from: {type: timestamptz, default: case, description: start of the period of interest}
--   base_from: {type: timestamptz, default: case, description: start of the baseline}
--   base_to: {type: timestamptz, default: case, description: end of the baseline; the start of the case when empty}
-- false_positives:
--   - Newsletters and notices that the application is meant to send to customers.
-- references:
--   - https://aws.amazon.com/blogs/security/methodology-for-incident-response-on-generative-ai-workloads/
--   - https://docs.aws.amazon.com/ses/latest/dg/logging-using-cloudtrail.html
-- changelog:
--   1.0.0: first version
-- ---
with role as materialized (
    select principal
    from v_ai_role
),
mail as (
    select
        v_mail.*,
        time_bucket(interval 1 day, v_mail.event_time) as day,
        count(*) over span as mails_in_window,
        sum(
            case when v_mail.outside_recipients > 0 then 1 else 0 end
        ) over span as outside_in_window
    from v_mail
    where v_mail.principal in (select principal from role)
    window span as (
        partition by v_mail.principal
        order by v_mail.event_time
        range between $window::interval preceding and current row
    )
),
daily as (
    select
        principal,
        day,
        count(*) as mails,
        coalesce(
            day < coalesce($base_to::timestamptz, $case_from::timestamptz)
            and ($base_from::timestamptz is null or day >= $base_from::timestamptz),
            false
        ) as in_baseline
    from mail
    group by
        principal,
        day
),
ordinary as (
    select
        principal,
        quantile_cont(mails, 0.95) as p95
    from daily
    where in_baseline
    group by principal
    having sum(mails) >= $min_base_mails::bigint
),
excess as (
    select
        daily.principal,
        daily.day
    from daily
    join ordinary
        using (principal)
    where not daily.in_baseline
        and daily.mails > $base_factor::double * ordinary.p95
),
judged_mail as (
    select
        mail.*,
        coalesce(mail.outside_recipients > 0, false) as is_outside,
        -- A mail is of a burst when a window that ends with it or a later one is full.
        max(mail.mails_in_window) over (
            partition by mail.principal
            order by mail.event_time
            range between current row and $window::interval following
        ) >= $min_mails::bigint as is_burst,
        excess.principal is not null as is_excess
    from mail
    left join excess
        using (principal, day)
),
change as (
    select
        event_time,
        event_name,
        principal,
        source_ip_address,
        aws_region,
        recipient_account_id,
        error_code,
        time_bucket(interval 1 day, event_time) as day,
        event_name in ('GetSendQuota', 'GetAccount', 'GetAccountSendingEnabled') as is_quota,
        artifact_id,
        record_no
    from cloudtrail_event
    where event_source = 'ses.amazonaws.com'
        and event_name in (
            'VerifyEmailIdentity',
            'VerifyEmailAddress',
            'VerifyDomainIdentity',
            'VerifyDomainDkim',
            'CreateEmailIdentity',
            'PutAccountDetails',
            'PutAccountSendingAttributes',
            'UpdateAccountSendingEnabled',
            'GetSendQuota',
            'GetAccount',
            'GetAccountSendingEnabled'
        )
        and principal in (select principal from role)
),
quota_tour as (
    select
        principal,
        day
    from change
    where is_quota
    group by
        principal,
        day
    having count(distinct aws_region) >= $min_regions::bigint
),
reported as (
    select
        event_time,
        principal,
        day,
        event_name,
        source_ip_address,
        aws_region,
        recipient_account_id,
        error_code,
        true as is_mail,
        is_outside,
        is_burst,
        is_excess,
        recipients,
        outside_recipients,
        domains,
        artifact_id,
        record_no
    from judged_mail
    where is_outside
        or is_burst
        or is_excess
    union all by name
    select
        event_time,
        principal,
        day,
        event_name,
        source_ip_address,
        aws_region,
        recipient_account_id,
        error_code,
        false as is_mail,
        artifact_id,
        record_no
    from change
    where not is_quota
        or (principal, day) in (select (principal, day) from quota_tour)
),
-- When mails went outside, these are what the finding is about; ordinary ones of the same burst are only counted.
kept as (
    select
        *,
        bool_or(is_mail and is_outside) over (partition by principal, day) as has_outside
    from reported
    qualify not is_mail
        or is_outside
        or not coalesce(has_outside, false)
),
window_peak as (
    select
        principal,
        day,
        min(event_time) filter (mails_in_window >= $min_mails::bigint) as burst_at,
        min(event_time) filter (outside_in_window >= $min_mails::bigint) as outside_burst_at,
        max(mails_in_window) as max_in_window,
        max(outside_in_window) as max_outside_in_window,
        count(*) as mails_of_day
    from mail
    group by
        principal,
        day
),
grouped as (
    select
        principal,
        day,
        min(event_time) as first_seen,
        max(event_time) as last_seen,
        count(*) as event_count,
        count(error_code) as refused,
        count(*) filter (is_mail) as mails,
        count(*) filter (is_outside) as outside_mails,
        coalesce(sum(recipients) filter (is_mail), 0)::bigint as recipients,
        coalesce(sum(outside_recipients) filter (is_mail), 0)::bigint as outside_recipients,
        coalesce(bool_or(is_excess), false) as is_excess,
        list_sort(list_distinct(flatten(list(domains order by event_time) filter (is_mail)))) as domains,
        distinct_values(case when not is_mail then event_name end) as change_name,
        distinct_values(source_ip_address) as address,
        distinct_values(aws_region) as region,
        min(recipient_account_id) as account_id,
        list(
            {'table': 'cloudtrail_event', 'artifact_id': artifact_id, 'record_no': record_no}
            order by event_time, artifact_id, record_no
        ) as records
    from kept
    group by
        principal,
        day
)
select
    'principal' as entity_type,
    grouped.principal as entity,
    case when grouped.refused = grouped.event_count then 'medium' else 'high' end as severity,
    grouped.first_seen,
    grouped.last_seen,
    grouped.event_count,
    short_name(grouped.principal) || ' '
    || concat_ws(
        '; ',
        case
            when grouped.mails > 0
                then 'sent ' || counted(grouped.mails, 'mail')
                    || ' from ' || moment(grouped.first_seen) || ' to ' || moment(grouped.last_seen)
                    || case
                        when grouped.outside_mails > 0
                            then ', ' || counted(grouped.outside_recipients, 'recipient')
                                || ' outside own domains (' || named(grouped.domains) || ')'
                        else ''
                    end
        end,
        case
            when grouped.mails > 0 and window_peak.burst_at is not null
                then 'at most ' || window_peak.max_in_window || ' mails in a window, '
                    || $min_mails::bigint || ' reached at ' || moment(window_peak.burst_at)
        end,
        case
            when grouped.is_excess
                then window_peak.mails_of_day || ' mails that day, where '
                    || format('{:g}', ordinary.p95) || ' were usual'
        end,
        case
            when len(grouped.change_name) > 0 then 'called ' || array_to_string(grouped.change_name, ', ')
        end,
        case
            when grouped.refused > 0 then counted(grouped.refused, 'call') || ' refused'
        end
    ) as summary,
    grouped.records,
    grouped.principal as actor,
    case when len(grouped.address) = 1 then grouped.address[1] end as source_ip,
    case when len(grouped.region) = 1 then grouped.region[1] end as region,
    grouped.account_id,
    {
        'day': grouped.day,
        'mails': grouped.mails,
        'external_mails': grouped.outside_mails,
        'recipients': grouped.recipients,
        'external_recipients': grouped.outside_recipients,
        'domains': coalesce(grouped.domains, []),
        'burst_at': window_peak.burst_at,
        'max_in_window': window_peak.max_in_window,
        'external_burst_at': window_peak.outside_burst_at,
        'max_external_in_window': window_peak.max_outside_in_window,
        'mails_of_day': window_peak.mails_of_day,
        'baseline_p95': ordinary.p95,
        'changes': grouped.change_name,
        'refused': grouped.refused
    } as metrics
from grouped
left join window_peak
    using (principal, day)
left join ordinary
    using (principal)
order by
    first_seen,
    entity
