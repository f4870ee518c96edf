-- What CloudTrail itself makes of events: insights and sums; and which two records are one call.

create table if not exists cloudtrail_insight (
    artifact_id bigint not null,
    record_no bigint not null,
    event_time timestamptz,
    aws_region varchar,
    recipient_account_id varchar,
    shared_event_id varchar,
    state varchar,
    insight_type varchar,
    event_source varchar,
    event_name varchar,
    error_code varchar,
    baseline_average double,
    insight_average double,
    insight_minutes bigint,
    baseline_minutes bigint,
    user_identities varchar[],
    user_agents varchar[],
    attributions json,
    event_id varchar,
);
comment on table cloudtrail_insight is 'One CloudTrail Insights event, Start or End of an unusual rate of calls or errors; its record is the row of cloudtrail_event with the same numbers.';
comment on column cloudtrail_insight.shared_event_id is 'Joins Start and End.';
comment on column cloudtrail_insight.user_identities is 'ARNs that made the calls of the insight, the most active first; the text null stands for none.';

create table if not exists cloudtrail_aggregate (
    artifact_id bigint not null,
    record_no bigint not null,
    window_start timestamptz,
    window_end timestamptz,
    account_id varchar,
    aws_region varchar,
    event_source varchar,
    dimension varchar,
    aggregation_type varchar,
    statistics json,
    details json,
    event_id varchar,
    event_type varchar,
    event_version varchar,
    unknown json,
    flags varchar[],
);
comment on table cloudtrail_aggregate is 'One CloudTrail aggregated event: five minutes of data events in sums.';
comment on column cloudtrail_aggregate.dimension is 'What was summed: event name, resource, identity.';
comment on column cloudtrail_aggregate.statistics is 'List of {name, value} for the dimension; details has the other dimensions in the same shape.';

create table if not exists cloudtrail_pair (
    shared_event_id varchar not null,
    artifact_id bigint not null,
    record_no bigint not null,
    owner_artifact_id bigint not null,
    owner_record_no bigint not null,
);
comment on table cloudtrail_pair is 'One call between two accounts has two events, joined by sharedEventID: the one of the caller''s account and the one of the account that owns what was called.';
comment on column cloudtrail_pair.artifact_id is 'Record in the account of the caller; it knows who called.';
comment on column cloudtrail_pair.owner_artifact_id is 'Record in the other account.';
