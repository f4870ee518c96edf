-- Events of CloudWatch Logs, whatever wrote them.

create table if not exists cloudwatch_log_event (
    artifact_id bigint not null,
    record_no bigint not null,
    event_time timestamptz,
    ingestion_time timestamptz,
    account_id varchar,
    log_group varchar,
    log_stream varchar,
    event_id varchar,
    message varchar,
    json json,
    request_id varchar,
    lambda_event varchar,
    duration_ms double,
    billed_duration_ms double,
    init_duration_ms double,
    memory_size_mb bigint,
    max_memory_used_mb bigint,
    fields json,
    flags varchar[],
);
comment on table cloudwatch_log_event is 'One event of CloudWatch Logs. A message that is a record of another source (CloudTrail, Bedrock, a flow log, a finding) is a row of that source and not here.';
comment on column cloudwatch_log_event.event_time is 'Time that the writer gave the event, milliseconds, UTC; null for a continuation of a message in the file before.';
comment on column cloudwatch_log_event.account_id is 'Account of the log group, where the container says it.';
comment on column cloudwatch_log_event.log_group is 'Where the container says it; for an export to S3 by the task id in the path and describe-export-tasks.';
comment on column cloudwatch_log_event.log_stream is 'Of an export to S3 the name in the path, in which every / has become -.';
comment on column cloudwatch_log_event.json is 'The message, when it is JSON.';
comment on column cloudwatch_log_event.request_id is 'Request id of the Lambda invocation; for a synchronous call equal to requestID of its CloudTrail event.';
comment on column cloudwatch_log_event.lambda_event is 'INIT_START, START, END or REPORT; null for what the function itself wrote.';
comment on column cloudwatch_log_event.fields is 'Other fields of a row of Logs Insights.';
