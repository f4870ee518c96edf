-- Calls that can switch off or narrow what watches an account, by the control that they touch. Names alone decide, so a
-- harmless change is here too: the view says what else an identity laid hands on, not that it did harm.

create or replace view v_impairment as
with control as materialized (
    select
        event_name,
        service,
        control
    from (
        values
            ('StopLogging', 'cloudtrail', 'CloudTrail'),
            ('DeleteTrail', 'cloudtrail', 'CloudTrail'),
            ('UpdateTrail', 'cloudtrail', 'CloudTrail'),
            ('PutEventSelectors', 'cloudtrail', 'CloudTrail'),
            ('PutInsightSelectors', 'cloudtrail', 'CloudTrail'),
            ('DeleteEventDataStore', 'cloudtrail', 'CloudTrail'),
            ('StopEventDataStoreIngestion', 'cloudtrail', 'CloudTrail'),
            ('UpdateEventDataStore', 'cloudtrail', 'CloudTrail'),
            ('DeleteDetector', 'guardduty', 'GuardDuty'),
            ('UpdateDetector', 'guardduty', 'GuardDuty'),
            ('CreateFilter', 'guardduty', 'GuardDuty'),
            ('CreateIPSet', 'guardduty', 'GuardDuty'),
            ('UpdateIPSet', 'guardduty', 'GuardDuty'),
            ('CreateTrustedEntitySet', 'guardduty', 'GuardDuty'),
            ('ArchiveFindings', 'guardduty', 'GuardDuty'),
            ('DeletePublishingDestination', 'guardduty', 'GuardDuty'),
            ('DisassociateFromAdministratorAccount', 'guardduty', 'GuardDuty'),
            ('DisassociateFromMasterAccount', 'guardduty', 'GuardDuty'),
            ('DeleteMembers', 'guardduty', 'GuardDuty'),
            ('StopMonitoringMembers', 'guardduty', 'GuardDuty'),
            ('DeleteFlowLogs', 'ec2', 'flow logs'),
            ('DeleteResolverQueryLogConfig', 'route53resolver', 'DNS query logs'),
            ('DisassociateResolverQueryLogConfig', 'route53resolver', 'DNS query logs'),
            ('PutBucketVersioning', 's3', 'S3 protection'),
            ('PutBucketLogging', 's3', 'S3 protection'),
            ('PutBucketLifecycle', 's3', 'S3 protection'),
            ('PutBucketLifecycleConfiguration', 's3', 'S3 protection'),
            ('PutBucketPublicAccessBlock', 's3', 'S3 protection'),
            ('DeleteBucketPublicAccessBlock', 's3', 'S3 protection'),
            ('PutAccountPublicAccessBlock', 's3', 'S3 protection'),
            ('DeleteAccountPublicAccessBlock', 's3', 'S3 protection'),
            ('DeleteBucketPolicy', 's3', 'S3 protection'),
            ('DeleteBucketEncryption', 's3', 'S3 protection'),
            ('DeleteBucketReplication', 's3', 'S3 protection'),
            ('PutBucketOwnershipControls', 's3', 'S3 protection'),
            ('PutBucketObjectLockConfiguration', 's3', 'S3 protection'),
            ('DeleteModelInvocationLoggingConfiguration', 'bedrock', 'invocation logging'),
            ('PutModelInvocationLoggingConfiguration', 'bedrock', 'invocation logging'),
            ('StopConfigurationRecorder', 'config', 'Config'),
            ('DeleteConfigurationRecorder', 'config', 'Config'),
            ('DeleteDeliveryChannel', 'config', 'Config'),
            ('DisableSecurityHub', 'securityhub', 'Security Hub'),
            ('DeleteLogGroup', 'logs', 'log groups'),
            ('DeleteLogStream', 'logs', 'log groups'),
            ('PutRetentionPolicy', 'logs', 'log groups')
    ) as listed (event_name, service, control)
)
select
    event.event_time,
    control.control,
    event.event_name,
    event.principal,
    event.credential,
    event.source_ip_address,
    event.aws_region,
    event.error_code,
    event.artifact_id,
    event.record_no
from cloudtrail_event as event
join control
    on control.event_name = event.event_name
    and event.event_source = control.service || '.amazonaws.com';
comment on view v_impairment is 'Calls that can switch off or narrow a control, with the control.';
