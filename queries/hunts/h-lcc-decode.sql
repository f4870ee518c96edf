-- ---
-- id: h-lcc-decode
-- version: 1.0.0
-- title: What do the scripts of notebooks, instances and studios do?
-- status: stable
-- description: >-
--   Finds lifecycle scripts, user data and entry points in calls and collected answers, decodes them, and names
--   addresses, URLs and suspicious commands in them. The script itself is shown on demand. Misses scripts that a bucket
--   or an image holds.
-- requires:
--   cloudtrail_event: helpful
--   api_snapshot: helpful
-- parameters:
--   resource: {type: text, default: null, description: part of the name of the resource}
--   show_script: {type: boolean, default: false, description: show the whole script}
--   case_from: {type: timestamptz, default: null, description: only from here}
--   case_to: {type: timestamptz, default: null, description: only before}
-- references: []
-- changelog:
--   1.0.0: first version
-- ---
with source as (
    select
        event_time,
        'cloudtrail_event' as source,
        coalesce(
            request_parameters ->> '$.notebookInstanceLifecycleConfigName',
            request_parameters ->> '$.studioLifecycleConfigName',
            request_parameters ->> '$.instanceId',
            response_elements ->> '$.instancesSet.items[0].instanceId',
            event_resource(request_parameters, resources)
        ) as resource,
        event_name as seen_in,
        principal,
        source_ip_address as source_ip,
        request_parameters as body,
        artifact_id,
        record_no
    from cloudtrail_event
    where event_name in (
            'CreateNotebookInstanceLifecycleConfig',
            'UpdateNotebookInstanceLifecycleConfig',
            'CreateStudioLifecycleConfig',
            'RunInstances',
            'ModifyInstanceAttribute',
            'CreateLaunchTemplate',
            'CreateLaunchTemplateVersion'
        )
        and in_period(event_time, $case_from::timestamptz, $case_to::timestamptz)
    union all
    select
        collected_at,
        'api_snapshot',
        coalesce(
            json ->> '$.NotebookInstanceLifecycleConfigName',
            json ->> '$.StudioLifecycleConfigName',
            resource
        ),
        operation,
        null,
        null,
        json,
        artifact_id,
        record_no
    from api_snapshot
    where operation in (
            'describe-notebook-instance-lifecycle-config',
            'describe-studio-lifecycle-config',
            'describe-instance-attribute'
        )
        and error_code is null
),
part as (
    select
        *,
        unnest(
            list_filter(
                [
                    {'name': 'on create', 'value': coalesce(body ->> '$.onCreate[0].content', body ->> '$.OnCreate[0].Content')},
                    {'name': 'on start', 'value': coalesce(body ->> '$.onStart[0].content', body ->> '$.OnStart[0].Content')},
                    {
                        'name': 'studio',
                        'value': coalesce(
                            body ->> '$.studioLifecycleConfigContent',
                            body ->> '$.StudioLifecycleConfigContent'
                        )
                    },
                    {
                        'name': 'user data',
                        'value': coalesce(
                            body ->> '$.userData',
                            body ->> '$.userData.value',
                            body ->> '$.UserData.Value'
                        )
                    }
                ],
                lambda one : one.value is not null
            )
        ) as part
    from source
),
script as (
    select
        *,
        coalesce(text_of_base64(part.value), part.value) as script
    from part
)
select
    event_time,
    source,
    resource,
    seen_in,
    part.name as part,
    principal,
    source_ip,
    len(script) as characters,
    sha256(script) as sha256,
    list_sort(list_distinct(regexp_extract_all(script, '\b[0-9]{1,3}(?:\.[0-9]{1,3}){3}(?:[:/ ][0-9]{2,5})?\b'))) as addresses,
    list_sort(list_distinct(regexp_extract_all(script, 'https?://[^\s"''<>]+'))) as urls,
    list_sort(
        list_distinct(
            regexp_extract_all(
                script,
                '(?i)/dev/tcp/|\bnc\b|\bncat\b|\bcurl\b|\bwget\b|base64 -d|\bnohup\b|\bcrontab\b|\bpython3? -c|bash -i'
                || '|security-credentials|authorized_keys|\bchmod \+x'
            )
        )
    ) as commands,
    regexp_matches(script, rx_lcc_script()) as is_suspicious,
    case when $show_script::boolean then script end as script,
    artifact_id,
    record_no
from script
where $resource::varchar is null
    or contains(lower(resource), lower($resource::varchar))
order by
    event_time,
    source,
    artifact_id,
    record_no,
    part
