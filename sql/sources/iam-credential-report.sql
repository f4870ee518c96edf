-- ---
-- id: iam_credential_report
-- version: 1.0.0
-- title: IAM credential report (CSV)
-- recognises:
--   csv: '^"?user"?,"?arn"?,"?user_creation_time"?,'
-- name: true
-- emits: [iam_credential_report]
-- caveats:
--   - AWS makes a report at most every four hours.
--   - It has neither ids of access keys nor Bedrock API keys.
-- references:
--   - https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_getting-report.html
-- ---
-- sql/derived/54-iam-credential-report.sql fills the columns, for these rows and for those inside answers of the API.
select
    artifact_id,
    record_no,
    1 as row_no,
    collected_at(_name) as collected_at,
    record as json,
    flags,
    null::varchar as skip_because,
    case
        when (record ->> '$.user') is null and (record ->> '$.arn') is null
            then 'not a user: user and arn are empty'
    end as reject_because,
from framed;
