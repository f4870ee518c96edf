-- Credential reports inside answers of get-credential-report, and the columns of all of them.

delete from iam_credential_report
where artifact_id in (select artifact_id from api_snapshot);

insert into iam_credential_report by name
with answer as (
    select
        artifact_id,
        record_no,
        coalesce(instant_of(json ->> '$.GeneratedTime'), collected_at) as collected_at,
        -- Base64 from the CLI, text or a bytes literal from a dump of boto3.
        regexp_replace(
            coalesce(
                text_of_base64(json ->> '$.Content'),
                replace(regexp_replace(json ->> '$.Content', '^b''(.*)''$', '\1', 's'), '\n', chr(10))
            ),
            '^\x{FEFF}',
            ''
        ) as content,
    from api_snapshot
    where operation = 'get-credential-report'
        and json_exists(json, '$.Content')
),

line as (
    select
        artifact_id,
        record_no,
        collected_at,
        unnest(lines[2:]) as text,
        unnest(range(1, len(lines)::bigint)) as row_no,
        csv_fields(lines[1]) as header,
    from (
        select
            *,
            list_filter(
                list_transform(string_split(content, chr(10)), lambda text : rtrim(text, chr(13))),
                lambda text : text <> ''
            ) as lines,
        from answer
    )
)

select
    artifact_id,
    record_no,
    row_no,
    collected_at,
    object_of(header, fields) as json,
    case when len(header) <> len(fields) then ['ragged_row'] end as flags,
from (
    select
        *,
        csv_fields(text) as fields,
    from line
)
where starts_with(header[1], 'user');

update iam_credential_report
set
    user_name = json ->> '$.user',
    arn = json ->> '$.arn',
    user_creation_time = instant_of(json ->> '$.user_creation_time'),
    password_enabled = try_cast(json ->> '$.password_enabled' as boolean),
    password_last_used = instant_of(json ->> '$.password_last_used'),
    password_last_changed = instant_of(json ->> '$.password_last_changed'),
    password_next_rotation = instant_of(json ->> '$.password_next_rotation'),
    mfa_active = try_cast(json ->> '$.mfa_active' as boolean),
    access_key_1_active = try_cast(json ->> '$.access_key_1_active' as boolean),
    access_key_1_last_rotated = instant_of(json ->> '$.access_key_1_last_rotated'),
    access_key_1_last_used_date = instant_of(json ->> '$.access_key_1_last_used_date'),
    access_key_1_last_used_region = nullif(json ->> '$.access_key_1_last_used_region', 'N/A'),
    access_key_1_last_used_service = nullif(json ->> '$.access_key_1_last_used_service', 'N/A'),
    access_key_2_active = try_cast(json ->> '$.access_key_2_active' as boolean),
    access_key_2_last_rotated = instant_of(json ->> '$.access_key_2_last_rotated'),
    access_key_2_last_used_date = instant_of(json ->> '$.access_key_2_last_used_date'),
    access_key_2_last_used_region = nullif(json ->> '$.access_key_2_last_used_region', 'N/A'),
    access_key_2_last_used_service = nullif(json ->> '$.access_key_2_last_used_service', 'N/A'),
    cert_1_active = try_cast(json ->> '$.cert_1_active' as boolean),
    cert_1_last_rotated = instant_of(json ->> '$.cert_1_last_rotated'),
    cert_2_active = try_cast(json ->> '$.cert_2_active' as boolean),
    cert_2_last_rotated = instant_of(json ->> '$.cert_2_last_rotated'),
    additional_credentials_info = json ->> '$.additional_credentials_info',
    account_id = nullif(regexp_extract(json ->> '$.arn', '^arn:[^:]*:iam::([0-9]{12}):', 1), ''),
    unknown = nullif(
        without_keys(
            json,
            [
                'user',
                'arn',
                'user_creation_time',
                'password_enabled',
                'password_last_used',
                'password_last_changed',
                'password_next_rotation',
                'mfa_active',
                'access_key_1_active',
                'access_key_1_last_rotated',
                'access_key_1_last_used_date',
                'access_key_1_last_used_region',
                'access_key_1_last_used_service',
                'access_key_2_active',
                'access_key_2_last_rotated',
                'access_key_2_last_used_date',
                'access_key_2_last_used_region',
                'access_key_2_last_used_service',
                'cert_1_active',
                'cert_1_last_rotated',
                'cert_2_active',
                'cert_2_last_rotated',
                'additional_credentials_info'
            ]
        ),
        '{}'
    );
