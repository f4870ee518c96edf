-- ---
-- id: acc-presigned-notebook-url
-- version: 1.0.0
-- title: Door into a notebook opened out of the ordinary
-- status: stable
-- severity: high
-- element: access
-- attack: [T1550.001, T1078.004]
-- atlas: [AML.T0012, AML.T0008.000]
-- description: >-
--   Finds presigned URLs of notebook instances, each a login that gives a shell as the notebook's role, made by an identity
--   that never opened this notebook in the baseline, from an external address, by a program with a long-term key, or by a
--   user that was created in the evidence. Misses the misuse of a URL that its usual owner opened.
-- requires:
--   cloudtrail_event: needed
--   ref_cidr: helpful
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
--   - A new member of the team opens a notebook for the first time.
-- references:
--   - https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_CreatePresignedNotebookInstanceUrl.html
-- changelog:
--   1.0.0: first version
-- ---
with opening as (
    select
        event_time,
        principal,
        credential,
        access_key_id,
        source_ip_address,
        user_agent,
        aws_region,
        recipient_account_id,
        request_parameters ->> '$.notebookInstanceName' as notebook,
        event_time < coalesce($base_to::timestamptz, $case_from::timestamptz)
        and ($base_from::timestamptz is null or event_time >= $base_from::timestamptz)
        as is_baseline,
        event_time >= coalesce($base_to::timestamptz, $case_from::timestamptz) as is_case,
        artifact_id,
        record_no
    from cloudtrail_event
    where event_source = 'sagemaker.amazonaws.com'
        and event_name = 'CreatePresignedNotebookInstanceUrl'
        and error_code is null
),
habit as (
    select distinct
        principal,
        notebook
    from opening
    where is_baseline
),
birth as (
    select
        response_elements ->> '$.user.arn' as new_user,
        min(event_time) as created
    from cloudtrail_event
    where event_source = 'iam.amazonaws.com'
        and event_name = 'CreateUser'
        and error_code is null
    group by new_user
),
judged as (
    select
        opening.*,
        coalesce(opening.is_case and habit.principal is null, false) as is_unseen,
        (select count(*) > 0 from ref_cidr)
        and coalesce(not is_own_class(ip_class(opening.source_ip_address)), false) as is_external,
        starts_with(coalesce(opening.access_key_id, ''), 'AKIA')
        or coalesce(regexp_matches(trim(opening.user_agent, '[]'), rx_ua_raw_http()), false)
            as is_programmatic,
        coalesce(opening.event_time >= birth.created, false) as is_new_user,
        birth.created
    from opening
    left join habit
        on habit.principal is not distinct from opening.principal
        and habit.notebook is not distinct from opening.notebook
    left join birth
        on birth.new_user = opening.principal
),
finding as (
    select
        principal,
        notebook,
        source_ip_address,
        bool_or(is_unseen) as is_unseen,
        bool_or(is_external) as is_external,
        bool_or(is_programmatic) as is_programmatic,
        bool_or(is_new_user) as is_new_user,
        min(created) as created,
        min(event_time) as first_seen,
        max(event_time) as last_seen,
        count(*) as event_count,
        distinct_values(credential) as credential,
        distinct_values(user_agent) as user_agent,
        distinct_values(aws_region) as region,
        min(recipient_account_id) as account_id,
        list(
            {'table': 'cloudtrail_event', 'artifact_id': artifact_id, 'record_no': record_no}
            order by event_time, artifact_id, record_no
        ) as records
    from judged
    where is_unseen
        or is_external
        or is_programmatic
        or is_new_user
    group by
        principal,
        notebook,
        source_ip_address
)
select
    'principal' as entity_type,
    principal as entity,
    'high' as severity,
    first_seen,
    last_seen,
    event_count,
    short_name(principal) || ' opened notebook ' || coalesce(notebook, 'of unknown name') || ' '
    || counted(event_count, 'time') || ' from ' || coalesce(source_ip_address, 'an unknown address')
    || ': ' || concat_ws(
        ', ',
        case when is_unseen then 'never opened by this identity before' end,
        case when is_external then 'external address' end,
        case when is_programmatic then 'by a program' end,
        case when is_new_user then 'user created at ' || moment(created) end
    ) as summary,
    records,
    principal as actor,
    source_ip_address as source_ip,
    case when len(region) = 1 then region[1] end as region,
    account_id,
    notebook as resource,
    {
        'unseen': is_unseen,
        'external': is_external,
        'programmatic': is_programmatic,
        'new_user': is_new_user,
        'user_created': created,
        'credentials': credential,
        'user_agents': list_slice(user_agent, 1, 10)
    } as metrics
from finding
order by
    first_seen,
    entity,
    resource,
    source_ip
