-- ---
-- id: cloudtrail_history
-- version: 1.0.0
-- title: CloudTrail Event history downloads (CSV) and rows of lookup-events without their event
-- recognises:
--   csv: '^"?[A-Z][A-Za-z -]*"?,(?:.*,)?"?Event (?:name|ID|time)"?(?:,|$)|^"?Event (?:name|ID|time)"?,'
--   json:
--     - in: [Events, '']
--       keys: [EventId, EventName, EventSource]
--   order: 5
-- emits: [cloudtrail_event]
-- caveats:
--   - Lossy, that is without request, answer and the role behind a session. Where the whole event is in the evidence, too, it counts alone.
--   - Spreadsheets turn account ids into numbers; such ids are flagged and left out.
-- references:
--   - https://docs.aws.amazon.com/awscloudtrail/latest/userguide/view-cloudtrail-events-console.html
--   - https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_LookupEvents.html
-- ---
with column_named as (
    select
        artifact_id,
        record_no,
        flags,
        record,
        -- Any set of columns in any order; a name counts without its blanks, hyphens and capitals.
        list_transform(
            json_keys(record),
            lambda key : regexp_replace(lower(key), '[^a-z0-9]', '', 'g')
        ) as names,
        list_transform(
            json_keys(record),
            lambda key : json_extract_string(record, '/' || replace(replace(key, '~', '~0'), '/', '~1'))
        ) as v,
    from framed
),

renamed as (
    select
        artifact_id,
        record_no,
        flags,
        record,
        names,
        nullif(trim(v[list_position(names, 'eventtime')]), '') as logged_time,
        nullif(trim(v[list_position(names, 'eventname')]), '') as event_name,
        nullif(trim(v[list_position(names, 'eventsource')]), '') as event_source,
        nullif(trim(v[list_position(names, 'awsregion')]), '') as aws_region,
        nullif(trim(v[list_position(names, 'username')]), '') as user_name,
        nullif(
            trim(coalesce(v[list_position(names, 'awsaccesskey')], v[list_position(names, 'accesskeyid')])),
            ''
        ) as access_key_id,
        nullif(trim(v[list_position(names, 'sourceipaddress')]), '') as source_ip_address,
        nullif(trim(v[list_position(names, 'errorcode')]), '') as error_code,
        try_cast(v[list_position(names, 'readonly')] as boolean) as read_only,
        nullif(trim(v[list_position(names, 'eventid')]), '') as event_id,
        nullif(trim(v[list_position(names, 'requestid')]), '') as request_id,
        nullif(trim(v[list_position(names, 'eventtype')]), '') as event_type,
        nullif(trim(v[list_position(names, 'eventcategory')]), '') as event_category,
        nullif(trim(v[list_position(names, 'recipientaccountid')]), '') as logged_account,
        v[list_position(names, 'resourcetype')] as resource_type,
        v[list_position(names, 'resourcename')] as resource_name,
        json_extract(record, '$.Resources') as lookup_resources,
    from column_named
),

final as (
    select
        *,
        -- A spreadsheet counts days: 46092.38 is no second of 1970.
        case when not regexp_full_match(logged_time, '[0-9]{1,6}([.,][0-9]*)?') then instant_of(logged_time) end as event_time,
        case when regexp_full_match(logged_account, '[0-9]{12}') then logged_account end as recipient_account_id,
        -- 1.11122E+11, 11122233 (zeros in front are gone), 3/11/2026 9:12, 46092.38
        regexp_full_match(logged_account, '[0-9.,]+(E\+?[0-9]+)?') and not regexp_full_match(logged_account, '[0-9]{12}')
        or regexp_full_match(
            logged_time,
            '[0-9]{1,2}[./][0-9]{1,2}[./][0-9]{2,4}.*|[0-9]{1,6}([.,][0-9]*)?'
        ) as damaged,
    from renamed
)

select
    artifact_id,
    record_no,
    event_time,
    event_source,
    event_name,
    aws_region,
    recipient_account_id,
    coalesce(recipient_account_id || ':', '') || user_name as principal,
    coalesce(access_key_id, coalesce(recipient_account_id || ':', '') || user_name || '#console') as credential,
    user_name,
    access_key_id,
    source_ip_address,
    error_code,
    coalesce(
        lookup_resources,
        case
            when nullif(resource_type, '') is not null or nullif(resource_name, '') is not null
                then json_array(json_object('type', resource_type, 'ARN', resource_name))
        end
    ) as resources,
    request_id,
    event_id,
    event_type,
    event_category,
    read_only,
    record as unknown,
    list_concat(
        coalesce(flags, []),
        ['lossy'],
        case when damaged then ['excel_damage'] else [] end,
        case when event_time is null then ['no_event_time'] else [] end
    ) as flags,
    null::varchar as skip_because,
    case
        when event_name is null and event_id is null then 'a row without event name and event id'
    end as reject_because,
from final;
