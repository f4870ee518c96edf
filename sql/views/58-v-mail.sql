-- Mails that SES was asked to send, as its data events in CloudTrail tell: how many recipients, and in which domains.
-- Addresses themselves stay in the record. Own domains are those of class own in reference/domain.csv, with all below
-- them; while none is known, nobody is called outside. Mails over SMTP leave no event.

create or replace view v_mail as
with own as materialized (
    select coalesce(list(lower(domain)), []) as domains
    from ref_domain
    where class = 'own'
),
sending as (
    select
        event_time,
        event_name,
        principal,
        credential,
        session_name,
        source_ip_address,
        user_agent,
        aws_region,
        recipient_account_id,
        error_code,
        list_filter(
            list_transform(
                list_concat(
                    coalesce(json_extract_string(request_parameters, '$.destination.toAddresses[*]'), []),
                    coalesce(json_extract_string(request_parameters, '$.destination.ccAddresses[*]'), []),
                    coalesce(json_extract_string(request_parameters, '$.destination.bccAddresses[*]'), []),
                    coalesce(json_extract_string(request_parameters, '$.destinations[*]'), []),
                    coalesce(json_extract_string(request_parameters, '$.destinations[*].destination.toAddresses[*]'), []),
                    coalesce(
                        json_extract_string(request_parameters, '$.bulkEmailEntries[*].destination.toAddresses[*]'),
                        []
                    )
                ),
                lambda address : lower(regexp_extract(address, '^[^{}]*@([^@>\s{}]+)>?\s*$', 1))
            ),
            lambda domain : domain <> ''
        ) as recipient_domain,
        artifact_id,
        record_no
    from cloudtrail_event
    where event_source = 'ses.amazonaws.com'
        and starts_with(event_name, 'Send')
)
select
    sending.* exclude (recipient_domain),
    len(recipient_domain)::bigint as recipients,
    case
        when len(own.domains) > 0
            then len(
                list_filter(
                    recipient_domain,
                    lambda domain : len(
                        list_filter(
                            own.domains,
                            lambda own_domain : domain = own_domain or ends_with(domain, '.' || own_domain)
                        )
                    ) = 0
                )
            )::bigint
    end as outside_recipients,
    list_sort(list_distinct(recipient_domain)) as domains
from sending
cross join own;
comment on view v_mail is 'Mails that SES was asked to send, with the number of recipients and of those outside own domains.';
