-- ---
-- id: vpc_flow_line
-- version: 1.0.0
-- title: VPC Flow Logs without a header (CloudWatch Logs, Firehose)
-- recognises:
--   line: '^(?:\d{1,2} (?:\d{12}|unknown) (?:eni-[0-9a-z]+|-) (?:\S+ ){2}(?:[\d-]+ ){5}\d{9,11} \d{9,11} (?:ACCEPT|REJECT|-) (?:OK|NODATA|SKIPDATA)$|(?=(?:\S+ )*eni-[0-9a-z]+(?: |$))(?=(?:\S+ )*(?:OK|NODATA|SKIPDATA)(?: |$))(?=(?:\S+ )*1\d{9} (?:\S+ )*1\d{9}(?: |$))[!-~]+(?: [!-~]+){7,60}$)'
--   message: true
--   order: 5
-- emits: [vpc_flow]
-- caveats:
--   - Which field stands where only the configuration of the flow log says; without describe-flow-logs lines of another format than the default one stay unread and are flagged format_unknown.
-- references:
--   - https://docs.aws.amazon.com/vpc/latest/userguide/flow-logs-cwl.html
-- ---
with split as (
    select
        artifact_id,
        record_no,
        flags,
        line,
        regexp_full_match(
            line,
            '[0-9]{1,2} (?:[0-9]{12}|unknown) (?:eni-[0-9a-z]+|-) (?:\S+ ){2}(?:[0-9-]+ ){5}[0-9]{9,11} [0-9]{9,11} '
            || '(?:ACCEPT|REJECT|-) (?:OK|NODATA|SKIPDATA)'
        ) as is_default,
        list_transform(string_split(line, ' '), lambda v : nullif(v, '-')) as v,
    from framed
)

select
    artifact_id,
    record_no,
    case when is_default then try(to_timestamp(try_cast(v[11] as bigint))) end as start_time,
    case when is_default then try(to_timestamp(try_cast(v[12] as bigint))) end as end_time,
    case when is_default then try_cast(v[1] as integer) end as version,
    case when is_default then v[2] end as account_id,
    case when is_default then v[3] end as interface_id,
    case when is_default then v[4] end as srcaddr,
    case when is_default then v[5] end as dstaddr,
    case when is_default then try_cast(v[6] as integer) end as srcport,
    case when is_default then try_cast(v[7] as integer) end as dstport,
    case when is_default then try_cast(v[8] as integer) end as protocol,
    case when is_default then try_cast(v[9] as bigint) end as packets,
    case when is_default then try_cast(v[10] as bigint) end as bytes,
    case when is_default then v[13] end as action,
    case when is_default then v[14] end as log_status,
    case when not is_default then json_object('line', line) end as unknown,
    list_append(coalesce(flags, []), case when is_default then 'no_header' else 'format_unknown' end) as flags,
    null::varchar as skip_because,
    case
        when is_default and (start_time is null or end_time is null) then 'start or end is missing or no time in seconds'
        when not is_default and not contains(line, 'eni-') then 'not a line of a flow log'
    end as reject_because,
from split;
