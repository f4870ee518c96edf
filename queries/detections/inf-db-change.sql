-- ---
-- id: inf-db-change
-- version: 1.1.0
-- title: Database deleted, shared, exported or opened
-- status: stable
-- severity: high
-- element: infrastructure-changes
-- attack: [T1485, T1537, T1530]
-- atlas: [AML.T0036]
-- description: >-
--   Finds databases and tables that were deleted or exported, snapshots of them that somebody deleted or shared with
--   everybody or an account that is not ours, databases that got another master password or a public address, also by
--   being restored, and activity streams that were stopped. High when the snapshot leaves, when everybody may reach the database, or when reference/inventory.csv or design.csv names the
--   database for an application; medium otherwise. Misses what happens inside a database, and refused calls.
-- requires:
--   cloudtrail_event: needed
--   ref_account: optional
--   ref_case: optional
--   ref_inventory: optional
--   ref_design: optional
-- parameters: {}
-- false_positives:
--   - Work of database administrators; expect a ticket.
-- references:
--   - https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_ShareSnapshot.html
-- changelog:
--   1.0.0: first version
--   1.1.0: deleted snapshots, stopped activity streams, copies that are restored with a public address
-- ---
with event as (
    select
        event_time,
        event_source,
        event_name,
        coalesce(
            request_parameters ->> '$.dBInstanceIdentifier',
            request_parameters ->> '$.dBClusterIdentifier',
            request_parameters ->> '$.dBSnapshotIdentifier',
            request_parameters ->> '$.dBClusterSnapshotIdentifier',
            request_parameters ->> '$.sourceArn',
            request_parameters ->> '$.resourceArn',
            request_parameters ->> '$.tableName',
            request_parameters ->> '$.tableArn'
        ) as resource,
        principal,
        credential,
        source_ip_address,
        aws_region,
        recipient_account_id,
        error_code,
        request_parameters as request,
        -- What is restored says only in the answer whether it is public.
        'true' in (
            coalesce(request_parameters ->> '$.publiclyAccessible', ''),
            case
                when starts_with(event_name, 'Restore')
                then coalesce(response_elements ->> '$.publiclyAccessible', '')
                else ''
            end
        ) as is_public,
        artifact_id,
        record_no
    from cloudtrail_event as event
    where (
            event_source = 'rds.amazonaws.com'
            and event_name in (
                'DeleteDBInstance',
                'DeleteDBCluster',
                'ModifyDBSnapshotAttribute',
                'ModifyDBClusterSnapshotAttribute',
                'ModifyDBInstance',
                'ModifyDBCluster',
                'StartExportTask',
                'StopActivityStream',
                'RestoreDBInstanceFromDBSnapshot',
                'RestoreDBInstanceToPointInTime',
                'RestoreDBInstanceFromS3'
            )
            or event_source = 'rds.amazonaws.com'
            and event_name in ('DeleteDBSnapshot', 'DeleteDBClusterSnapshot')
            -- A service that deletes what has expired is no one.
            and invoked_by is null
            or event_source = 'dynamodb.amazonaws.com'
            and event_name in ('DeleteTable', 'ExportTableToPointInTime')
        )
        and error_code is null
),
own as (
    select own_accounts() as accounts
),
place as (
    select
        regexp_extract(resource, '([^:/]+)$', 1) as name,
        app
    from ref_inventory
    union all
    select
        regexp_extract(target, '([^:/]+)$', 1) as name,
        app
    from ref_design
    where kind = 'store'
),
known as (
    select
        name,
        distinct_values(app) as app
    from place
    where name <> ''
    group by name
),
shared as (
    select
        event.*,
        foreign_grantees(
            list_transform(
                json_extract_string(event.request, '$.valuesToAdd[*]'),
                lambda each : case each when 'all' then '*' else each end
            ),
            own.accounts
        ) as outsider,
        known.app
    from event
    cross join own
    left join known
        on known.name = regexp_extract(event.resource, '([^:/]+)$', 1)
),
judged as (
    select
        shared.*,
        list_filter(
            [
                case event_name
                    when 'DeleteDBInstance' then 'database deleted'
                    when 'DeleteDBCluster' then 'database cluster deleted'
                    when 'DeleteTable' then 'table deleted'
                    when 'DeleteDBSnapshot' then 'snapshot deleted'
                    when 'DeleteDBClusterSnapshot' then 'snapshot deleted'
                    when 'StopActivityStream' then 'activity stream stopped'
                    when 'StartExportTask'
                    then 'exported to ' || coalesce(request ->> '$.s3BucketName', 'a bucket')
                    when 'ExportTableToPointInTime'
                    then 'exported to ' || coalesce(request ->> '$.s3Bucket', 'a bucket')
                end,
                case
                    when len(outsider) > 0
                    then 'snapshot shared with ' || named(
                        list_transform(outsider, lambda each : case each when '*' then 'everybody' else each end)
                    )
                end,
                case
                    when event_name in ('ModifyDBInstance', 'ModifyDBCluster')
                        and list_contains(json_keys(request), 'masterUserPassword')
                    then 'master password changed'
                end,
                case
                    when is_public
                    then 'reachable for everybody'
                end
            ],
            lambda reason : reason is not null
        ) as reason
    from shared
),
finding as (
    select
        resource,
        principal,
        max(
            case
                when len(app) > 0 or len(outsider) > 0 or is_public then 4
                else 3
            end
        ) as rank,
        list_sort(
            list_distinct(flatten(list(reason order by event_time, artifact_id, record_no)))
        ) as reason,
        list_sort(list_distinct(flatten(list(coalesce(app, []) order by event_time)))) as app,
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
    'database' as entity_type,
    coalesce(resource, event_name[1]) as entity,
    ['info', 'low', 'medium', 'high', 'critical'][rank] as severity,
    first_seen,
    last_seen,
    event_count,
    short_name(principal)
    || ' made '
    || counted(event_count, 'call') || ' (' || named(event_name) || ')'
    || coalesce(' on ' || resource, '')
    || coalesce(': ' || nullif(named(reason), ''), '')
    || case when len(app) > 0 then '; it belongs to ' || named(app) else '' end as summary,
    records,
    principal as actor,
    case when len(address) = 1 then address[1] end as source_ip,
    case when len(region) = 1 then region[1] end as region,
    account_id,
    resource,
    {
        'event_names': event_name,
        'reasons': reason,
        'apps': app,
        'regions': region,
        'credentials': credential,
        'addresses': address
    } as metrics
from finding
order by
    first_seen,
    entity,
    actor
