-- Prompts to Amazon Q and what came back.

create table if not exists q_prompt (
    artifact_id bigint not null,
    record_no bigint not null,
    event_time timestamptz,
    service varchar,
    operation varchar,
    account_id varchar,
    application_id varchar,
    user_id varchar,
    conversation_id varchar,
    request_id varchar,
    prompt varchar,
    answer varchar,
    answers varchar[],
    file_name varchar,
    customization_arn varchar,
    blocked boolean,
    details json,
    flags varchar[],
);
comment on table q_prompt is 'One exchange of the prompt log of Amazon Q Developer or the conversation log of Amazon Q Business.';
comment on column q_prompt.service is 'q_developer or q_business.';
comment on column q_prompt.operation is 'Q Developer: GenerateAssistantResponse, GenerateCompletions, StartTaskAssistCodeGeneration; Q Business: Message or Feedback.';
comment on column q_prompt.prompt is 'What the user wrote; for a code completion the text left and right of the cursor.';
comment on column q_prompt.answer is 'What Q wrote; of several suggestions the first.';
comment on column q_prompt.details is 'The rest of the record.';
