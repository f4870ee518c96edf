-- ---
-- id: seq-injection-to-action
-- version: 1.0.0
-- title: An injection in a prompt, then actions by tools
-- status: stable
-- element: agency
-- attack: [T1648]
-- atlas: [AML.T0051, AML.T0053]
-- description: >-
--   Finds identities whose prompts hold an order to the model (in the words of the user or of a document), after which
--   within minutes a tool of a model is asked for in the same call, or Bedrock invokes a function for one of our AI roles,
--   and the role of the function sends mail outside or does what it never did before. Functions are tied to a prompt by
--   account, region and time alone. Misses orders that no pattern knows, and actions of a kind that is usual.
-- requires:
--   bedrock_message: needed
--   bedrock_invocation: needed
--   cloudtrail_event: needed
--   v_second_hop: optional
--   v_mail: optional
--   v_ai_role: optional
-- steps:
--   - {name: a prompt holds an order to the model}
--   - {name: a tool is asked for or a function is invoked by Bedrock}
--   - {name: the role of the function sends or changes something}
-- scenarios: [leaked-key]
-- parameters:
--   max_span: {type: interval, default: 10 minutes, description: longest time from the order to the action}
--   case_from: {type: timestamptz, default: case, description: start of the period of interest}
--   base_to: {type: timestamptz, default: case, description: end of the baseline; the start of the case when empty}
-- changelog:
--   1.0.0: first version
-- ---
with wording as materialized (
    select text
    from (
        select distinct text
        from bedrock_message
        where direction = 'input'
            and coalesce(role, 'user') <> 'system'
            and text is not null
    )
    where regexp_matches(normal_text(text), rx_override())
        or regexp_matches(normal_text(text), rx_indirect_order())
),
hit as materialized (
    select distinct
        message.principal as entity,
        message.event_time,
        message.artifact_id,
        message.record_no,
        invocation.account_id,
        invocation.region
    from bedrock_message as message
    join wording
        on wording.text = message.text
    join bedrock_invocation as invocation
        on invocation.artifact_id = message.artifact_id
        and invocation.record_no = message.record_no
    where message.direction = 'input'
),
hop as materialized (
    select *
    from v_second_hop
    where error_code is null
        and invoked_by = 'bedrock.amazonaws.com'
        and (
            (artifact_id, record_no) in (
                select (artifact_id, record_no)
                from v_mail
                where outside_recipients > 0
            )
            or read_only is not true
            and event_time >= coalesce($base_to::timestamptz, $case_from::timestamptz)
            and (function_role, event_source, event_name) not in (
                select (function_role, event_source, event_name)
                from v_second_hop
                where event_time < coalesce($base_to::timestamptz, $case_from::timestamptz)
            )
        )
),
ai_role as materialized (
    select distinct principal_key(principal) as role
    from v_ai_role
),
near as materialized (
    select distinct
        hit.entity,
        hop.*
    from hop
    join hit
        on hit.account_id = hop.account_id
        and hit.region = hop.region
        and hop.invoked between hit.event_time - interval 1 second and hit.event_time + $max_span::interval
    where principal_key(hit.entity) in (select role from ai_role)
),
seen as (
    select
        entity,
        1 as step_no,
        event_time,
        short_name(entity) || ' sends a prompt with an order to the model' as summary,
        'bedrock_invocation' as "table",
        artifact_id,
        record_no
    from hit
    union all
    select distinct
        message.principal,
        2,
        message.event_time,
        'the model asks for the tool ' || coalesce(message.tool_name, 'without a name'),
        'bedrock_invocation',
        message.artifact_id,
        message.record_no
    from bedrock_message as message
    semi join hit
        on hit.artifact_id = message.artifact_id
        and hit.record_no = message.record_no
    where message.direction = 'output'
        and message.block_type = 'tool_use'
    union all
    select distinct
        entity,
        2,
        invoked,
        'Bedrock invokes ' || function_name,
        'cloudtrail_event',
        invoke_artifact_id,
        invoke_record_no
    from near
    union all
    select distinct
        entity,
        3,
        event_time,
        short_name(function_role) || ' ' || event_name || coalesce(' ' || resource, ''),
        'cloudtrail_event',
        artifact_id,
        record_no
    from near
)
select
    'principal' as entity_type,
    *
from sequence_records('seen', [1, 2, 3], $max_span::interval)
order by
    started,
    entity,
    step_no,
    event_time,
    "table",
    artifact_id,
    record_no
