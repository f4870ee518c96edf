-- What hunts ask again and again.

-- Is a value one of those that the analyst listed, separated by commas? Nothing listed means all.
create or replace macro is_listed(value, names) as
    names is null
    or list_contains(list_transform(string_split(names, ','), lambda name : trim(name)), value);

-- Does a moment lie in a period? A bound that is null is open; the end does not belong to it.
create or replace macro in_period(instant, since, until) as
    (since is null or instant >= since)
    and (until is null or instant < until);

-- The first records of a group, in the order of time.
create or replace macro first_records(kind, instant, artifact, record) as
    arg_min(
        {'table': kind, 'artifact_id': artifact, 'record_no': record},
        row(instant, artifact, record),
        200
    );

-- What a prompt or an answer is shown as: its text on demand, else its length and the beginning of its hash, which tell
-- equal texts from different ones.
create or replace macro shown_text(content, show_text, characters) as
    case
        when content is null then null
        when show_text then left(content, characters)
        else '[' || counted(len(content), 'character') || ', sha256 ' || left(sha256(content), 12) || ']'
    end;

-- A user agent without its versions and without the brackets that S3 puts around it, so that one tool is one line.
create or replace macro tool_of(user_agent) as
    regexp_replace(
        regexp_replace(user_agent, '^\[(.*)\]$', '\1'),
        '([/ #@])v?[0-9][0-9A-Za-z._+-]*',
        '\1*',
        'g'
    );

-- The identities of a table or view, named by its name, that the analyst means: by ARN, by name, or by a pattern with *. None
-- when nothing was asked, which then costs nothing.
create or replace macro principals_named(events, asked) as table
select principal
from (select distinct principal from query_table(events) where asked is not null)
where principal_matches(asked, principal)
    or short_name(principal) = asked;

-- Its addresses (source_ip) that are the one or lie in the block that the analyst means.
create or replace macro addresses_within(events, asked) as table
select address.source_ip
from (select distinct source_ip from query_table(events) where asked is not null) as address
cross join (select asked as block) as given
where address.source_ip = given.block
    or cidr_contains(given.block, address.source_ip);

-- How many of the calls (principal, event_time) of each identity fell into one second at most.
create or replace macro calls_at_once(calls) as table
select
    principal,
    max(together) as concurrency
from (
    select
        principal,
        second_of(event_time) as second,
        count(*) as together
    from query_table(calls)
    group by
        principal,
        second
)
group by principal;
