-- ---
-- id: inv-output-exfil-channel
-- version: 1.0.1
-- title: Answer of a model carries data to a foreign host
-- status: stable
-- severity: high
-- element: invocation
-- attack: [T1567, T1041]
-- atlas: [AML.T0077, AML.T0057]
-- description: >-
--   Finds answers with an image or link whose query carries data to a host that is neither ours nor allowed, with a long
--   base64 blob, or with a link to a host that stood in the documents of the same prompt and in no earlier answer of the
--   identity. One finding per answer, or per host and day when there are many. Misses data in the path of a link, in
--   several short links, and in hosts of allowed domains.
-- requires:
--   bedrock_message: needed
--   bedrock_invocation: optional
--   ref_domain: helpful
-- parameters:
--   min_blob: {type: integer, default: 400, description: characters of base64 in a row}
--   max_answers: {type: integer, default: 20, description: answers to one host and day that are findings of their own; more of them are one}
--   case_from: {type: timestamptz, default: case, description: start of the period of interest}
--   base_to: {type: timestamptz, default: case, description: end of the baseline; the start of the case when empty}
-- false_positives:
--   - Signed download links of the own application; list its domain in reference/domain.csv.
-- references:
--   - https://genai.owasp.org/llmrisk/llm022025-sensitive-information-disclosure/
-- changelog:
--   1.0.1: the same rows, faster
--   1.0.0: first version
-- ---
with answer as (
    select
        artifact_id,
        record_no,
        message_no,
        event_time,
        principal,
        model_id,
        text
    from bedrock_message
    where direction = 'output'
        and block_type in ('text', 'other', 'tool_use', 'reasoning')
        and text is not null
        and event_time is not null
),
-- The same words are judged once, however often they were answered; kept, so that no filter moves below the distinct.
wording_text as materialized (
    select distinct text
    from answer
    where contains(text, '://')
        or length(text) >= $min_blob::bigint
),
wording as materialized (
    select
        text,
        regexp_extract_all(text, rx_exfil_any()) as carrier,
        regexp_matches(text, rx_exfil_md_image()) as is_image,
        regexp_extract_all(text, '[A-Za-z0-9+/]{50,}={0,2}') as blob,
        url_hosts(text) as host
    from wording_text
),
allowed as (
    select distinct lower(domain) as domain
    from ref_domain
    where class in ('own', 'allowed')
        and domain <> ''
),
named_host as (
    select
        host,
        coalesce(
            bool_or(host = allowed.domain or ends_with(host, '.' || allowed.domain)),
            false
        ) as is_allowed
    from (
        select distinct unnest(host) as host
        from wording
    )
    left join allowed
        on true
    group by host
),
allowed_host as (
    select coalesce(list(host order by host), []) as names
    from named_host
    where is_allowed
),
judged as (
    select
        wording.text,
        wording.is_image,
        list_filter(
            wording.host,
            lambda name : not list_contains(allowed_host.names, name)
        ) as foreign_host,
        -- What carries data, with the host that it goes to.
        list_filter(
            list_transform(
                wording.carrier,
                lambda piece : {'piece': piece, 'host': url_hosts(piece)[1]}
            ),
            lambda each : each.host is not null
                and not list_contains(allowed_host.names, each.host)
        ) as carrier,
        list_filter(
            wording.blob,
            lambda piece : length(piece) >= $min_blob::bigint
        ) as blob
    from wording
    cross join allowed_host
),
candidate as (
    select
        answer.*,
        judged.carrier,
        judged.blob,
        judged.is_image,
        judged.foreign_host
    from answer
    join judged
        on judged.text = answer.text
    where len(judged.carrier) > 0
        or len(judged.blob) > 0
        or len(judged.foreign_host) > 0
),
-- Hosts that an identity answered with before: what it always links to is no channel.
linked as (
    select
        principal,
        host,
        min(event_time) as first_linked
    from (
        select
            principal,
            event_time,
            unnest(foreign_host) as host
        from candidate
    )
    group by
        principal,
        host
),
context as (
    select
        message.artifact_id,
        message.record_no,
        lower(
            string_agg(
                case
                    when message.block_type in ('tool_result', 'document') then message.text
                    else context_words(message.text)
                end,
                ' '
                order by message.message_no
            )
        ) as text
    from bedrock_message as message
    where message.direction = 'input'
        and coalesce(message.role, 'user') in ('user', 'tool')
        and message.text is not null
        and (message.artifact_id, message.record_no) in (
            select artifact_id, record_no
            from candidate
            where len(foreign_host) > 0
        )
    group by
        message.artifact_id,
        message.record_no
),
echo as (
    select
        candidate.artifact_id,
        candidate.record_no,
        candidate.message_no,
        min(linked.host) as host
    from (
        select
            artifact_id,
            record_no,
            message_no,
            principal,
            event_time,
            unnest(foreign_host) as host
        from candidate
    ) as candidate
    join linked
        on linked.principal is not distinct from candidate.principal
        and linked.host = candidate.host
    join context
        on context.artifact_id = candidate.artifact_id
        and context.record_no = candidate.record_no
    where contains(context.text, candidate.host)
        and linked.first_linked >= coalesce($base_to::timestamptz, $case_from::timestamptz)
    group by
        candidate.artifact_id,
        candidate.record_no,
        candidate.message_no
),
hit as (
    select
        candidate.artifact_id,
        candidate.record_no,
        candidate.message_no,
        candidate.event_time,
        candidate.principal,
        candidate.model_id,
        coalesce(candidate.carrier[1].host, echo.host) as host,
        list_filter(
            [
                case
                    when len(candidate.carrier) > 0
                    then case when candidate.is_image then 'image with data' else 'link with data' end
                end,
                case when len(candidate.blob) > 0 then 'base64 blob' end,
                case when echo.host is not null then 'host from the documents' end
            ],
            lambda term : term is not null
        ) as term,
        masked_piece(
            candidate.text,
            coalesce(candidate.carrier[1].piece, candidate.blob[1], echo.host)
        ) as piece
    from candidate
    left join echo
        on echo.artifact_id = candidate.artifact_id
        and echo.record_no = candidate.record_no
        and echo.message_no = candidate.message_no
    where len(candidate.carrier) > 0
        or len(candidate.blob) > 0
        or echo.host is not null
),
attributed as (
    select
        hit.*,
        day_of(hit.event_time) as day,
        end_user(invocation.request_metadata) as end_user,
        invocation.region,
        invocation.account_id,
        invocation.request_id,
        count(*) over (
            partition by hit.principal, hit.host, day_of(hit.event_time)
        ) as answers_of_day
    from hit
    left join bedrock_invocation as invocation
        on invocation.artifact_id = hit.artifact_id
        and invocation.record_no = hit.record_no
),
grouped as (
    select
        *,
        case
            when answers_of_day <= $max_answers::bigint then row(artifact_id, record_no, message_no)
        end as single
    from attributed
),
finding as (
    select
        principal,
        host,
        day,
        single,
        min(event_time) as first_seen,
        max(event_time) as last_seen,
        count(*) as answers,
        list_sort(
            list_distinct(flatten(list(term order by event_time, artifact_id, record_no, message_no)))
        ) as term,
        distinct_values(end_user) as end_user,
        distinct_values(model_id) as model,
        distinct_values(region) as region,
        min(account_id) as account_id,
        min(request_id) as request_id,
        arg_min(
            {
                'table': 'bedrock_invocation',
                'artifact_id': artifact_id,
                'record_no': record_no,
                'message_no': message_no,
                'offset': piece."offset",
                'length': piece.length,
                'sha256': piece.sha256,
                'last4': piece.last4
            },
            row(event_time, artifact_id, record_no, message_no),
            5
        ) as sample,
        arg_min(
            {'table': 'bedrock_invocation', 'artifact_id': artifact_id, 'record_no': record_no},
            row(event_time, artifact_id, record_no, message_no),
            200
        ) as records
    from grouped
    group by
        principal,
        host,
        day,
        single
)
select
    case when host is null then 'principal' else 'host' end as entity_type,
    coalesce(host, principal, 'unknown') as entity,
    'high' as severity,
    first_seen,
    last_seen,
    answers as event_count,
    counted(answers, 'answer') || ' to ' || short_name(principal)
    || case when answers = 1 then ' carries data' else ' carry data' end
    || coalesce(' to ' || host, '') || ' (' || array_to_string(term, ', ') || ') at '
    || moment(first_seen) || case when answers > 1 then ' and later' else '' end as summary,
    records,
    principal as actor,
    case when len(region) = 1 then region[1] end as region,
    account_id,
    {
        'answers': answers,
        'host': host,
        'terms': term,
        'end_users': list_slice(end_user, 1, 20),
        'models': list_slice(model, 1, 20),
        'request_id': case when answers = 1 then request_id end,
        'samples': sample
    } as metrics,
    answers as record_total
from finding
order by
    first_seen,
    entity,
    actor,
    single
