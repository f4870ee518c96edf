-- ---
-- id: inf-lambda-code-change
-- version: 1.0.0
-- title: Lambda code or configuration changed by an unusual identity
-- status: stable
-- severity: high
-- element: infrastructure-changes
-- attack: [T1648, T1546, T1059.009]
-- atlas: [AML.T0081, AML.T0110]
-- description: >-
--   Finds successful changes of the code, configuration, layers, aliases or event sources of a function by an identity that
--   did not change it before the case, and by anyone outside the deployment roles when the function belongs to an agent or
--   to an application in the inventory. Critical when the same credential invokes the function within minutes and the
--   function's role then acts in IAM: the changed code took the role's rights. One finding per identity and function.
--   Misses changes by listed deployment roles, and the chain where Lambda data events are not recorded.
-- requires:
--   cloudtrail_event: needed
--   ref_principal: helpful
--   ref_inventory: optional
--   ref_design: optional
--   api_snapshot: optional
-- preconditions:
--   - query: >-
--       select coalesce(min(event_time) <= coalesce($base_to::timestamptz, $case_from::timestamptz)
--       - interval 7 days, false) from cloudtrail_event
--     otherwise: partial
--     reason: less than seven days of CloudTrail before the case, so unseen may only mean unrecorded
-- parameters:
--   until_invoke: {type: interval, default: 15 minutes, description: time from the change to the invocation}
--   until_iam: {type: interval, default: 60 minutes, description: time from the change to the last step}
--   case_from: {type: timestamptz, default: case, description: start of the period of interest}
--   base_from: {type: timestamptz, default: case, description: start of the baseline}
--   base_to: {type: timestamptz, default: case, description: end of the baseline; the start of the case when empty}
-- false_positives:
--   - Deployment roles that reference/principal.csv does not list as ci.
--   - A developer's first function.
-- references:
--   - https://docs.aws.amazon.com/lambda/latest/dg/logging-using-cloudtrail.html
--   - https://www.sysdig.com/blog/ai-assisted-cloud-intrusion-achieves-admin-access-in-8-minutes
-- changelog:
--   1.0.0: first version
-- ---
with change as (
    select
        event_time,
        -- Lambda adds the date of the API to the names of its operations.
        regexp_replace(event_name, '[0-9].*$', '') as event_name,
        coalesce(
            function_name(request_parameters ->> '$.functionName'),
            function_name(response_elements ->> '$.functionArn'),
            request_parameters ->> '$.layerName'
        ) as function_name,
        response_elements ->> '$.role' as role,
        principal,
        credential,
        source_ip_address,
        aws_region,
        recipient_account_id,
        artifact_id,
        record_no
    from cloudtrail_event as event
    where event_source = 'lambda.amazonaws.com'
        and (
            starts_with(event_name, 'UpdateFunctionCode')
            or starts_with(event_name, 'UpdateFunctionConfiguration')
            or starts_with(event_name, 'PublishLayerVersion')
            or starts_with(event_name, 'CreateFunction')
            and not starts_with(event_name, 'CreateFunctionUrl')
            or starts_with(event_name, 'UpdateAlias')
            or starts_with(event_name, 'CreateEventSourceMapping')
        )
        and error_code is null
        and not exists (
            select 1
            from ref_principal as known
            where known.class = 'ci'
                and principal_matches(known.principal, event.principal)
        )
),
habit as (
    select distinct
        principal,
        function_name
    from change
    where event_time < coalesce($base_to::timestamptz, $case_from::timestamptz)
        and ($base_from::timestamptz is null or event_time >= $base_from::timestamptz)
),
-- Functions of agents and applications, by all that says so.
component as (
    select
        function_name,
        distinct_values(origin) as origin
    from (
        select
            function_name(resource) as function_name,
            'inventory' as origin
        from ref_inventory
        where contains(resource, ':function:')
        union all
        select
            function_name(target) as function_name,
            'design of ' || app as origin
        from ref_design
        where kind = 'function'
        union all
        select
            function_name(json ->> '$.agentActionGroup.actionGroupExecutor.lambda') as function_name,
            'action group of agent ' || (json ->> '$.agentActionGroup.agentId') as origin
        from api_snapshot
        where service = 'bedrock-agent'
            and operation = 'get-agent-action-group'
        union all
        select
            function_name(json ->> '$.FunctionArn') as function_name,
            known.class as origin
        from api_snapshot
        join ref_principal as known
            on known.class in ('tool_role', 'agent_role')
            and principal_matches(known.principal, json ->> '$.Role')
        where service = 'lambda'
            and operation = 'get-function-configuration'
        union all
        select
            change.function_name,
            known.class as origin
        from change
        join ref_principal as known
            on known.class in ('tool_role', 'agent_role')
            and principal_matches(known.principal, change.role)
    )
    where function_name is not null
    group by function_name
),
judged as (
    select
        change.*,
        coalesce(
            change.event_time >= coalesce($base_to::timestamptz, $case_from::timestamptz)
            and habit.principal is null,
            false
        ) as is_unseen,
        component.origin
    from change
    left join habit
        on habit.principal = change.principal
        and habit.function_name is not distinct from change.function_name
    left join component
        on component.function_name = change.function_name
),
reported as (
    select *
    from judged
    where is_unseen or origin is not null
),
invocation as (
    select
        event_time,
        function_name(request_parameters ->> '$.functionName') as function_name,
        credential,
        artifact_id,
        record_no
    from cloudtrail_event
    where event_source = 'lambda.amazonaws.com'
        and event_name in ('Invoke', 'InvokeAsync', 'InvokeWithResponseStream')
        and credential in (select credential from reported)
),
invoked as (
    select
        reported.principal,
        reported.function_name,
        reported.event_time as changed_at,
        invocation.event_time as invoked_at,
        reported.role,
        invocation.artifact_id,
        invocation.record_no
    from reported
    asof join invocation
        on invocation.credential = reported.credential
        and invocation.function_name = reported.function_name
        and invocation.event_time >= reported.event_time - interval 1 second
    where invocation.event_time <= reported.event_time + $until_invoke::interval
),
iam_event as (
    select
        event_time,
        event_name,
        principal,
        session_name,
        error_code,
        artifact_id,
        record_no
    from cloudtrail_event
    where event_source = 'iam.amazonaws.com'
        and identity_type = 'AssumedRole'
        and exists (from invoked)
),
escalation as (
    select distinct
        invoked.principal,
        invoked.function_name,
        iam_event.event_time,
        iam_event.event_name,
        iam_event.artifact_id,
        iam_event.record_no
    from invoked
    join iam_event
        on (
            iam_event.session_name = invoked.function_name
            or principal_key(iam_event.principal) = principal_key(invoked.role)
        )
        and iam_event.event_time >= invoked.invoked_at - interval 1 second
        and iam_event.event_time <= invoked.changed_at + $until_iam::interval
),
step as (
    select
        principal,
        function_name,
        event_time,
        'change' as step,
        event_name,
        artifact_id,
        record_no
    from reported
    union all
    select distinct
        principal,
        function_name,
        invoked_at as event_time,
        'invoke' as step,
        'Invoke' as event_name,
        artifact_id,
        record_no
    from invoked
    union all
    select
        principal,
        function_name,
        event_time,
        'iam' as step,
        event_name,
        artifact_id,
        record_no
    from escalation
),
chain as (
    select
        principal,
        function_name,
        count(*) filter (step = 'change') as changes,
        distinct_values(case when step = 'change' then event_name end) as change_name,
        min(event_time) filter (event_name = 'UpdateFunctionConfiguration') as configuration_at,
        min(event_time) filter (event_name = 'UpdateFunctionCode') as code_at,
        min(event_time) filter (step = 'invoke') as invoked_at,
        min(event_time) filter (step = 'iam') as iam_from,
        max(event_time) filter (step = 'iam') as iam_to,
        count(*) filter (step = 'iam') as iam_events,
        distinct_values(case when step = 'iam' then event_name end) as iam_name,
        min(event_time) as first_seen,
        max(event_time) as last_seen,
        count(*) as event_count,
        list(
            {'table': 'cloudtrail_event', 'artifact_id': artifact_id, 'record_no': record_no}
            order by event_time, artifact_id, record_no
        ) as records
    from step
    group by
        principal,
        function_name
),
actor as (
    select
        principal,
        function_name,
        bool_or(is_unseen) as is_unseen,
        first(origin order by event_time, artifact_id, record_no) as origin,
        max(role) as role,
        distinct_values(credential) as credential,
        distinct_values(source_ip_address) as address,
        distinct_values(aws_region) as region,
        min(recipient_account_id) as account_id
    from reported
    group by
        principal,
        function_name
)
select
    'function' as entity_type,
    chain.function_name as entity,
    case when iam_events > 0 then 'critical' else 'high' end as severity,
    first_seen,
    last_seen,
    event_count,
    short_name(chain.principal) || ' changed function ' || coalesce(chain.function_name, 'of the record')
    || ' in ' || counted(changes, 'call') || ' (' || array_to_string(change_name, ', ') || ')'
    || case when is_unseen then ', for the first time' else '' end
    || coalesce('; it belongs to ' || array_to_string(origin, ', '), '')
    || coalesce('; invoked with the same key at ' || moment(invoked_at), '')
    || case
        when iam_events > 0
        then '; its role made ' || counted(iam_events, 'IAM call') || ' from ' || moment(iam_from)
            || ' to ' || moment(iam_to) || ' (' || named(iam_name) || ')'
        else ''
    end as summary,
    records,
    chain.principal as actor,
    case when len(address) = 1 then address[1] end as source_ip,
    case when len(region) = 1 then region[1] end as region,
    account_id,
    chain.function_name as resource,
    {
        'changes': changes,
        'change_names': change_name,
        'unseen': is_unseen,
        'belongs_to': coalesce(origin, []),
        'role': role,
        'configuration_changed': configuration_at,
        'code_changed': code_at,
        'invoked': invoked_at,
        'iam_events': iam_events,
        'iam_from': iam_from,
        'iam_to': iam_to,
        'iam_names': iam_name,
        'credentials': credential,
        'addresses': address
    } as metrics
from chain
join actor
    on actor.principal is not distinct from chain.principal
    and actor.function_name is not distinct from chain.function_name
order by
    first_seen,
    entity,
    actor
