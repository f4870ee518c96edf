-- ---
-- id: acc-principal-sprawl
-- version: 1.0.0
-- title: Identities under the attacker's control multiply
-- status: stable
-- severity: high
-- element: access
-- attack: [T1078.004, T1136.003]
-- atlas: [AML.T0012]
-- description: >-
--   Finds how far the attacker got: starting from what reference/ioc.csv names, all identities that were made by, issued by,
--   assumed by or used from the same outside addresses as identities already held, until nothing new comes; a finding when
--   there are several. The metrics list each identity with its first use and the step that led to it. Misses steps that no
--   record names, and addresses of our own, which many share.
-- requires:
--   cloudtrail_event: needed
--   v_flagged: optional
-- preconditions:
--   - query: select count(*) > 0 from v_flagged
--     otherwise: not_evaluable
--     reason: nobody is known to be the attacker; name a key, an identity or an address in reference/ioc.csv
-- parameters:
--   min_principals: {type: integer, default: 3, description: identities from which it is a finding}
-- false_positives:
--   - A named address that is shared with others, such as a café or a provider of many customers.
-- references:
--   - https://www.sysdig.com/blog/ai-assisted-cloud-intrusion-achieves-admin-access-in-8-minutes
-- changelog:
--   1.0.0: first version
-- ---
with flag as materialized (
    select
        kind,
        value,
        since,
        via
    from v_flagged
),
use as (
    select
        event.principal,
        event.credential,
        flag.since,
        flag.via,
        min(event.event_time) as first_use,
        -- A leaked key has a life of its own; its misuse begins at an address of the attacker.
        min(event.event_time) filter (
            event.source_ip_address in (select value from flag where kind = 'address')
        ) as first_misuse,
        max(event.event_time) as last_use,
        count(*) as event_count,
        count(event.error_code) as error_count,
        min(event.recipient_account_id) as account_id
    from flag
    join cloudtrail_event as event
        on event.credential = flag.value
        and event.event_time >= flag.since - interval 1 second
    where flag.kind = 'credential'
    group by
        event.principal,
        event.credential,
        flag.since,
        flag.via
),
credential as (
    select
        *,
        coalesce(first_misuse, first_use) as first_seen
    from use
),
evidence as (
    select
        credential.credential,
        arg_min(
            {
                'table': 'cloudtrail_event',
                'artifact_id': event.artifact_id,
                'record_no': event.record_no
            },
            row(event.event_time, event.artifact_id, event.record_no)
        ) as record,
        min(event.event_time) as event_time
    from credential
    join cloudtrail_event as event
        on event.credential = credential.credential
        and event.event_time >= credential.first_seen
    where credential.first_misuse is null
        or event.source_ip_address in (select value from flag where kind = 'address')
    group by credential.credential
),
identity as (
    select
        principal,
        min(credential.first_seen) as first_seen,
        max(credential.last_use) as last_seen,
        sum(credential.event_count)::bigint as event_count,
        sum(credential.error_count)::bigint as error_count,
        min(credential.account_id) as account_id,
        arg_min(credential.via, row(credential.since, credential.via)) as via,
        distinct_values(credential.credential) as credential
    from credential
    group by principal
)
select
    'case' as entity_type,
    'identities under control' as entity,
    'high' as severity,
    min(first_seen) as first_seen,
    max(last_seen) as last_seen,
    sum(event_count)::bigint as event_count,
    count(*) || ' identities are under the attacker''s control: '
    || string_agg(short_name(principal), ', ' order by first_seen, principal) as summary,
    (
        select list(record order by event_time, record.artifact_id, record.record_no)
        from evidence
    ) as records,
    min(account_id) as account_id,
    {
        'principals': count(*),
        'identities': list(
            {
                'principal': principal,
                'credentials': credential,
                'first_seen': first_seen,
                'last_seen': last_seen,
                'events': event_count,
                'errors': error_count,
                'via': via
            }
            order by first_seen, principal
        ),
        'addresses': (select list(value order by value) from flag where kind = 'address')
    } as metrics
from identity
having count(*) >= $min_principals::bigint
order by first_seen
