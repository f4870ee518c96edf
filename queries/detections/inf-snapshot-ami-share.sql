-- ---
-- id: inf-snapshot-ami-share
-- version: 1.0.0
-- title: Snapshot or image shared outside or exported
-- status: stable
-- severity: high
-- element: infrastructure-changes
-- attack: [T1537, T1578.002]
-- atlas: [AML.T0025]
-- description: >-
--   Finds snapshots and machine images that were shared with everybody or with an account that is not ours, snapshots
--   of ours that somebody else copied or made a volume of, and instances and images that were exported to a bucket. One
--   finding per resource and identity. Misses copies that another account makes of a public image, and refused calls.
-- requires:
--   cloudtrail_event: needed
--   ref_account: optional
--   ref_case: optional
-- parameters: {}
-- false_positives:
--   - Images that are published on purpose.
-- references:
--   - https://docs.aws.amazon.com/ebs/latest/userguide/ebs-modifying-snapshot-permissions.html
-- changelog:
--   1.0.0: first version
-- ---
with event as (
    select
        event_time,
        event_source,
        event_name,
        coalesce(
            request_parameters ->> '$.snapshotId',
            request_parameters ->> '$.imageId',
            request_parameters ->> '$.CreateStoreImageTaskRequest.ImageId',
            request_parameters ->> '$.instanceId',
            service_event_details ->> '$.snapshotId'
        ) as resource,
        principal,
        credential,
        source_ip_address,
        aws_region,
        recipient_account_id,
        error_code,
        request_parameters as request,
        artifact_id,
        record_no
    from cloudtrail_event as event
    where event_source = 'ec2.amazonaws.com'
        and event_name in (
            'ModifySnapshotAttribute',
            'ModifyImageAttribute',
            'SharedSnapshotCopyInitiated',
            'SharedSnapshotVolumeCreated',
            'CreateInstanceExportTask',
            'CreateStoreImageTask'
        )
        and error_code is null
),
own as (
    select own_accounts() as accounts
),
shared as (
    select
        event.*,
        foreign_grantees(
            list_transform(
                json_items(event.request -> '$.createVolumePermission.add.items')
                || json_items(event.request -> '$.launchPermission.add.items'),
                lambda item : case
                    when (item ->> '$.group') = 'all' then '*'
                    else item ->> '$.userId'
                end
            ),
            own.accounts
        ) as outsider
    from event
    cross join own
),
judged as (
    select
        shared.*,
        list_filter(
            [
                case
                    when list_contains(outsider, '*') then 'shared with everybody'
                end,
                case
                    when len(list_filter(outsider, lambda each : each <> '*')) > 0
                    then 'shared with ' || named(list_filter(outsider, lambda each : each <> '*'))
                end,
                case event_name
                    when 'SharedSnapshotCopyInitiated' then 'copied by another account'
                    when 'SharedSnapshotVolumeCreated' then 'volume made by another account'
                    when 'CreateInstanceExportTask' then 'instance exported'
                    when 'CreateStoreImageTask' then 'image stored'
                end || coalesce(
                    ' to ' || coalesce(
                        request ->> '$.exportToS3.s3Bucket',
                        request ->> '$.CreateStoreImageTaskRequest.Bucket',
                        request ->> '$.bucket'
                    ),
                    ''
                )
            ],
            lambda reason : reason is not null
        ) as reason
    from shared
),
finding as (
    select
        resource,
        principal,
        list_sort(
            list_distinct(flatten(list(reason order by event_time, artifact_id, record_no)))
        ) as reason,
        distinct_values(event_name) as event_name,
        min(event_time) as first_seen,
        max(event_time) as last_seen,
        count(*) as event_count,
        distinct_values(credential) as credential,
        distinct_values(source_ip_address) as address,
        distinct_values(aws_region) as region,
        min(recipient_account_id) as account_id,
        list(
            {'table': 'cloudtrail_event', 'artifact_id': artifact_id, 'record_no': record_no}
            order by event_time, artifact_id, record_no
        ) as records
    from judged
    where len(reason) > 0
    group by
        resource,
        principal
)
select
    'resource' as entity_type,
    coalesce(resource, event_name[1]) as entity,
    'high' as severity,
    first_seen,
    last_seen,
    event_count,
    short_name(principal)
    || ' made '
    || counted(event_count, 'call') || ' (' || named(event_name) || ')'
    || coalesce(' on ' || resource, '')
    || coalesce(': ' || nullif(named(reason), ''), '') as summary,
    records,
    principal as actor,
    case when len(address) = 1 then address[1] end as source_ip,
    case when len(region) = 1 then region[1] end as region,
    account_id,
    resource,
    {
        'event_names': event_name,
        'reasons': reason,
        'regions': region,
        'credentials': credential,
        'addresses': address
    } as metrics
from finding
order by
    first_seen,
    entity,
    actor
