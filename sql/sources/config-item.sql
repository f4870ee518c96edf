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
with notice as (
    select
        artifact_id,
        record_no,
        record,
        flags,
        json_transform(
            record,
            '{
            "invokingEvent": "VARCHAR",
            "messageType": "VARCHAR",
            "notificationCreationTime": "VARCHAR",
            "configurationItem": "JSON",
            "configurationItemSummary": "JSON",
            "configurationItemDiff": {"changeType": "VARCHAR", "changedProperties": "JSON"}
        }'
        ) as told,
    from framed
),

-- A rule gets its event as text.
opened as (
    select
        artifact_id,
        record_no,
        flags,
        case
            when told.invokingEvent is null
                then record
            else coalesce(try_cast(told.invokingEvent as json), record)
        end
            as record,
        case
            when told.invokingEvent is null then told
            else json_transform(
                coalesce(try_cast(told.invokingEvent as json), record),
                '{
                "invokingEvent": "VARCHAR",
                "messageType": "VARCHAR",
                "notificationCreationTime": "VARCHAR",
                "configurationItem": "JSON",
                "configurationItemSummary": "JSON",
                "configurationItemDiff": {"changeType": "VARCHAR", "changedProperties": "JSON"}
            }'
            )
        end as n,
    from notice
),

unwrapped as (
    select
        *,
        case
            when is_object(n.configurationItem) then n.configurationItem
            when is_object(n.configurationItemSummary) then n.configurationItemSummary
            else record
        end as item,
    from opened
),

read as (
    select
        *,
        json_transform(
            item,
            '{
            "configurationItemVersion": "VARCHAR",
            "configurationStateMd5Hash": "VARCHAR",
            "configurationItemMD5Hash": "VARCHAR",
            "version": "VARCHAR",
            "configurationItemCaptureTime": "VARCHAR",
            "configurationItemStatus": "VARCHAR",
            "configurationStateId": "VARCHAR",
            "awsAccountId": "VARCHAR",
            "accountId": "VARCHAR",
            "awsRegion": "VARCHAR",
            "ARN": "VARCHAR",
            "resourceType": "VARCHAR",
            "resourceId": "VARCHAR",
            "resourceName": "VARCHAR",
            "availabilityZone": "VARCHAR",
            "availibilityZone": "VARCHAR",
            "resourceCreationTime": "VARCHAR",
            "configurationItemDeliveryTime": "VARCHAR",
            "changeType": "VARCHAR",
            "configuration": "JSON",
            "supplementaryConfiguration": "JSON",
            "relationships": "JSON",
            "relatedEvents": "JSON",
            "tags": "JSON"
        }'
        ) as f,
        without_keys(
            item,
            [
                'configurationItemVersion',
                'configurationItemMD5Hash',
                'configurationItemCaptureTime',
                'configurationItemStatus',
                'configurationStateId',
                'configurationStateID',
                'configurationStateMd5Hash',
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
                'configurationItemDeliveryTime',
                'changeType',
                'configuration',
                'supplementaryConfiguration',
                'relationships',
                'relatedEvents',
                'tags',
                'version'
            ]
        ) as unknown,
    from unwrapped
),

-- Names of fields are the same in either case here, those of AWS are not: the other spellings come in a second look.
spelt as (
    select
        *,
        case
            when f.ARN is null or f.configurationStateId is null then json_transform(
                item,
                '{"arn": "VARCHAR", "configurationStateID": "VARCHAR"}'
            )
        end as other,
    from read
),

renamed as (
    select
        *,
        instant_of(f.configurationItemCaptureTime) as configuration_item_capture_time,
        -- In the API the configuration is text.
        case
            when is_text(f.configuration)
                then try_cast(json_extract_string(f.configuration, '$') as json)
            when f.configuration::varchar <> 'null' then f.configuration
        end as configuration,
    from spelt
),

final as (
    select
        artifact_id,
        record_no,
        configuration_item_capture_time,
        f.configurationItemStatus as configuration_item_status,
        coalesce(f.configurationStateId, other.configurationStateID) as configuration_state_id,
        coalesce(f.configurationItemVersion, f.version) as configuration_item_version,
        nullif(coalesce(f.configurationStateMd5Hash, f.configurationItemMD5Hash), '') as configuration_state_md5_hash,
        coalesce(f.awsAccountId, f.accountId) as account_id,
        f.awsRegion as region,
        coalesce(f.ARN, other.arn) as arn,
        f.resourceType as resource_type,
        f.resourceId as resource_id,
        f.resourceName as resource_name,
        coalesce(f.availabilityZone, f.availibilityZone) as availability_zone,
        instant_of(f.resourceCreationTime) as resource_creation_time,
        coalesce(
            instant_of(f.configurationItemDeliveryTime),
            instant_of(n.notificationCreationTime)
        ) as delivery_time,
        n.messageType as message_type,
        coalesce(n.configurationItemDiff.changeType, f.changeType) as change_type,
        n.configurationItemDiff.changedProperties as changed_properties,
        coalesce(configuration, case when is_text(f.configuration) then f.configuration end) as configuration,
        f.supplementaryConfiguration as supplementary_configuration,
        f.relationships,
        texts_of(f.relatedEvents) as related_events,
        f.tags,
        case
            when n.messageType is not null then without_keys(
                record,
                [
                    'configurationItem',
                    'configurationItemSummary',
                    'configurationItemDiff',
                    'messageType',
                    'notificationCreationTime'
                ]
            )
        end as notification,
        unknown,
        nullif(
            list_concat(
                coalesce(flags, []),
                case
                    when configuration_item_capture_time is null
                        then ['no_capture_time']
                    else []
                end,
                case
                    when is_text(f.configuration) and configuration is null
                        then ['configuration_unreadable']
                    else []
                end,
                case when is_object(n.configurationItemSummary) then ['oversized'] else [] end
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
