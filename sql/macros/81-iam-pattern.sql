-- Patterns of resources in policies, compared with each other: `*` stands for any text, `?` for one character, and a
-- policy variable such as ${aws:username} for a text that is not known.

-- A pattern whose variables stand for any text.
create or replace macro resource_pattern(pattern) as regexp_replace(pattern, '\$\{[^}]*\}', '*', 'g');

-- A pattern as it is for one identity: its own name and account are known.
create or replace macro own_resource(pattern, principal) as
    replace(
        case
            when contains(principal, ':user/')
                then replace(pattern, '${aws:username}', regexp_extract(principal, '([^/]+)$', 1))
            else pattern
        end,
        '${aws:PrincipalAccount}',
        split_part(principal, ':', 5)
    );

-- Does a pattern cover all that another stands for? The other's wildcards are taken as text, so that what is called
-- covered is; `?` and a wildcard in the other are not compared.
create or replace macro pattern_covers(pattern, other) as
    pattern = other
    or resource_matches(pattern, other)
    and not (contains(pattern, '?') and contains(other, '*'));

-- May two patterns have something in common? Beginnings up to the first wildcard and ends after the last one decide, so
-- that what is called apart is.
create or replace macro patterns_overlap(pattern, other) as
    pattern_covers(pattern, other)
    or pattern_covers(other, pattern)
    or regexp_matches(pattern, '[*?]')
    and regexp_matches(other, '[*?]')
    and (
        starts_with(regexp_extract(pattern, '^[^*?]*'), regexp_extract(other, '^[^*?]*'))
        or starts_with(regexp_extract(other, '^[^*?]*'), regexp_extract(pattern, '^[^*?]*'))
    )
    and (
        ends_with(regexp_extract(pattern, '[^*?]*$'), regexp_extract(other, '[^*?]*$'))
        or ends_with(regexp_extract(other, '[^*?]*$'), regexp_extract(pattern, '[^*?]*$'))
    );

-- How far a pattern reaches: 1.0 for everything, 0.6 for a pattern, 0.3 for one thing. Everything is also every thing of
-- a type in every region, in whatever account.
create or replace macro pattern_reach(pattern) as
    case
        when pattern = '*' then 1.0
        when regexp_full_match(pattern, 'arn:[^:]*:s3:::\*(/\*)?') then 1.0
        when regexp_full_match(pattern, 'arn:[^:]*:[^:]*:\*?:[^:]*:([a-zA-Z-]+[:/])?\*')
            and not starts_with(pattern, 'arn:aws:s3:') then 1.0
        when regexp_matches(pattern, '[*?]') then 0.6
        else 0.3
    end;

-- Keys that the conditions of a statement ask for, in lower case, whatever the operators.
create or replace macro condition_keys(conditions) as
    case
        when json_type(conditions) = 'OBJECT' then list_transform(
            flatten(
                list_transform(
                    json_keys(conditions),
                    lambda operator : coalesce(
                        json_keys(json_extract(conditions, '$."' || replace(operator, '"', '\"') || '"')),
                        []
                    )
                )
            ),
            lambda key : lower(key)
        )
        else []
    end;
