-- ---
-- id: s3_access
-- version: 1.1.0
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
with line as (
    select
        artifact_id,
        record_no,
        flags,
        line,
        -- Nearly every line is of this form, which needs no search for where a field ends: six quotes, single blanks.
        regexp_full_match(
            line,
            '[^ "]+ [^ "]+ \[[^\] "]+ [^\] "]+\] [^ "]+ [^ "]+ [^ "]+ [A-Z0-9]+\.[^ "]+ [^ "]+ '
            || '"[^ "]+ [^ "]* HTTP/[0-9.]+" (?:\d{3}|-) [A-Za-z0-9_.:-]+ (?:\d+|-) (?:\d+|-) (?:\d+|-) (?:\d+|-) '
            || '"[^"]*" "[^"]*"(?: [^ "]+)*'
        ) as regular,
    from framed
),

head as (
    select
        *,
        case when regular then string_split(line, '"') end as part,
        case when regular then string_split(part[1], ' ') end as h,
        case when regular then string_split(part[3], ' ') end as m,
        case
            when not regular
                then regexp_extract(
                    line,
                    '^(\S+) +(\S+) +\[([^\]]*)\] +(\S+) +(\S+) +(\S+) +([A-Z0-9]+\.\S+) +(\S+) +(.*)$',
                    ['owner', 'bucket', 'time', 'ip', 'requester', 'request_id', 'operation', 'key', 'rest']
                )
        end as x,
    from line
),

request as (
    select
        *,
        -- A request target holds no raw blank, so that nobody can forge status fields from inside the URI.
        case
            when not regular
                then regexp_extract(
                    head.x.rest,
                    '^(?:"([^ ]+ [^ ]* HTTP/[0-9.]+|-)"|-) +(\d{3}|-) +([A-Za-z0-9_.:-]+) +(\d+|-) +(\d+|-) +(\d+|-) +(\d+|-)(?: (.*))?$',
                    ['uri', 'status', 'error', 'sent', 'size', 'total', 'turn', 'rest']
                )
        end as strict,
    from head
),

body as (
    select
        *,
        not regular and request.strict.status = '' as loose,
        case
            when request.strict.status <> '' then request.strict
            when not regular
                then regexp_extract(
                    request.x.rest,
                    '^"(.*?)" +(\d{3}|-) +([A-Za-z0-9_.:-]+) +(\d+|-) +(\d+|-) +(\d+|-) +(\d+|-)(?: (.*))?$',
                    ['uri', 'status', 'error', 'sent', 'size', 'total', 'turn', 'rest']
                )
        end as b,
    from request
),

tail as (
    select
        *,
        -- Referer as short, user agent as long as it can be; what follows holds neither quotes nor blanks.
        case
            when not regular
                then regexp_extract(
                    body.b.rest,
                    '^ *("(?:.*?)"|-) +("(?:.*)"|-)((?: +[^ "]+)*) *$',
                    ['referer', 'agent', 'fields']
                )
        end as t,
    from body
),

field as (
    select
        *,
        -- The fields up to the user agent, then those that follow it.
        case
            when regular
                then [
                    h[1],
                    h[2],
                    h[3][2:] || ' ' || h[4][:-2],
                    h[5],
                    h[6],
                    h[7],
                    h[8],
                    h[9],
                    part[2],
                    m[2],
                    m[3],
                    m[4],
                    m[5],
                    m[6],
                    m[7],
                    part[4],
                    part[6]
                ]
            else [
                tail.x.owner,
                tail.x.bucket,
                tail.x.time,
                tail.x.ip,
                tail.x.requester,
                tail.x.request_id,
                tail.x.operation,
                tail.x.key,
                tail.b.uri,
                tail.b.status,
                tail.b.error,
                tail.b.sent,
                tail.b.size,
                tail.b.total,
                tail.b.turn,
                case when starts_with(tail.t.referer, '"') then tail.t.referer[2:-2] end,
                case when starts_with(tail.t.agent, '"') then tail.t.agent[2:-2] end
            ]
        end as v,
        case
            when regular and part[7] <> '' then string_split(part[7][2:], ' ')
            when tail.t.fields <> '' then string_split_regex(ltrim(tail.t.fields), ' +')
        end as f,
    from tail
),

final as (
    select
        artifact_id,
        record_no,
        try_strptime(v[3], '%d/%b/%Y:%H:%M:%S %z') as event_time,
        nullif(v[1], '-') as bucket_owner,
        nullif(v[2], '-') as bucket,
        nullif(v[4], '-') as remote_ip,
        nullif(v[5], '-') as requester,
        nullif(v[6], '-') as request_id,
        v[7] as operation,
        nullif(v[8], '-') as raw_key,
        -- Blanks are %20 in a log, a plus is a plus; a key whose bytes are no UTF-8 stays as it was logged.
        case
            when contains(v[8], '%') then try(url_decode(replace(v[8], '+', '%2B')))
            else nullif(v[8], '-')
        end as decoded_key,
        nullif(nullif(v[9], ''), '-') as request_uri,
        try_cast(v[10] as integer) as http_status,
        nullif(v[11], '-') as error_code,
        try_cast(v[12] as bigint) as bytes_sent,
        try_cast(v[13] as bigint) as object_size,
        try_cast(v[14] as bigint) as total_time_ms,
        try_cast(v[15] as bigint) as turn_around_time_ms,
        nullif(v[16], '-') as referer,
        nullif(v[17], '-') as user_agent,
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
            when regular and (raw_key is null or decoded_key is not null) then flags
            else nullif(
                list_concat(
                    coalesce(flags, []),
                    case when loose or contains(v[16], '"') or contains(v[17], '"') then ['ambiguous_quotes'] else [] end,
                    case when field.t.agent = '' then ['tail_unreadable'] else [] end,
                    case when raw_key is not null and decoded_key is null then ['key_not_utf8'] else [] end
                ),
                []
            )
        end as flags,
        case
            when v[7] = '' then 'the first eight fields of an S3 access log line are not all there'
            when v[10] = '' then 'request URI, status and sizes cannot be told apart'
            when event_time is null then 'the time is not one that S3 writes'
        end as reject_because,
    from field
)

select
    * exclude (decoded_key),
    case when starts_with(requester, 'arn:') then principal_of_arn(requester) else requester end as principal,
    coalesce(nullif(replace(decoded_key, chr(0), ''), ''), raw_key) as key,
    null::varchar as skip_because,
from final;
