-- v_event and everything else that has a time: findings of the security services, log lines, captures, DNS queries, flows
-- through transit gateways, prompts to Amazon Q, configuration items and versions of objects.

create or replace view v_timeline as
select * from v_event
union all by name
select
    first_seen as event_time,
    last_seen as event_end,
    'activity first and last seen' as time_meaning,
    'second' as time_precision,
    'security_finding' as source,
    account_id,
    region,
    principal,
    access_key_id as credential,
    remote_ip as source_ip,
    concat_ws(':', lower(product), type) as action,
    resource_arn as resource,
    severity_label as outcome,
    concat_ws(': ', provider, title) as summary,
    artifact_id,
    record_no
from security_finding
union all by name
select
    event_time,
    'written' as time_meaning,
    'millisecond' as time_precision,
    'cloudwatch_log_event' as source,
    account_id,
    'log' as action,
    concat_ws('/', log_group, log_stream) as resource,
    left(message, 400) as summary,
    artifact_id,
    record_no
from cloudwatch_log_event
union all by name
select
    event_time,
    'inferred' as time_meaning,
    'second' as time_precision,
    'sagemaker_capture' as source,
    'sagemaker:InvokeEndpoint' as action,
    endpoint as resource,
    concat_ws(' ', 'inference of', endpoint, variant, 'caller unknown') as summary,
    artifact_id,
    record_no
from sagemaker_capture
union all by name
select
    event_time,
    'asked' as time_meaning,
    'second' as time_precision,
    'dns_query' as source,
    account_id,
    region,
    srcaddr as source_ip,
    'dns:' || query_type as action,
    query_name as resource,
    rcode as outcome,
    concat_ws(' ', coalesce(instance_id, srcaddr), 'asks for', query_name, query_type, rcode) as summary,
    artifact_id,
    record_no
from dns_query
union all by name
select
    start_time as event_time,
    end_time as event_end,
    'captured' as time_meaning,
    'interval' as time_precision,
    'transit_gateway_flow' as source,
    account_id,
    region,
    srcaddr as source_ip,
    'flow' as action,
    tgw_attachment_id as resource,
    log_status as outcome,
    bytes,
    srcaddr || coalesce(':' || srcport, '') || ' to ' || dstaddr || coalesce(':' || dstport, '') as summary,
    artifact_id,
    record_no
from transit_gateway_flow
where log_status is distinct from 'NODATA'
union all by name
select
    event_time,
    'asked' as time_meaning,
    'second' as time_precision,
    'q_prompt' as source,
    account_id,
    user_id as principal,
    concat_ws(':', service, operation) as action,
    application_id as resource,
    case when blocked then 'blocked' end as outcome,
    concat_ws(' ', user_id, 'prompts', service) as summary,
    artifact_id,
    record_no
from q_prompt
union all by name
select
    configuration_item_capture_time as event_time,
    'state captured' as time_meaning,
    'second' as time_precision,
    'config_item' as source,
    account_id,
    region,
    'config:' || configuration_item_status as action,
    coalesce(arn, resource_id) as resource,
    concat_ws(' ', resource_type, coalesce(resource_name, resource_id), configuration_item_status) as summary,
    artifact_id,
    record_no
from config_item
union all by name
select
    last_modified as event_time,
    'stored, or upload begun' as time_meaning,
    'second' as time_precision,
    's3_object_version' as source,
    case when is_delete_marker then 's3:delete marker' else 's3:object version' end as action,
    'arn:aws:s3:::' || bucket || '/' || key as resource,
    size as bytes,
    concat_ws(' ', bucket || '/' || key, 'version ' || version_id, case when is_latest then 'latest' end) as summary,
    artifact_id,
    record_no
from s3_object_version;
comment on view v_timeline is 'All sources on one time line, in the columns of v_event; time_meaning says which moment event_time is.';
