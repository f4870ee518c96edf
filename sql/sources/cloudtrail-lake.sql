-- ---
-- id: cloudtrail_lake
-- version: 1.0.0
-- title: Results of CloudTrail Lake queries without the column eventjson
-- recognises:
--   csv: '^"?[a-z]+"?,(?:.*,)?"?event(?:id|name|time)"?(?:,|$)|^"?event(?:id|name|time)"?,"?[a-z]'
--   json:
--     - in: ['']
--       keys: [eventid, eventname]
--     - in: ['']
--       keys: [eventname, eventtime]
--   order: 5
-- emits: [cloudtrail_event]
-- caveats:
--   - Lossy, since Lake prints maps and structs as {a=1, b={c=2}}, which cannot be told apart again; ask for eventjson.
--   - A page of get-query-results holds at most 1,000 rows; a token in artifact.wrapper means more.
-- references:
--   - https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-lake.html
-- ---
with identity as (
    select
        *,
        json_extract_string(
            record,
            [
                '$.eventtime',
                '$.eventsource',
                '$.eventname',
                '$.awsregion',
                '$.recipientaccountid',
                '$.sourceipaddress',
                '$.useragent',
                '$.errorcode',
                '$.errormessage',
                '$.requestid',
                '$.eventid',
                '$.sharedeventid',
                '$.eventtype',
                '$.eventcategory',
                '$.eventversion',
                '$.apiversion',
                '$.readonly',
                '$.managementevent',
                '$.sessioncredentialfromconsole',
                '$.vpcendpointid',
                '$.vpcendpointaccountid',
                '$.useridentity'
            ]
        ) as r,
        -- What stands before the session belongs to the caller; the issuer follows inside the session.
        regexp_extract(r[22], '^(.*?)(?:, ?sessioncontext=|$)', 1) as told,
        -- Nothing inside is quoted, so that a name of the caller's choice can look like another field.
        regexp_extract_all(told, '(?:^|[{ ])(type|principalid|arn|accountid|accesskeyid|username)=', 1) as named,
        len(named) > len(list_distinct(named)) as is_ambiguous,
        case when not is_ambiguous then told end as caller,
        case when not is_ambiguous then regexp_extract(r[22], 'sessionissuer=\{([^}]*)\}', 1) end as issuer,
    from framed
),

renamed as (
    select
        *,
        instant_of(r[1]) as event_time,
        nullif(regexp_extract(caller, '(?:^|[{ ])type=([^,}]*)', 1), '') as identity_type,
        nullif(regexp_extract(caller, '[{ ]principalid=([^,}]*)', 1), '') as principal_id,
        nullif(regexp_extract(caller, '[{ ]arn=([^,}]*)', 1), '') as principal_arn,
        nullif(regexp_extract(caller, '[{ ]accountid=([^,}]*)', 1), '') as account_id,
        nullif(regexp_extract(caller, '[{ ]accesskeyid=([^,}]*)', 1), '') as access_key_id,
        nullif(regexp_extract(caller, '[{ ]username=([^,}]*)', 1), '') as user_name,
        nullif(regexp_extract(issuer, '(?:^|[{ ])arn=([^,}]*)', 1), '') as session_issuer_arn,
    from identity
)

select
    artifact_id,
    record_no,
    event_time,
    r[2] as event_source,
    r[3] as event_name,
    r[4] as aws_region,
    r[5] as recipient_account_id,
    coalesce(session_issuer_arn, principal_of_arn(principal_arn), account_id || ':' || principal_id) as principal,
    coalesce(access_key_id, coalesce(session_issuer_arn, principal_of_arn(principal_arn)) || '#console') as credential,
    nullif(identity_type, 'null') as identity_type,
    nullif(principal_id, 'null') as principal_id,
    nullif(principal_arn, 'null') as principal_arn,
    nullif(account_id, 'null') as account_id,
    nullif(user_name, 'null') as user_name,
    nullif(access_key_id, 'null') as access_key_id,
    case when identity_type = 'AssumedRole' then split_part(principal_arn, '/', 3) end as session_name,
    nullif(session_issuer_arn, 'null') as session_issuer_arn,
    r[6] as source_ip_address,
    r[7] as user_agent,
    nullif(r[8], '') as error_code,
    nullif(r[9], '') as error_message,
    json_extract(record, '$.requestparameters') as request_parameters,
    json_extract(record, '$.responseelements') as response_elements,
    json_extract(record, '$.additionaleventdata') as additional_event_data,
    json_extract(record, '$.resources') as resources,
    r[10] as request_id,
    r[11] as event_id,
    r[12] as shared_event_id,
    r[13] as event_type,
    r[14] as event_category,
    r[15] as event_version,
    r[16] as api_version,
    try_cast(r[17] as boolean) as read_only,
    try_cast(r[18] as boolean) as management_event,
    try_cast(r[19] as boolean) as session_credential_from_console,
    r[20] as vpc_endpoint_id,
    r[21] as vpc_endpoint_account_id,
    json_extract(record, '$.useridentity') as user_identity,
    record as unknown,
    list_concat(
        coalesce(flags, []),
        ['lossy'],
        case when is_ambiguous then ['identity_ambiguous'] else [] end,
        case when event_time is null then ['no_event_time'] else [] end
    ) as flags,
    null::varchar as skip_because,
    case when r[3] is null and r[11] is null then 'a row without event name and event id' end as reject_because,
from renamed;
