-- ---
-- id: h-agent-history
-- version: 1.0.0
-- title: How did this agent, prompt or flow change?
-- status: stable
-- description: >-
--   Finds calls that make, change, prepare and delete agents, their action groups, aliases, knowledge bases, prompts and
--   flows, and their collected states, with the functions called, the version an alias points to and the hash of the
--   instruction, which shows a change without showing words. Misses changes before the evidence.
-- requires:
--   cloudtrail_event: helpful
--   api_snapshot: helpful
--   named_set: optional
-- parameters:
--   id: {type: text, default: null, description: "id of the agent, prompt or flow"}
--   show_text: {type: boolean, default: false, description: show words of prompts and answers}
--   characters: {type: integer, default: 300, description: characters of each text that are shown}
--   case_from: {type: timestamptz, default: null, description: only from here}
--   case_to: {type: timestamptz, default: null, description: only before}
-- references: []
-- changelog:
--   1.0.0: first version
-- ---
with state as (
    select
        event_time,
        'call' as seen_in,
        event_name as action,
        principal,
        credential,
        source_ip_address as source_ip,
        coalesce(error_code, 'success') as outcome,
        coalesce(
            request_parameters ->> '$.agentId',
            request_parameters ->> '$.promptIdentifier',
            request_parameters ->> '$.flowIdentifier',
            response_elements ->> '$.agent.agentId',
            response_elements ->> '$.id'
        ) as id,
        request_parameters as body,
        artifact_id,
        record_no
    from cloudtrail_event
    where event_source = 'bedrock.amazonaws.com'
        and (
            event_name in (
                select member
                from named_set
                where name in ('AGENT_CHANGE', 'PROMPT_CHANGE')
            )
            or event_name in ('CreateAgent', 'DisassociateAgentKnowledgeBase', 'DeleteAgentAlias')
        )
        and in_period(event_time, $case_from::timestamptz, $case_to::timestamptz)
    union all
    select
        collected_at,
        'snapshot',
        operation,
        null,
        null,
        null,
        coalesce(error_code, 'success'),
        coalesce(
            json ->> '$.agent.agentId',
            json ->> '$.agentActionGroup.agentId',
            json ->> '$.agentAlias.agentId',
            split_part(resource, '.', 1)
        ),
        coalesce(json -> '$.agent', json -> '$.agentActionGroup', json -> '$.agentAlias', json),
        artifact_id,
        record_no
    from api_snapshot
    where operation in (
            'get-agent',
            'get-agent-version',
            'get-agent-alias',
            'list-agent-aliases',
            'get-agent-action-group',
            'get-prompt',
            'get-flow'
        )
)
select
    event_time,
    id,
    seen_in,
    action,
    principal,
    credential,
    source_ip,
    outcome,
    coalesce(body ->> '$.agentName', body ->> '$.actionGroupName', body ->> '$.agentAliasName', body ->> '$.name')
        as name,
    coalesce(body ->> '$.foundationModel', body ->> '$.modelId') as model,
    coalesce(body ->> '$.agentResourceRoleArn', body ->> '$.executionRoleArn') as role,
    body ->> '$.actionGroupExecutor.lambda' as function,
    body ->> '$.knowledgeBaseId' as knowledge_base,
    coalesce(
        body ->> '$.routingConfiguration[0].agentVersion',
        body ->> '$.agentAliasSummaries[0].routingConfiguration[0].agentVersion',
        body ->> '$.agentVersion'
    ) as version,
    body ->> '$.guardrailConfiguration.guardrailIdentifier' as guardrail,
    left(sha256(body ->> '$.instruction'), 16) as instruction_sha256,
    shown_text(body ->> '$.instruction', $show_text::boolean, $characters::bigint) as instruction,
    artifact_id,
    record_no
from state
where $id::varchar is null
    or id = $id::varchar
order by
    id,
    event_time,
    action,
    artifact_id,
    record_no
