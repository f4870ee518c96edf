-- CloudWatch metrics.

create table if not exists cloudwatch_metric_result (
    artifact_id bigint not null,
    record_no bigint not null,
    collected_at timestamptz,
    region varchar,
    answer varchar,
    metric_id varchar,
    label varchar,
    status_code varchar,
    datapoint_count bigint,
    json json,
    flags varchar[],
);
comment on table cloudwatch_metric_result is 'One series of get-metric-data or one answer of get-metric-statistics; cloudwatch_metric has its datapoints.';
comment on column cloudwatch_metric_result.answer is 'Name of the answer in its folder, by which its request (….request.json) is found.';
comment on column cloudwatch_metric_result.metric_id is 'Id that the request gave the series; an answer names neither namespace nor metric.';
comment on column cloudwatch_metric_result.status_code is 'Complete, PartialData, InternalError or Forbidden.';
comment on column cloudwatch_metric_result.flags is 'partial: the status is not Complete. uneven: there are more times than values, or fewer.';

create table if not exists cloudwatch_metric (
    artifact_id bigint not null,
    record_no bigint not null,
    datapoint_no bigint not null,
    event_time timestamptz,
    account_id varchar,
    region varchar,
    namespace varchar,
    metric_name varchar,
    dimensions json,
    period_seconds bigint,
    stat varchar,
    value double,
    unit varchar,
    label varchar,
    metric_id varchar,
);
comment on table cloudwatch_metric is 'One datapoint: what CloudWatch counted in one period. It counts what logs may not show.';
comment on column cloudwatch_metric.datapoint_no is 'Running number within the record, in the order of the answer.';
comment on column cloudwatch_metric.event_time is 'Start of the period, UTC.';
comment on column cloudwatch_metric.namespace is 'By the request that lies beside the answer, else by a label of the form "AWS/Bedrock Invocations ModelId=…"; null when neither says.';
comment on column cloudwatch_metric.dimensions is 'Names and values, as an object.';
comment on column cloudwatch_metric.stat is 'Sum, Average, Maximum, Minimum, SampleCount or a percentile.';
