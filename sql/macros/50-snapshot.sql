-- Times, answers of APIs and the folders that collectors put them in.

-- A time in any of the forms of AWS: epoch seconds (the CLI v1), milliseconds, microseconds or nanoseconds, or a date
-- with a time; without an offset it is UTC. Null for everything else, never an error.
create or replace macro instant_of(text) as
    case
        when regexp_full_match(text, '[0-9]{1,19}(\.[0-9]+)?([eE]\+?[0-9]{1,2})?') then try(
            make_timestamptz(
                (
                    try_cast(text as double) * case
                        when try_cast(text as double) < 1e11 then 1e6
                        when try_cast(text as double) < 1e14 then 1e3
                        when try_cast(text as double) < 1e17 then 1
                        else 1e-3
                    end
                )::bigint
            )
        )
        when regexp_full_match(text, '[0-9]{4}-[0-9]{2}-[0-9]{2}.*')
            then try_cast(text as timestamptz)
    end;

-- The parts of a path that ends with <time>/<region>/<service>/<operation>[.<resource>].json; '' for what is missing.
create or replace macro collected(name) as
    regexp_extract(
        name,
        '(?:^|/)([0-9]{4}-?[0-9]{2}-?[0-9]{2}[T_ ]?[0-9:-]*Z?)/((?:[a-z]{2}(?:-[a-z]+)+-[0-9]+)|global|aws-global)'
        || '/([a-z0-9-]+)/([A-Za-z0-9-]+)(?:\.(.+?))?\.(?:json|jsonl|csv|txt)(?:\.gz)?$',
        ['time', 'region', 'service', 'operation', 'resource']
    );

-- When an answer was collected, by the folder of its file: 2026-03-11T09-00, 20260311T090000Z, 2026-03-11.
create or replace macro collected_at(name) as
    try_strptime(
        rpad(regexp_replace(struct_extract(collected(name), 'time'), '[^0-9]', '', 'g'), 14, '0'),
        '%Y%m%d%H%M%S'
    )::timestamptz;

-- Region of the folder; null when it is none.
create or replace macro collected_region(name) as
    nullif(nullif(nullif(struct_extract(collected(name), 'region'), ''), 'global'), 'aws-global');

-- What the answer is about: the part of the file name after the operation, percent-decoded.
create or replace macro collected_resource(name) as
    nullif(percent_decoded(struct_extract(collected(name), 'resource')), '');

-- Account of the first ARN that a key called …Arn, …ARN or …arn holds; null when none does.
create or replace macro account_of_record(record) as
    nullif(
        regexp_extract(
            record::varchar,
            '"[A-Za-z]*(?:Arn|ARN|arn)"\s*:\s*"arn:aws[a-z-]*:[a-z0-9-]*:[a-z0-9-]*:([0-9]{12}):',
            1
        ),
        ''
    );

-- A JSON value as a list of texts: an array by its elements, anything else as the only one; null stays null.
create or replace macro texts_of(value) as
    case
        when value is null or json_type(value) = 'NULL' then null
        when json_type(value) = 'ARRAY' then json_extract_string(value, '$[*]')
        else [json_extract_string(value, '$')]
    end;

-- Text of a base64 value, or null when it is not base64 of UTF-8 text.
create or replace macro text_of_base64(value) as try(decode(from_base64(value)));

-- Whether a JSON value is an object, an array or a text, without parsing it: cheap for large values.
create or replace macro is_object(value) as starts_with(ltrim(value::varchar), '{');
create or replace macro is_array(value) as starts_with(ltrim(value::varchar), '[');
create or replace macro is_text(value) as starts_with(ltrim(value::varchar), '"');

-- A policy document as an object: AWS gives it as one, as text, or as percent-encoded text. Null when it is none.
create or replace macro policy_document(value) as
    case
        when is_object(value) then value
        when is_text(value) then try_cast(
            case
                when starts_with(ltrim(json_extract_string(value, '$')), '{')
                    then json_extract_string(value, '$')
                else percent_decoded(json_extract_string(value, '$'))
            end as json
        )
    end;

-- Principals of a policy statement as texts: '*', 'AWS:arn:aws:iam::111122223333:root', 'Service:lambda.amazonaws.com'.
create or replace macro principals_of(value) as
    case json_type(value)
        when 'OBJECT' then flatten(
            list_transform(
                json_keys(value),
                lambda kind : list_transform(
                    coalesce(texts_of(json_extract(value, '$."' || replace(kind, '"', '\"') || '"')), []),
                    lambda name : kind || ':' || name
                )
            )
        )
        else texts_of(value)
    end;

-- Fields of one line of comma-separated text (RFC 4180).
create or replace macro csv_fields(line) as
    list_transform(
        regexp_extract_all(line || ',', '("(?:[^"]|"")*"|[^,]*),', 1),
        lambda field : case
            when starts_with(field, '"') then replace(trim(field, '"'), '""', '"')
            else field
        end
    );

-- What an answer is about, also by a file that is only called after its operation: head-object.bucket%2Fkey.json.
create or replace macro answer_resource(name) as
    coalesce(
        collected_resource(name),
        nullif(
            percent_decoded(
                regexp_extract(
                    name,
                    '(?:^|/)(?:[a-z0-9-]+-)?(?:get|list|describe|head)-[a-z0-9-]+[._]([^/]*)\.json(?:\.gz)?$',
                    1
                )
            ),
            ''
        )
    );

-- An object of names and values; names beyond the values and values beyond the names are left out. Null when a name
-- occurs twice.
create or replace macro object_of(names, texts) as
    try(
        to_json(
            map(
                names[1:least(len(names), len(texts))],
                texts[1:least(len(names), len(texts))]
            )
        )
    );

-- What an object has beside some keys; null when that is nothing, and for what is no object. (json_merge_patch would do
-- the same, and overflows the stack on deep values.)
create or replace macro without_keys(value, known) as
    case
        when len(list_filter(json_keys(value), lambda name : not list_contains(known, name))) > 0
            then coalesce(
            try(
                to_json(
                    map_from_entries(
                        list_transform(
                            list_filter(json_keys(value), lambda name : not list_contains(known, name)),
                            lambda name : (
                                name,
                                coalesce(
                                    json_extract(value, '/' || replace(replace(name, '~', '~0'), '/', '~1')),
                                    'null'::json
                                )
                            )
                        )
                    )
                )
            ),
            -- A key occurs twice: better all of it than an error.
            value
        )
    end;
