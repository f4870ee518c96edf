-- Figures in sentences: the same on every machine.

-- "1 object", "1,080 objects".
create or replace macro counted(number, noun) as
    format('{:,} ', number::bigint) || noun || case when number = 1 then '' else 's' end;

-- A moment in UTC to the second.
create or replace macro moment(instant) as
    strftime(instant at time zone 'UTC', '%Y-%m-%d %H:%M:%S');

-- A list of names, cut after the first ones.
create or replace macro named(names) as
    array_to_string(list_slice(names, 1, 6), ', ')
    || case when len(names) > 6 then ' and ' || (len(names) - 6) || ' more' else '' end;

-- The different values of a group, sorted, without null; an empty list when there is none.
create or replace macro distinct_values(value) as
    coalesce(list_sort(list(distinct value) filter (value is not null)), []);
