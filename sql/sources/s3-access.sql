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
        line,
        regexp_extract(
            line,
            '^(\S+) +(\S+) +\[([^\]]*)\] +(\S+) +(\S+) +(\S+) +([A-Z0-9]+\.\S+) +(\S+) +(.*)$',
            ['owner', 'bucket', 'time', 'ip', 'requester', 'request_id', 'operation', 'key', 'rest']
        ) as h,
        -- A request target holds no raw blank, so that nobody can forge status fields from inside the URI.
        regexp_extract(
            h.rest,
            '^(?:"([^ ]+ [^ ]* HTTP/[0-9.]+)"|-) (\d{3}|-) ([A-Za-z0-9_.:-]+) (\d+|-) (\d+|-) (\d+|-) (\d+|-) ?(.*)$',
            ['uri', 'status', 'error', 'sent', 'size', 'total', 'turn', 'rest']
        ) as strict,
    from framed
),

body as (
    select
        *,
        strict.status = '' as loose,
        case
            when strict.status <> '' then strict
            else regexp_extract(
                h.rest,
                '^"(.*?)" (\d{3}|-) ([A-Za-z0-9_.:-]+) (\d+|-) (\d+|-) (\d+|-) (\d+|-) ?(.*)$',
                ['uri', 'status', 'error', 'sent', 'size', 'total', 'turn', 'rest']
            )
        end as b,
    from head
),

tail as (
    select
        *,
        -- Referer as short, user agent as long as it can be; what follows holds neither quotes nor blanks.
        regexp_extract(
            b.rest,
            '^(?:"(.*?)"|-) +(?:"(.*)"|-)((?: +[^ "]+)*) *$',
            ['referer', 'agent', 'fields']
        ) as t,
        string_split_regex(trim(t.fields), ' +') as f,
        strlen(b.rest) - strlen(replace(b.rest, '"', '')) as quotes,
    from body
),

final as (
    select
        artifact_id,
        record_no,
        coalesce(
            try_strptime(h.time, '%d/%b/%Y:%H:%M:%S %z'),
            null
        ) as event_time,
        nullif(h.owner, '-') as bucket_owner,
        nullif(h.bucket, '-') as bucket,
        nullif(h.ip, '-') as remote_ip,
        nullif(h.requester, '-') as requester,
        nullif(h.request_id, '-') as request_id,
        h.operation,
        nullif(h.key, '-') as raw_key,
        nullif(nullif(b.uri, ''), '-') as request_uri,
        try_cast(b.status as integer) as http_status,
        nullif(b.error, '-') as error_code,
        try_cast(b.sent as bigint) as bytes_sent,
        try_cast(b.size as bigint) as object_size,
        try_cast(b.total as bigint) as total_time_ms,
        try_cast(b.turn as bigint) as turn_around_time_ms,
        nullif(nullif(t.referer, '-'), '') as referer,
        nullif(nullif(t.agent, '-'), '') as user_agent,
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
            when loose or quotes > 4 or (quotes > 2 and b.rest like '- %') or t.agent like '%"%' or t.referer like '%"%'
                then list_append(coalesce(flags, []), 'ambiguous_quotes')
            else flags
        end as flags,
        case
            when h.operation = '' then 'the first eight fields of an S3 access log line are not all there'
            when b.status = '' then 'request URI, status and sizes cannot be told apart'
            when event_time is null then 'the time is not one that S3 writes'
        end as reject_because,
    from tail
)

select
    *,
    case when requester like 'arn:%' then principal_of_arn(requester) else requester end as principal,
    nullif(replace(url_decode(replace(raw_key, '+', '%2B')), chr(0), ''), '') as key,
    null::varchar as skip_because,
from final;
