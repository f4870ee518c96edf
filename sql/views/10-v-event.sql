-- Every event of every source on one time line, in the columns of a timeline query. A record of a flow log that
-- carries no flow is no event: NODATA is left out, SKIPDATA is kept because it says that flows are missing.

create or replace view v_event as
select
    event_time,
    null::timestamptz as event_end,
    'completed' as time_meaning,
    'second' as time_precision,
    'cloudtrail_event' as source,
    recipient_account_id as account_id,
    aws_region as region,
    principal,
    credential,
    source_ip_address as source_ip,
    short_source(event_source) || ':' || event_name as action,
    event_resource(request_parameters, resources) as resource,
    coalesce(error_code, 'success') as outcome,
    event_bytes(additional_event_data) as bytes,
    concat_ws(
        ' ',
        short_name(principal),
        event_name,
        case when error_code is not null then 'failed with ' || error_code end,
        case when source_ip_address is not null then 'from ' || source_ip_address end,
        case when user_agent is not null then '(' || user_agent || ')' end
    ) as summary,
    artifact_id,
    record_no
from cloudtrail_event
union all
select
    event_time,
    null::timestamptz as event_end,
    'received' as time_meaning,
    'second' as time_precision,
    's3_access' as source,
    null as account_id,
    null as region,
    principal,
    null as credential,
    remote_ip as source_ip,
    's3:' || operation as action,
    'arn:aws:s3:::' || bucket || coalesce('/' || key, '') as resource,
    coalesce(error_code, http_status::varchar, 'unknown') as outcome,
    bytes_sent as bytes,
    concat_ws(
        ' ',
        coalesce(short_name(principal), 'nobody'),
        operation,
        bucket || coalesce('/' || key, ''),
        http_status::varchar,
        case when remote_ip is not null then 'from ' || remote_ip end
    ) as summary,
    artifact_id,
    record_no
from s3_access
union all
select
    start_time as event_time,
    end_time as event_end,
    'captured' as time_meaning,
    'interval' as time_precision,
    'vpc_flow' as source,
    account_id,
    region,
    null as principal,
    null as credential,
    coalesce(pkt_srcaddr, srcaddr) as source_ip,
    'flow' as action,
    interface_id as resource,
    coalesce(action, log_status) as outcome,
    bytes,
    case
        when log_status = 'SKIPDATA' then 'flows of ' || coalesce(interface_id, 'an interface') || ' were not recorded'
        else concat_ws(
            ' ',
            case protocol when 6 then 'tcp' when 17 then 'udp' when 1 then 'icmp' else protocol::varchar end,
            coalesce(pkt_srcaddr, srcaddr) || coalesce(':' || srcport, ''),
            'to',
            coalesce(pkt_dstaddr, dstaddr) || coalesce(':' || dstport, ''),
            bytes || ' bytes in ' || packets || ' packets'
        )
    end as summary,
    artifact_id,
    record_no
from vpc_flow
where log_status is distinct from 'NODATA'
union all
select
    event_time,
    null::timestamptz as event_end,
    'invoked' as time_meaning,
    'second' as time_precision,
    'bedrock_invocation' as source,
    account_id,
    region,
    principal,
    null as credential,
    null as source_ip,
    'bedrock:' || operation as action,
    base_model as resource,
    coalesce(error_code, guardrail_action, 'success') as outcome,
    null::bigint as bytes,
    concat_ws(
        ' ',
        short_name(principal),
        operation,
        base_model,
        input_tokens || ' tokens in',
        output_tokens || ' tokens out',
        case when inference_region is distinct from region then 'run in ' || inference_region end
    ) as summary,
    artifact_id,
    record_no
from bedrock_invocation;
comment on view v_event is 'Timeline over all sources; time_meaning says which moment event_time is, time_precision how exact.';
