-- ---
-- id: s3_access
-- version: 1.0.0
-- title: Amazon S3 server access logs
-- recognises:
--   line: '^\S+ +\S+ +\[\d{2}/[A-Z][a-z]{2}/\d{4}:\d{2}:\d{2}:\d{2} [+-]\d{4}\] +\S+ +\S+ +\S+ +[A-Z0-9]+\.\S+ '
-- emits: [s3_access]
-- identity: [request_id, operation, raw_key, event_time]
-- caveats:
--   - Delivery is best effort; a line can be late, missing or delivered twice.
--   - Quotes inside request URI, referer and user agent are not escaped by S3; such lines are flagged.
-- references:
--   - https://docs.aws.amazon.com/AmazonS3/latest/userguide/LogFormat.html
-- ---
with head as (
    select
        artifact_id,
        record_no,
        flags,
        regexp_extract(
            line,
            '^(\S+) +(\S+) +\[([^\]]*)\] +(\S+) +(\S+) +(\S+) +([A-Z0-9]+\.\S+) +(\S+) +(.*)$',
            ['owner', 'bucket', 'time', 'ip', 'requester', 'request_id', 'operation', 'key', 'rest']
        ) as h,
    from framed
),

request as (
    select
        *,
        -- A request target holds no raw blank, so that nobody can forge status fields from inside the URI.
        regexp_extract(
            head.h.rest,
            '^(?:"([^ ]+ [^ ]* HTTP/[0-9.]+)"|-) (\d{3}|-) ([A-Za-z0-9_.:-]+) (\d+|-) (\d+|-) (\d+|-) (\d+|-) ?(.*)$',
            ['uri', 'status', 'error', 'sent', 'size', 'total', 'turn', 'rest']
        ) as strict,
    from head
),

body as (
    select
        *,
        request.strict.status = '' as loose,
        case
            when request.strict.status <> '' then request.strict
            else regexp_extract(
                request.h.rest,
                '^"(.*?)" (\d{3}|-) ([A-Za-z0-9_.:-]+) (\d+|-) (\d+|-) (\d+|-) (\d+|-) ?(.*)$',
                ['uri', 'status', 'error', 'sent', 'size', 'total', 'turn', 'rest']
            )
        end as b,
    from request
),

tail as (
    select
        *,
        -- Referer as short, user agent as long as it can be; what follows holds neither quotes nor blanks.
        regexp_extract(
            body.b.rest,
            '^(?:"(.*?)"|-) +(?:"(.*)"|-)((?: +[^ "]+)*) *$',
            ['referer', 'agent', 'fields']
        ) as t,
        strlen(body.b.rest) - strlen(replace(body.b.rest, '"', '')) as quotes,
    from body
),

field as (
    select
        *,
        string_split_regex(trim(tail.t.fields), ' +') as f,
    from tail
),

final as (
    select
        artifact_id,
        record_no,
        try_strptime(field.h.time, '%d/%b/%Y:%H:%M:%S %z') as event_time,
        nullif(field.h.owner, '-') as bucket_owner,
        nullif(field.h.bucket, '-') as bucket,
        nullif(field.h.ip, '-') as remote_ip,
        nullif(field.h.requester, '-') as requester,
        nullif(field.h.request_id, '-') as request_id,
        field.h.operation,
        nullif(field.h.key, '-') as raw_key,
        nullif(nullif(field.b.uri, ''), '-') as request_uri,
        try_cast(field.b.status as integer) as http_status,
        nullif(field.b.error, '-') as error_code,
        try_cast(field.b.sent as bigint) as bytes_sent,
        try_cast(field.b.size as bigint) as object_size,
        try_cast(field.b.total as bigint) as total_time_ms,
        try_cast(field.b.turn as bigint) as turn_around_time_ms,
        nullif(nullif(field.t.referer, '-'), '') as referer,
        nullif(nullif(field.t.agent, '-'), '') as user_agent,
        nullif(f[1], '-') as version_id,
        nullif(f[2], '-') as host_id,
        nullif(f[3], '-') as signature_version,
        nullif(f[4], '-') as cipher_suite,
        nullif(f[5], '-') as authentication_type,
        nullif(f[6], '-') as host_header,
        nullif(f[7], '-') as tls_version,
        nullif(f[8], '-') as access_point_arn,
        nullif(f[9], '-') as acl_required,
        nullif(f[10], '-') as source_region,
        case when len(f) > 10 then f[11:] end as extra,
        case
            when loose or quotes > 4 or (quotes > 2 and field.b.rest like '- %') or field.t.agent like '%"%' or field.t.referer like '%"%'
                then list_append(coalesce(flags, []), 'ambiguous_quotes')
            else flags
        end as flags,
        case
            when field.h.operation = '' then 'the first eight fields of an S3 access log line are not all there'
            when field.b.status = '' then 'request URI, status and sizes cannot be told apart'
            when event_time is null then 'the time is not one that S3 writes'
        end as reject_because,
    from field
)

select
    *,
    case when requester like 'arn:%' then principal_of_arn(requester) else requester end as principal,
    nullif(replace(url_decode(replace(raw_key, '+', '%2B')), chr(0), ''), '') as key,
    null::varchar as skip_because,
from final;
