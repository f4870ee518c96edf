-- Who acted, as CloudTrail saw it: one row per identity, credential and session.

create or replace view v_actor as
select
    principal,
    credential,
    session_name,
    account_id,
    identity_type,
    min(event_time) as first_seen,
    max(event_time) as last_seen,
    count(*) as event_count,
    count(error_code) as error_count,
    count(*) filter (read_only is false) as change_count,
    count(distinct source_ip_address) as address_count,
    count(distinct event_source) as service_count
from cloudtrail_event
group by
    principal,
    credential,
    session_name,
    account_id,
    identity_type;
comment on view v_actor is 'One row per principal, credential, session name, account and identity type of CloudTrail.';
