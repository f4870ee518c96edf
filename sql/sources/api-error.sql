-- ---
-- id: api_error
-- version: 1.0.0
-- title: Error messages of the AWS CLI in place of an answer
-- recognises:
--   line: '^(?:aws: \[ERROR\]: )?An error occurred \([A-Za-z0-9._-]+\) when calling the [A-Za-z0-9]+ operation'
--   order: 100
-- name: true
-- emits: [api_snapshot]
-- caveats:
--   - Asked and refused is not the same as never asked; collectors keep the message by 2>&1.
-- references:
--   - https://docs.aws.amazon.com/cli/latest/userguide/cli-chap-troubleshooting.html
-- ---
with read as (
    select
        *,
        collected(_name) as place,
        regexp_extract(
            line,
            'An error occurred \(([A-Za-z0-9._-]+)\) when calling the ([A-Za-z0-9]+) operation[^:]*: ?(.*)$',
            ['code', 'operation', 'message']
        ) as e,
    from framed
)

select
    artifact_id,
    record_no,
    collected_at(_name) as collected_at,
    null::varchar as account_id,
    collected_region(_name) as region,
    nullif(read.place.service, '') as service,
    coalesce(
        nullif(read.place.operation, ''),
        lower(regexp_replace(read.e.operation, '([a-z0-9])([A-Z])', '\1-\2', 'g'))
    ) as operation,
    collected_resource(_name) as resource,
    case when read.place.operation <> '' then 'path' else 'content' end as named_by,
    read.e.code as error_code,
    json_object(
        'Error',
        json_object('Code', read.e.code, 'Operation', read.e.operation, 'Message', read.e.message)
    ) as json,
    list_append(coalesce(flags, []), 'error') as flags,
    case when read.e.code = '' then 'text beside an error message' end as skip_because,
    null::varchar as reject_because,
from read;
