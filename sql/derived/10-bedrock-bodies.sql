-- Large bodies lie beside the log: join them back to their invocation.
--
-- sliced: bedrock_body by body_bytes

-- Which body belongs where is found out without touching a body.
create or replace temp table placed_body as
select
    invocation.rowid as invocation_row,
    body.rowid as body_row,
    body.direction,
from bedrock_invocation as invocation
join bedrock_body as body
    on body.request_id = invocation.request_id
where body.rowid between getvariable('slice_first') and getvariable('slice_last')
    and case body.direction
        when 'input'
            then invocation.input_bytes is null
            and ends_with(body.object_key, regexp_replace(invocation.input_body_s3_path, '^s3://[^/]+/', ''))
        when 'output'
            then invocation.output_bytes is null
            and ends_with(body.object_key, regexp_replace(invocation.output_body_s3_path, '^s3://[^/]+/', ''))
    end;

update bedrock_invocation
set input_body = source.body,
    input_bytes = source.body_bytes
from placed_body
join (
    select
        rowid as body_row,
        body,
        body_bytes,
    from bedrock_body
    where rowid between getvariable('slice_first') and getvariable('slice_last')
) as source
    on source.body_row = placed_body.body_row
where bedrock_invocation.rowid = placed_body.invocation_row
    and placed_body.direction = 'input';

update bedrock_invocation
set output_body = source.body,
    output_bytes = source.body_bytes
from placed_body
join (
    select
        rowid as body_row,
        body,
        body_bytes,
    from bedrock_body
    where rowid between getvariable('slice_first') and getvariable('slice_last')
) as source
    on source.body_row = placed_body.body_row
where bedrock_invocation.rowid = placed_body.invocation_row
    and placed_body.direction = 'output';

drop table placed_body;
