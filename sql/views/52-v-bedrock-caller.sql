-- Who sent a request to a model, by its request id, which the invocation log has too and the caller's key and address not. Of
-- several records of one request the first counts.

create or replace view v_bedrock_caller as
select
    request_id,
    credential,
    source_ip_address as source_ip,
    user_agent
from cloudtrail_event
where event_source in ('bedrock.amazonaws.com', 'bedrock-runtime.amazonaws.com')
    and request_id is not null
qualify row_number() over (
    partition by request_id
    order by event_time, artifact_id, record_no
) = 1;
comment on view v_bedrock_caller is 'Credential, address and user agent behind each request id of Bedrock, one row each.';
