-- ---
-- id: config_item
-- version: 1.0.0
-- title: AWS Config items (snapshot and history files, API, change notifications)
-- recognises:
--   json:
--     - in: [configurationItems, baseConfigurationItems, '']
--       keys: [configurationItemCaptureTime, resourceType]
--     - in: [detail, '']
--       keys: [configurationItem, messageType]
--     - in: [detail, '']
--       keys: [configurationItemSummary, messageType]
--     - in: ['']
--       keys: [invokingEvent, configRuleName]
--   path: _Config(History|Snapshot)_
-- emits: [config_item]
-- identity: [resource_id, resource_type, configuration_item_capture_time, configuration_state_id]
-- caveats:
--   - AWS Config records some resource types only; that a resource is absent proves nothing.
--   - In the API the configuration is text, in files an object; both become JSON here.
-- references:
--   - https://docs.aws.amazon.com/config/latest/developerguide/config-item-table.html
--   - https://docs.aws.amazon.com/config/latest/developerguide/example-s3-snapshot.html
-- ---
with opened as (
    -- A rule gets its event as text.
    select
        * replace (
            case
                when json_exists(record, '$.invokingEvent') then coalesce(
                    try_cast(record ->> '$.invokingEvent' as json),
                    record
                )
                else record
            end as record
        ),
    from framed
),

unwrapped as (
    select
        *,
        coalesce(
            nullif(json_extract(record, '$.configurationItem'), 'null'::json),
            nullif(json_extract(record, '$.configurationItemSummary'), 'null'::json),
            record
        ) as item,
        json_exists(record, '$.messageType') as is_notification,
    from opened
),

renamed as (
    select
        *,
        json_extract_string(
            item,
            [
                '$.configurationItemCaptureTime',
                '$.configurationItemStatus',
                '$.configurationStateId',
                '$.configurationStateID',
                '$.awsAccountId',
                '$.accountId',
                '$.awsRegion',
                '$.ARN',
                '$.arn',
                '$.resourceType',
                '$.resourceId',
                '$.resourceName',
                '$.availabilityZone',
                '$.availibilityZone',
                '$.resourceCreationTime',
                '$.configurationItemDeliveryTime'
            ]
        ) as c,
        json_extract(item, '$.configuration') as raw,
    from unwrapped
),

final as (
    select
        artifact_id,
        record_no,
        instant_of(c[1]) as configuration_item_capture_time,
        c[2] as configuration_item_status,
        coalesce(c[3], c[4]) as configuration_state_id,
        coalesce(c[5], c[6]) as account_id,
        c[7] as region,
        coalesce(c[8], c[9]) as arn,
        c[10] as resource_type,
        c[11] as resource_id,
        c[12] as resource_name,
        coalesce(c[13], c[14]) as availability_zone,
        instant_of(c[15]) as resource_creation_time,
        coalesce(
            instant_of(c[16]),
            case when is_notification then instant_of(record ->> '$.notificationCreationTime') end
        ) as delivery_time,
        case when is_notification then record ->> '$.messageType' end as message_type,
        coalesce(
            record ->> '$.configurationItemDiff.changeType',
            item ->> '$.changeType'
        ) as change_type,
        json_extract(record, '$.configurationItemDiff.changedProperties') as changed_properties,
        case json_type(raw)
            when 'VARCHAR' then coalesce(try_cast(json_extract_string(raw, '$') as json), raw)
            when 'NULL' then null
            else raw
        end as configuration,
        json_extract(item, '$.supplementaryConfiguration') as supplementary_configuration,
        json_extract(item, '$.relationships') as relationships,
        texts_of(json_extract(item, '$.relatedEvents')) as related_events,
        json_extract(item, '$.tags') as tags,
        case
            when is_notification then nullif(
                without_keys(
                    record,
                    [
                        'configurationItem',
                        'configurationItemSummary',
                        'configurationItemDiff',
                        'messageType',
                        'notificationCreationTime'
                    ]
                ),
                '{}'
            )
        end as notification,
        nullif(
            without_keys(
                item,
                [
                    'configurationItemCaptureTime',
                    'configurationItemStatus',
                    'configurationStateId',
                    'configurationStateID',
                    'awsAccountId',
                    'accountId',
                    'awsRegion',
                    'ARN',
                    'arn',
                    'resourceType',
                    'resourceId',
                    'resourceName',
                    'availabilityZone',
                    'availibilityZone',
                    'resourceCreationTime',
                    'changeType',
                    'configurationItemDeliveryTime',
                    'configuration',
                    'supplementaryConfiguration',
                    'relationships',
                    'relatedEvents',
                    'tags'
                ]
            ),
            '{}'
        ) as unknown,
        nullif(
            list_concat(
                coalesce(flags, []),
                case when instant_of(c[1]) is null then ['no_capture_time'] else [] end,
                case
                    when json_type(raw) = 'VARCHAR' and try_cast(json_extract_string(raw, '$') as json) is null
                        then ['configuration_unreadable']
                    else []
                end,
                case when json_exists(record, '$.configurationItemSummary') then ['oversized'] else [] end
            ),
            []
        ) as flags,
    from renamed
)

select
    *,
    null::varchar as skip_because,
    case
        when resource_type is null and resource_id is null and arn is null then
            'not a configuration item: resourceType, resourceId and ARN are missing'
    end as reject_because,
from final;
