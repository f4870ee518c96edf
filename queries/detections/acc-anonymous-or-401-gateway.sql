-- ---
-- id: acc-anonymous-or-401-gateway
-- version: 1.0.0
-- title: Many calls without credentials at an agent gateway
-- status: stable
-- severity: medium
-- element: access
-- attack: [T1110, T1190]
-- atlas: [AML.T0049]
-- description: >-
--   Finds addresses from which an AgentCore gateway got many anonymous or refused calls inside a sliding window, by address.
--   Misses the doors in front of other applications: logs of API Gateway and of load balancers are not read.
-- requires:
--   cloudtrail_event: needed
-- preconditions:
--   - query: select false
--     otherwise: partial
--     reason: only AgentCore gateways are judged; logs of API Gateway and of load balancers are not read
-- parameters:
--   min_calls: {type: integer, default: 20, description: anonymous or refused calls in a window}
--   window: {type: interval, default: 10 minutes, description: length of the sliding window}
-- false_positives:
--   - A client that goes on with an expired token.
-- references:
--   - https://docs.aws.amazon.com/bedrock-agentcore/latest/devguide/gateway.html
-- changelog:
--   1.0.0: first version
-- ---
with knock as (
    select
        event_time,
        event_name,
        error_code,
        source_ip_address,
        user_agent,
        aws_region,
        recipient_account_id,
        coalesce(
            request_parameters ->> '$.gatewayId',
            request_parameters ->> '$.gatewayIdentifier',
            resources ->> '$[0].ARN'
        ) as gateway,
        response_elements ->> '$.statusCode' as status_code,
        account_id = 'anonymous' as is_anonymous,
        artifact_id,
        record_no
    from cloudtrail_event
    where event_source = 'bedrock-agentcore.amazonaws.com'
        and event_name = 'InvokeGateway'
        and event_time is not null
        and (
            (response_elements ->> '$.statusCode') in ('401', '403')
            or account_id = 'anonymous'
        )
),
dense as (
    select
        *,
        count(*) over (
            partition by source_ip_address
            order by event_time
            range between $window::interval preceding and current row
        ) as call_count
    from knock
),
reached as (
    select
        source_ip_address,
        min(event_time) as reached,
        max(event_time) as last_hot,
        max(call_count) as max_calls
    from dense
    where call_count >= $min_calls::bigint
    group by source_ip_address
),
finding as (
    select
        reached.source_ip_address,
        reached.reached,
        reached.max_calls,
        min(knock.event_time) as first_seen,
        max(knock.event_time) as last_seen,
        count(*) as event_count,
        count(*) filter (knock.is_anonymous) as anonymous_count,
        distinct_values(knock.status_code) as status_code,
        distinct_values(knock.gateway) as gateway,
        distinct_values(knock.user_agent) as user_agent,
        distinct_values(knock.aws_region) as region,
        min(knock.recipient_account_id) as account_id,
        arg_min(
            {
                'table': 'cloudtrail_event',
                'artifact_id': knock.artifact_id,
                'record_no': knock.record_no
            },
            row(knock.event_time, knock.artifact_id, knock.record_no),
            200
        ) as records
    from reached
    join knock
        on knock.source_ip_address is not distinct from reached.source_ip_address
        and knock.event_time between reached.reached - $window::interval and reached.last_hot
    group by
        reached.source_ip_address,
        reached.reached,
        reached.max_calls
)
select
    'address' as entity_type,
    source_ip_address as entity,
    'medium' as severity,
    first_seen,
    last_seen,
    event_count,
    coalesce(source_ip_address, 'an unknown address') || ' made ' || counted(event_count, 'call')
    || ' without valid credentials at ' || case
        when len(gateway) > 0 then named(gateway)
        else 'a gateway'
    end || ', up to ' || max_calls || ' in a window; the threshold was reached at '
    || moment(reached) as summary,
    records,
    source_ip_address as source_ip,
    case when len(region) = 1 then region[1] end as region,
    account_id,
    case when len(gateway) = 1 then gateway[1] end as resource,
    {
        'reached': reached,
        'max_calls': max_calls,
        'anonymous': anonymous_count,
        'status_codes': status_code,
        'gateways': gateway,
        'user_agents': list_slice(user_agent, 1, 20)
    } as metrics,
    event_count as record_total
from finding
order by
    first_seen,
    entity
