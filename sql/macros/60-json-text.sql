-- Text inside JSON of any shape.

-- The elements of an array, a single value as a list of one, nothing for null.
create or replace macro json_elements(value) as
    case json_type(value)
        when 'ARRAY' then from_json(value, '["JSON"]')
        when 'NULL' then []::json[]
        else case when value is null then []::json[] else [value] end
    end;

-- Every string of a value that is no key, in the order in which the text has them. It reads the text and not the
-- tree, so that no depth of nesting makes it slow.
create or replace macro json_strings(value) as
    list_transform(
        list_filter(
            regexp_extract_all(value::varchar, '"(?:[^"\\]|\\.)*"(?:\s*:)?'),
            lambda literal : not ends_with(literal, ':')
        ),
        lambda literal : literal::json ->> '$'
    );

-- A string that carries a picture or a file and no words: base64 of some length, or a data URI of it.
create or replace macro is_media(string) as
    strlen(string) > 256
    and regexp_full_match(string, '(?:data:[^,]{0,200},)?[A-Za-z0-9+/=_\r\n-]+');

-- The words of a value: itself when it is a string, else all strings inside it but media, one a line.
create or replace macro json_words(value) as
    case json_type(value)
        when 'VARCHAR' then value ->> '$'
        else nullif(
            array_to_string(list_filter(json_strings(value), lambda string : not is_media(string)), chr(10)),
            ''
        )
    end;
