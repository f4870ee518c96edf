-- Percent-encoded text as it was; text whose bytes are no UTF-8 when decoded stays as it is written.
create or replace macro percent_decoded(text) as coalesce(try(url_decode(text)), text);

-- The same for keys in the way of HTML forms, where a plus is a blank.
create or replace macro form_decoded(text) as coalesce(try(url_decode(replace(text, '+', ' '))), text);
