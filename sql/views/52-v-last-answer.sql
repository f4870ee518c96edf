-- How far a conversation had come when a prompt was sent: clients send all of it again with each prompt, so that only what
-- follows the last answer of the model is new.

create or replace view v_last_answer as
select
    artifact_id,
    record_no,
    max(turn_no) as last_answer
from bedrock_message
where direction = 'input'
    and role = 'assistant'
group by
    artifact_id,
    record_no
-- Without a turn there is nothing to compare. DuckDB, which cannot know that few blocks are answers, also takes from it that
-- these rows and not the texts of all prompts belong into the memory of a join.
having max(turn_no) is not null;
comment on view v_last_answer is 'Invocations whose prompt holds earlier answers, with the turn of the last one (turn_no of bedrock_message).';
