-- ---
-- id: s3_access
-- version: 1.1.0
-- title: Amazon S3 server access logs
-- recognises:
--   line: '^\S+ +\S+ +\[\d{2}/[A-Z][a-z]{2}/\d{4}:\d{2}:\d{2}:\d{2} [+-]\d{4}\] +\S+ +\S+ +\S+ +[A-Z0-9]+\.\S+ '
-- # Nearly every line is of this form, which needs no search for where a field ends: six quotes, single blanks.
-- regular_line: >-
--   [^ "]+ [^ "]+ \[[^\] "]+ [^\] "]+\] [^ "]+ [^ "]+ [^ "]+ [A-Z0-9]+\.[^ "]+ [^ "]+
--   "[^ "]+ [^ "]* HTTP/[0-9.]+" (?:\d{3}|-) [A-Za-z0-9_.:-]+ (?:\d+|-) (?:\d+|-) (?:\d+|-) (?:\d+|-)
--   "[^"]*" "[^"]*"(?: [^ "]+){0,10}
-- fields:
--   bucket_owner: VARCHAR
--   bucket: VARCHAR
--   date: VARCHAR
--   zone: VARCHAR
--   remote_ip: VARCHAR
--   requester: VARCHAR
--   request_id: VARCHAR
--   operation: VARCHAR
--   raw_key: VARCHAR
--   request_uri: VARCHAR
--   http_status: VARCHAR
--   error_code: VARCHAR
--   bytes_sent: VARCHAR
--   object_size: VARCHAR
--   total_time: VARCHAR
--   turn_around_time: VARCHAR
--   referer: VARCHAR
--   user_agent: VARCHAR
--   version_id: VARCHAR
--   host_id: VARCHAR
--   signature_version: VARCHAR
--   cipher_suite: VARCHAR
--   authentication_type: VARCHAR
--   host_header: VARCHAR
--   tls_version: VARCHAR
--   access_point_arn: VARCHAR
--   acl_required: VARCHAR
--   source_region: VARCHAR
-- emits: [s3_access]
-- identity: [request_id, operation, raw_key, event_time]
-- caveats:
--   - Delivery is best effort; a line can be late, missing or delivered twice.
--   - Quotes inside request URI, referer and user agent are not escaped by S3; such lines are flagged.
-- references:
--   - https://docs.aws.amazon.com/AmazonS3/latest/userguide/LogFormat.html
-- ---
-- What follows looks for the fields of the other lines; of a regular one it sees null.
with head as (
    select
        *,
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
            h.rest,
            '^(?:"([^ ]+ [^ ]* HTTP/[0-9.]+|-)"|-) +(\d{3}|-) +([A-Za-z0-9_.:-]+) +(\d+|-) +(\d+|-) +(\d+|-) +(\d+|-)(?: (.*))?$',
            ['uri', 'status', 'error', 'sent', 'size', 'total', 'turn', 'rest']
        ) as strict,
    from head
),

body as (
    select
        *,
        case
            when strict.status <> '' then strict
            else regexp_extract(
                h.rest,
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
        regexp_extract(
            b.rest,
            '^ *("(?:.*?)"|-) +("(?:.*)"|-)((?: +[^ "]+)*) *$',
            ['referer', 'agent', 'fields']
        ) as t,
    from body
),

field as (
    select
        artifact_id,
        record_no,
        flags,
        line,
        strict.status = '' as loose,
        t.agent = '' as cut,
        coalesce(date || ' ' || zone, '[' || h.time || ']') as written_time,
        coalesce(bucket_owner, nullif(h.owner, '-')) as bucket_owner,
        coalesce(bucket, nullif(h.bucket, '-')) as bucket,
        coalesce(remote_ip, nullif(h.ip, '-')) as remote_ip,
        coalesce(requester, nullif(h.requester, '-')) as requester,
        coalesce(request_id, nullif(h.request_id, '-')) as request_id,
        coalesce(operation, h.operation) as operation,
        coalesce(raw_key, nullif(h.key, '-')) as raw_key,
        coalesce(request_uri, nullif(nullif(b.uri, ''), '-')) as request_uri,
        coalesce(http_status, b.status) as http_status,
        coalesce(error_code, nullif(b.error, '-')) as error_code,
        coalesce(bytes_sent, b.sent) as bytes_sent,
        coalesce(object_size, b.size) as object_size,
        coalesce(total_time, b.total) as total_time,
        coalesce(turn_around_time, b.turn) as turn_around_time,
        coalesce(referer, case when starts_with(t.referer, '"') then nullif(t.referer[2:-2], '-') end) as referer,
        coalesce(user_agent, case when starts_with(t.agent, '"') then nullif(t.agent[2:-2], '-') end) as user_agent,
        case when t.fields <> '' then string_split_regex(ltrim(t.fields), ' +') end as f,
        coalesce(version_id, nullif(f[1], '-')) as version_id,
        coalesce(host_id, nullif(f[2], '-')) as host_id,
        coalesce(signature_version, nullif(f[3], '-')) as signature_version,
        coalesce(cipher_suite, nullif(f[4], '-')) as cipher_suite,
        coalesce(authentication_type, nullif(f[5], '-')) as authentication_type,
        coalesce(host_header, nullif(f[6], '-')) as host_header,
        coalesce(tls_version, nullif(f[7], '-')) as tls_version,
        coalesce(access_point_arn, nullif(f[8], '-')) as access_point_arn,
        coalesce(acl_required, nullif(f[9], '-')) as acl_required,
        coalesce(source_region, nullif(f[10], '-')) as source_region,
        case when len(f) > 10 then f[11:] end as extra,
    from tail
),

typed as (
    select
        *,
        try_strptime(written_time, '[%d/%b/%Y:%H:%M:%S %z]') as event_time,
        -- Blanks are %20 in a log, a plus is a plus; a key whose bytes are no UTF-8 stays as it was logged.
        case
            when contains(raw_key, '%') then try(url_decode(replace(raw_key, '+', '%2B')))
            else raw_key
        end as decoded_key,
    from field
)

select
    artifact_id,
    record_no,
    event_time,
    bucket_owner,
    bucket,
    remote_ip,
    requester,
    case when starts_with(requester, 'arn:') then principal_of_arn(requester) else requester end as principal,
    request_id,
    operation,
    raw_key,
    coalesce(nullif(replace(decoded_key, chr(0), ''), ''), raw_key) as key,
    request_uri,
    try_cast(http_status as integer) as http_status,
    error_code,
    try_cast(bytes_sent as bigint) as bytes_sent,
    try_cast(object_size as bigint) as object_size,
    try_cast(total_time as bigint) as total_time_ms,
    try_cast(turn_around_time as bigint) as turn_around_time_ms,
    referer,
    user_agent,
    version_id,
    host_id,
    signature_version,
    cipher_suite,
    authentication_type,
    host_header,
    tls_version,
    access_point_arn,
    acl_required,
    source_region,
    extra,
    case
        when line is null and (raw_key is null or decoded_key is not null) then flags
        else nullif(
            list_concat(
                coalesce(flags, []),
                case when loose or contains(referer, '"') or contains(user_agent, '"') then ['ambiguous_quotes'] else [] end,
                case when cut then ['tail_unreadable'] else [] end,
                case when raw_key is not null and decoded_key is null then ['key_not_utf8'] else [] end
            ),
            []
        )
    end as flags,
    null::varchar as skip_because,
    case
        when operation = '' then 'the first eight fields of an S3 access log line are not all there'
        when http_status = '' then 'request URI, status and sizes cannot be told apart'
        when event_time is null then 'the time is not one that S3 writes'
    end as reject_because,
from typed;
