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
