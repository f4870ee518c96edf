-- ---
-- id: h-kms-use
-- version: 1.0.0
-- title: Who used which key of KMS, for what?
-- status: stable
-- description: >-
--   Finds uses of KMS keys by identity and encryption context, which names the object or bucket that was read or
--   written: a third proof of access besides trail and access log. Misses uses that a bucket key or a data key cache
--   saved.
-- requires:
--   cloudtrail_event: needed
-- parameters:
--   key_id: {type: text, default: null, description: part of the id or ARN of the key}
--   principal: {type: text, default: null, description: "ARN, name, or a pattern with * of an identity"}
--   accounts: {type: text, default: null, description: "only these accounts, separated by commas"}
--   regions: {type: text, default: null, description: "only these regions, separated by commas"}
--   case_from: {type: timestamptz, default: null, description: only from here}
--   case_to: {type: timestamptz, default: null, description: only before}
-- references: []
-- changelog:
--   1.0.0: first version
-- ---
select
    coalesce(request_parameters ->> '$.keyId', resources ->> '$[0].ARN', resources ->> '$[0].arn') as key_id,
    event_name as action,
    principal,
    credential,
    invoked_by,
    coalesce(
        request_parameters ->> '$.encryptionContext."aws:s3:arn"',
        request_parameters ->> '$.encryptionContext'
    ) as context,
    min(event_time) as first_seen,
    max(event_time) as last_seen,
    count(*) as event_count,
    count(error_code) as errors,
    distinct_values(error_code) as error_codes,
    distinct_values(source_ip_address) as addresses,
    first_records('cloudtrail_event', event_time, artifact_id, record_no) as records
from cloudtrail_event
where event_source = 'kms.amazonaws.com'
    and ($key_id::varchar is null
        or contains(coalesce(request_parameters ->> '$.keyId', resources::varchar), $key_id::varchar))
    and ($principal::varchar is null
        or principal_matches($principal::varchar, principal)
        or short_name(principal) = $principal::varchar)
    and is_listed(recipient_account_id, $accounts::varchar)
    and is_listed(aws_region, $regions::varchar)
    and in_period(event_time, $case_from::timestamptz, $case_to::timestamptz)
group by
    key_id,
    event_name,
    principal,
    credential,
    invoked_by,
    context
order by
    first_seen,
    key_id,
    action,
    principal,
    credential,
    invoked_by,
    context
