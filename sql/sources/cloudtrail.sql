-- ---
-- id: cloudtrail
-- version: 1.1.0
-- title: AWS CloudTrail events
-- recognises:
--   json:
--     - in: &places [Records, records, '', detail, aws.cloudtrail, _source, hits.hits._source, result]
--       keys: [eventSource, eventName, eventTime]
--     - in: *places
--       keys: [eventVersion, eventID, eventType]
--     - in: *places
--       keys: [eventVersion, eventSource, eventName]
--   path: _CloudTrail_[a-z0-9-]+_\d{8}T\d{4}Z_
-- fields:
--   eventVersion: VARCHAR
--   userIdentity: JSON
--   eventTime: VARCHAR
--   eventSource: VARCHAR
--   eventName: VARCHAR
--   awsRegion: VARCHAR
--   sourceIPAddress: VARCHAR
--   userAgent: VARCHAR
--   errorCode: VARCHAR
--   errorMessage: VARCHAR
--   requestParameters: JSON
--   responseElements: JSON
--   additionalEventData: JSON
--   requestID: VARCHAR
--   eventID: VARCHAR
--   readOnly: VARCHAR
--   resources: JSON
--   eventType: VARCHAR
--   apiVersion: VARCHAR
--   managementEvent: VARCHAR
--   recipientAccountId: VARCHAR
--   serviceEventDetails: JSON
--   sharedEventID: VARCHAR
--   vpcEndpointId: VARCHAR
--   vpcEndpointAccountId: VARCHAR
--   eventCategory: VARCHAR
--   addendum: JSON
--   sessionCredentialFromConsole: VARCHAR
--   edgeDeviceDetails: JSON
--   tlsDetails: JSON
--   eventContext: JSON
--   insightDetails: JSON
-- emits: [cloudtrail_event]
-- identity: [event_id, recipient_account_id]
-- conflict_flag: event_id_conflict
-- caveats:
--   - The order of records in a file means nothing; the time in a file name is the time of delivery.
-- references:
--   - https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-record-contents.html
--   - https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-user-identity.html
-- ---
with identity as (
    select
        *,
        -- One pass over userIdentity for all that becomes a column.
        json_extract_string(
            userIdentity,
            [
                '$.type',
                '$.principalId',
                '$.arn',
                '$.accountId',
                '$.userName',
                '$.accessKeyId',
                '$.invokedBy',
                '$.sessionContext.sessionIssuer.arn',
                '$.sessionContext.attributes.creationDate',
                '$.sessionContext.attributes.mfaAuthenticated',
                '$.sessionContext.sourceIdentity',
                '$.onBehalfOf.userId'
            ]
        ) as u,
        try_cast(eventTime as timestamptz) as event_time,
    from framed
),

renamed as (
    select
        artifact_id,
        record_no,
        event_time,
        eventSource as event_source,
        eventName as event_name,
        awsRegion as aws_region,
        recipientAccountId as recipient_account_id,
        u[1] as identity_type,
        nullif(u[2], '') as principal_id,
        u[3] as principal_arn,
        u[4] as account_id,
        u[5] as user_name,
        nullif(u[6], '') as access_key_id,
        u[7] as invoked_by,
        u[8] as session_issuer_arn,
        try_cast(u[9] as timestamptz) as session_created,
        try_cast(u[10] as boolean) as mfa_authenticated,
        u[11] as source_identity,
        u[12] as on_behalf_of,
        sourceIPAddress as source_ip_address,
        userAgent as user_agent,
        errorCode as error_code,
        errorMessage as error_message,
        requestParameters as request_parameters,
        responseElements as response_elements,
        additionalEventData as additional_event_data,
        serviceEventDetails as service_event_details,
        resources,
        requestID as request_id,
        eventID as event_id,
        sharedEventID as shared_event_id,
        eventType as event_type,
        coalesce(
            eventCategory,
            case try_cast(managementEvent as boolean) when true then 'Management' when false then 'Data' end
        ) as event_category,
        eventVersion as event_version,
        apiVersion as api_version,
        try_cast(readOnly as boolean) as read_only,
        try_cast(managementEvent as boolean) as management_event,
        try_cast(sessionCredentialFromConsole as boolean) as session_credential_from_console,
        vpcEndpointId as vpc_endpoint_id,
        vpcEndpointAccountId as vpc_endpoint_account_id,
        tlsDetails as tls_details,
        insightDetails as insight_details,
        addendum,
        edgeDeviceDetails as edge_device_details,
        eventContext as event_context,
        userIdentity as user_identity,
        unknown,
        flags,
    from identity
)

select
    *  exclude (on_behalf_of, flags),
    case
        when identity_type = 'AssumedRole' then coalesce(split_part(principal_arn, '/', 3), split_part(principal_id, ':', 2))
        when principal_id like '%:%' then split_part(principal_id, ':', 2)
    end as session_name,
    case
        when identity_type in ('AssumedRole', 'Role') then
            coalesce(session_issuer_arn, principal_of_arn(principal_arn), account_id || ':' || principal_id)
        when identity_type = 'AWSService' or (principal_arn is null and invoked_by is not null) then
            'service:' || coalesce(invoked_by, source_ip_address)
        when principal_arn is not null then principal_of_arn(principal_arn)
        when identity_type = 'IAMUser' and user_name is not null then
            'arn:aws:iam::' || account_id || ':user/' || user_name
        when identity_type = 'IdentityCenterUser' then 'identity-center:' || coalesce(on_behalf_of, principal_id)
        when principal_id is not null then coalesce(account_id, 'unknown') || ':' || principal_id
        else account_id
    end as principal,
    case
        when try_cast(additional_event_data ->> '$.callWithBearerToken' as boolean)
            or try_cast(request_parameters ->> '$.callWithBearerToken' as boolean)
            then principal || '#bearer'
        when access_key_id is not null then access_key_id
        when invoked_by is not null or identity_type = 'AWSService' then principal || '#service'
        when principal is not null then principal || '#console'
    end as credential,
    case
        when event_time is null and insight_details is null then
            list_append(coalesce(flags, []), 'no_event_time')
        else flags
    end as flags,
    null::varchar as skip_because,
    case
        when event_source is null and event_name is null and event_type is null then
            'not a CloudTrail event: eventSource, eventName and eventType are missing'
    end as reject_because,
from renamed;
