-- Mail that was sent through SES, by the message id that notifications of it carry (J9). SMTP leaves no such call.

create or replace view v_ses_message as
select
    event_time,
    recipient_account_id as account_id,
    aws_region as region,
    principal,
    credential,
    source_ip_address as source_ip,
    user_agent,
    event_name,
    error_code,
    coalesce(request_parameters ->> '$.fromEmailAddress', request_parameters ->> '$.source') as sender,
    list_concat(
        list_concat(
            coalesce(json_extract_string(request_parameters, '$.destination.toAddresses[*]'), []),
            coalesce(json_extract_string(request_parameters, '$.destination.ccAddresses[*]'), [])
        ),
        list_concat(
            coalesce(json_extract_string(request_parameters, '$.destination.bccAddresses[*]'), []),
            coalesce(json_extract_string(request_parameters, '$.destinations[*]'), [])
        )
    ) as recipients,
    response_elements ->> '$.messageId' as message_id,
    artifact_id,
    record_no
from cloudtrail_event
where event_source = 'ses.amazonaws.com'
    and event_name in (
        'SendEmail',
        'SendRawEmail',
        'SendBulkEmail',
        'SendBulkTemplatedEmail',
        'SendTemplatedEmail',
        'SendCustomVerificationEmail'
    );
comment on view v_ses_message is 'Mail sent through the API of SES, with its recipients and message id.';
