-- ---
-- id: h-identity-ip-matrix
-- version: 1.0.0
-- title: Which identities used which addresses?
-- status: stable
-- description: >-
--   Finds each pair of identity and address in CloudTrail and in S3 access logs, with counts and first and last use, how
--   many identities share the address and how many addresses the identity has, and whether the pair was there before the
--   period of interest. Misses calls that services make in the name of an identity.
-- requires:
--   cloudtrail_event: helpful
--   s3_access: helpful
--   ref_cidr: helpful
-- parameters:
--   min_count: {type: integer, default: 1, description: requests of a pair at least}
--   only_new: {type: boolean, default: false, description: only pairs that the baseline does not have}
--   base_from: {type: timestamptz, default: case, description: start of the time of known good behaviour}
--   case_from: {type: timestamptz, default: case, description: start of the period of interest}
--   case_to: {type: timestamptz, default: case, description: end of the period of interest}
--   accounts: {type: text, default: null, description: "only these accounts, separated by commas"}
--   regions: {type: text, default: null, description: "only these regions, separated by commas"}
-- references: []
-- changelog:
--   1.0.0: first version
-- ---
with visit as (
    select
        principal,
        source_ip_address as address,
        'cloudtrail_event' as source,
        event_time,
        artifact_id,
        record_no
    from cloudtrail_event
    where principal is not null
        and source_ip_address is not null
        and is_listed(recipient_account_id, $accounts::varchar)
        and is_listed(aws_region, $regions::varchar)
        and in_period(event_time, $base_from::timestamptz, $case_to::timestamptz)
    union all
    select
        coalesce(principal, requester, 'anonymous'),
        remote_ip,
        's3_access',
        event_time,
        artifact_id,
        record_no
    from s3_access
    where remote_ip is not null
        and in_period(event_time, $base_from::timestamptz, $case_to::timestamptz)
),
pair as (
    select
        principal_key(principal) as principal,
        address,
        min(event_time) as first_seen,
        max(event_time) as last_seen,
        count(*) as event_count,
        count(*) filter (source = 's3_access') as s3_log_lines,
        count(*) filter (event_time < $case_from::timestamptz) as before,
        arg_min(
            {'table': source, 'artifact_id': artifact_id, 'record_no': record_no},
            row(event_time, artifact_id, record_no),
            20
        ) as records
    from visit
    group by
        principal_key(principal),
        address
)
select
    principal,
    address,
    ip_class(address) as address_class,
    first_seen,
    last_seen,
    event_count,
    s3_log_lines,
    count(*) over (partition by address) as identities_of_address,
    count(*) over (partition by principal) as addresses_of_identity,
    case when $case_from::timestamptz is not null then before = 0 end as is_new,
    records
from pair
where event_count >= $min_count::bigint
    and (not $only_new::boolean or before = 0)
order by
    identities_of_address desc,
    address,
    first_seen,
    principal
