-- What is new in a prompt: clients send the whole conversation with each prompt, so that its earlier questions stand in the
-- evidence as often as it went on.

create or replace view v_new_block as
select message.* replace (coalesce(message.role, 'user') as role)
from bedrock_message as message
left join v_last_answer as answered
    on answered.artifact_id = message.artifact_id
    and answered.record_no = message.record_no
where message.direction = 'input'
    and message.text is not null
    and (
        message.role = 'system'
        or answered.last_answer is null
        or message.turn_no > answered.last_answer
    );
comment on view v_new_block is 'Blocks of prompts with a text that the model had not answered before, and the system prompt; role is user where none was sent.';
