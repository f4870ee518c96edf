-- An export to S3 has the id of its task in the path; describe-export-tasks says which log group it was.

update cloudwatch_log_event
set log_group = task.log_group
from (
    select
        task ->> '$.taskId' as task_id,
        any_value(task ->> '$.logGroupName') as log_group,
    from (
        select unnest(json_elements(json_extract(json, '$.exportTasks'))) as task
        from api_snapshot
        where operation = 'describe-export-tasks'
            or json_exists(json, '$.exportTasks')
    )
    group by task_id
    having count(distinct task ->> '$.logGroupName') = 1
) as task
join artifact
    on contains(artifact.original, '/' || task.task_id || '/')
where cloudwatch_log_event.artifact_id = artifact.artifact_id
    and cloudwatch_log_event.log_group is null;
