-- Configuration items of AWS Config.

create table if not exists config_item (
    artifact_id bigint not null,
    record_no bigint not null,
    configuration_item_capture_time timestamptz,
    configuration_item_status varchar,
    configuration_state_id varchar,
    configuration_item_version varchar,
    configuration_state_md5_hash varchar,
    account_id varchar,
    region varchar,
    arn varchar,
    resource_type varchar,
    resource_id varchar,
    resource_name varchar,
    availability_zone varchar,
    resource_creation_time timestamptz,
    delivery_time timestamptz,
    message_type varchar,
    change_type varchar,
    changed_properties json,
    configuration json,
    supplementary_configuration json,
    relationships json,
    related_events varchar[],
    tags json,
    notification json,
    unknown json,
    flags varchar[],
);
comment on table config_item is 'One resource as AWS Config recorded it at one moment, from a snapshot, a history file, the API or a change notification.';
comment on column config_item.configuration_item_capture_time is 'When AWS Config looked, UTC; the change came before.';
comment on column config_item.configuration_item_status is 'OK, ResourceDiscovered, ResourceDeleted, …';
comment on column config_item.configuration_item_version is 'Version of the form of the item: 1.3, …';
comment on column config_item.configuration_state_md5_hash is 'Null since version 1.3, which leaves it empty.';
comment on column config_item.delivery_time is 'When the item or its notification was delivered.';
comment on column config_item.message_type is 'For a notification: ConfigurationItemChangeNotification or OversizedConfigurationItemChangeNotification.';
comment on column config_item.change_type is 'For a notification: CREATE, UPDATE or DELETE.';
comment on column config_item.changed_properties is 'For a notification: what was before and what is now, by property.';
comment on column config_item.configuration is 'The resource as its own API describes it; text of the API output is parsed. Times inside are as each service writes them.';
comment on column config_item.supplementary_configuration is 'What further calls add, such as the policy of a bucket; values can be JSON as text.';
comment on column config_item.related_events is 'Event ids of CloudTrail; empty since version 1.3.';
comment on column config_item.notification is 'What else the notification said: recordVersion, s3DeliverySummary, …';
comment on column config_item.unknown is 'Keys of the item that this version does not know.';
comment on column config_item.flags is 'no_capture_time. configuration_unreadable: its text is no JSON. oversized: the notification has a summary only.';
