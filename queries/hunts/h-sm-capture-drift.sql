-- ---
-- id: h-sm-capture-drift
-- version: 1.0.0
-- title: Did what an endpoint is asked and what it answers change at a moment?
-- status: stable
-- description: >-
--   Finds for each feature of the captured requests and answers of a SageMaker endpoint how its values before a moment
--   differ from those after it: population stability index (PSI, over the tenths of the values before), Kolmogorov-Smirnov
--   distance with its p-value, means, medians, and the histogram of both sides. Features are the columns of CSV and the
--   places of values in JSON. Texts of many values are compared by their length. The moment is the last UpdateEndpoint
--   when none is given. An endpoint that cannot be compared is one row that says why. Misses requests that were not
--   captured (capture samples), binary payloads and batch transform.
-- requires:
--   sagemaker_capture: needed
--   v_sagemaker_deployment: helpful
-- parameters:
--   endpoint: {type: text, default: null, description: name of the endpoint}
--   t_change: {type: timestamptz, default: null, description: the moment; the last UpdateEndpoint when empty}
--   max_records: {type: integer, default: 5000, description: captured records of each side that are compared}
--   min_count: {type: integer, default: 20, description: values that a feature needs on each side}
--   case_from: {type: timestamptz, default: null, description: only from here}
--   case_to: {type: timestamptz, default: null, description: only before}
-- references:
--   - https://docs.aws.amazon.com/sagemaker/latest/dg/model-monitor-data-capture-endpoint.html
-- changelog:
--   1.0.0: first version
-- ---
with change as (
    select
        endpoint,
        max(deployed) as deployed
    from v_sagemaker_deployment
    where event_name = 'UpdateEndpoint'
    group by endpoint
),
capture as (
    select
        capture.*,
        coalesce($t_change::timestamptz, change.deployed) as changed_at
    from sagemaker_capture as capture
    left join change
        on change.endpoint = capture.endpoint
    where capture.endpoint is not null
        and capture.event_time is not null
        and ($endpoint::varchar is null or capture.endpoint = $endpoint::varchar)
        and in_period(capture.event_time, $case_from::timestamptz, $case_to::timestamptz)
),
total as (
    select
        endpoint,
        changed_at,
        count(*) filter (event_time < changed_at) as records_before,
        count(*) filter (event_time >= changed_at) as records_after,
        arg_min(
            {'table': 'sagemaker_capture', 'artifact_id': artifact_id, 'record_no': record_no},
            row(event_time, artifact_id, record_no),
            50
        ) filter (event_time >= changed_at) as first_after,
        arg_max(
            {'table': 'sagemaker_capture', 'artifact_id': artifact_id, 'record_no': record_no},
            row(event_time, artifact_id, record_no),
            50
        ) as last_captured,
        min(event_time) as first_seen,
        max(event_time) as last_seen
    from capture
    group by
        endpoint,
        changed_at
),
compared as (
    select
        capture.*,
        capture.event_time >= capture.changed_at as is_after
    from capture
    where capture.changed_at is not null
    qualify row_number() over (
        partition by endpoint, capture.event_time >= capture.changed_at
        order by abs(epoch_us(event_time) - epoch_us(changed_at)), artifact_id, record_no
    ) <= $max_records::bigint
),
payload as (
    select
        endpoint,
        is_after,
        'input' as direction,
        input_data as data,
        contains(lower(coalesce(input_content_type, '')), 'csv') or input_encoding = 'CSV' as is_csv
    from compared
    where input_data is not null
        and not list_contains(coalesce(flags, []), 'input_binary')
    union all
    select
        endpoint,
        is_after,
        'output',
        output_data,
        contains(lower(coalesce(output_content_type, '')), 'csv') or output_encoding = 'CSV'
    from compared
    where output_data is not null
        and not list_contains(coalesce(flags, []), 'output_binary')
),
-- One line is one request of a batch; JSON may be written over several lines.
line as (
    select
        endpoint,
        is_after,
        direction,
        is_csv,
        unnest(
            case
                when is_csv or not json_valid(data) then string_split(replace(data, chr(13), ''), chr(10))
                else [data]
            end
        ) as text
    from payload
),
-- A text that is in many records is taken apart once.
content as materialized (
    select
        endpoint,
        is_after,
        direction,
        is_csv,
        text,
        count(*) as times,
        json_valid(text) and regexp_matches(text, '^\s*[\[{]') as is_json
    from line
    where trim(text) <> ''
    group by
        endpoint,
        is_after,
        direction,
        is_csv,
        text
),
field as (
    select
        endpoint,
        is_after,
        direction,
        times,
        unnest(
            case
                -- Quotes of CSV hold commas.
                when contains(text, '"')
                then regexp_extract_all(',' || text, ',("(?:[^"]|"")*"|[^,]*)', 1)
                else string_split(text, ',')
            end
        ) as value,
        'column ' || unnest(range(
            1,
            case
                when contains(text, '"')
                then len(regexp_extract_all(',' || text, ',("(?:[^"]|"")*"|[^,]*)', 1))
                else len(string_split(text, ','))
            end + 1
        )) as feature
    from content
    where not is_json
        and is_csv
    union all
    select
        content.endpoint,
        content.is_after,
        content.direction,
        content.times,
        place.atom ->> '$',
        -- Records of a batch share a feature: only the last index of arrays inside arrays tells features apart.
        left(
            regexp_replace(
                regexp_replace(place.fullkey, '\[[0-9]+\]([\[.])', '[]\1', 'g'),
                '\[[0-9]+\]([\[.])',
                '[]\1',
                'g'
            ),
            200
        )
    from content
    cross join json_tree(case when content.is_json then content.text::json end) as place
    where content.is_json
        and place.atom is not null
    union all
    select
        endpoint,
        is_after,
        direction,
        times,
        text,
        'text'
    from content
    where not is_json
        and not is_csv
),
typed as (
    select
        endpoint,
        direction,
        feature,
        is_after,
        times,
        trim(value) as value,
        case when isfinite(try_cast(trim(value) as double)) then try_cast(trim(value) as double) end as number
    from field
    where value is not null
),
kind as (
    select
        endpoint,
        direction,
        feature,
        sum(times) filter (not is_after) as before_count,
        sum(times) filter (is_after) as after_count,
        case
            when sum(times) filter (number is not null) >= 0.9 * sum(times) then 'number'
            when count(distinct value) <= 50 then 'category'
            else 'length of text'
        end as kind
    from typed
    group by
        endpoint,
        direction,
        feature
    having sum(times) filter (not is_after) >= $min_count::bigint
        and sum(times) filter (is_after) >= $min_count::bigint
),
measured as (
    select
        typed.endpoint,
        typed.direction,
        typed.feature,
        kind.kind,
        case kind.kind
            when 'number' then typed.number
            when 'length of text' then len(typed.value)::double
        end as number,
        case when kind.kind = 'category' then left(typed.value, 100) end as category,
        (sum(typed.times) filter (not typed.is_after))::bigint as before_count,
        (sum(typed.times) filter (typed.is_after))::bigint as after_count
    from typed
    join kind
        on kind.endpoint = typed.endpoint
        and kind.direction = typed.direction
        and kind.feature = typed.feature
    group by all
),
-- How much of each side lies at or below a value, once for each different value.
ranked as (
    select
        endpoint,
        direction,
        feature,
        number,
        coalesce(before_count, 0) as before_count,
        coalesce(after_count, 0) as after_count,
        sum(coalesce(before_count, 0)) over up_to as before_below,
        sum(coalesce(after_count, 0)) over up_to as after_below,
        sum(coalesce(before_count, 0)) over whole as before_total,
        sum(coalesce(after_count, 0)) over whole as after_total
    from measured
    where number is not null
    window
        up_to as (
            partition by endpoint, direction, feature
            order by number
            rows between unbounded preceding and current row
        ),
        whole as (partition by endpoint, direction, feature)
),
spread as (
    select
        endpoint,
        direction,
        feature,
        max(abs(before_below / nullif(before_total, 0) - after_below / nullif(after_total, 0))) as ks,
        max(before_total) as before_total,
        max(after_total) as after_total,
        fsum(number * before_count) / max(before_total) as before_mean,
        fsum(number * after_count) / max(after_total) as after_mean,
        min(number) filter (2 * before_below >= before_total) as before_median,
        min(number) filter (2 * after_below >= after_total) as after_median,
        min(number) filter (before_count > 0) as before_min,
        max(number) filter (before_count > 0) as before_max,
        min(number) filter (after_count > 0) as after_min,
        max(number) filter (after_count > 0) as after_max,
        -- Upper ends of the tenths of the values before; few different values have fewer.
        list_sort(
            list_distinct(
                list_transform(
                    range(1, 10),
                    lambda tenth : list_min(
                        list_filter(
                            list({'number': number, 'share': before_below / nullif(before_total, 0)} order by number),
                            lambda point : point.share >= tenth / 10
                        )
                    ).number
                )
            )
        ) as edges
    from ranked
    group by
        endpoint,
        direction,
        feature
),
binned as (
    select
        ranked.endpoint,
        ranked.direction,
        ranked.feature,
        len(list_filter(spread.edges, lambda edge : edge < ranked.number)) as position,
        spread.edges,
        sum(ranked.before_count) as before_count,
        sum(ranked.after_count) as after_count
    from ranked
    join spread
        on spread.endpoint = ranked.endpoint
        and spread.direction = ranked.direction
        and spread.feature = ranked.feature
    group by
        ranked.endpoint,
        ranked.direction,
        ranked.feature,
        position,
        spread.edges
),
bin as (
    select
        endpoint,
        direction,
        feature,
        position,
        case
            when position = len(edges) then 'above ' || edges[position]
            else 'up to ' || edges[position + 1]
        end as label,
        before_count,
        after_count
    from binned
    union all
    select
        endpoint,
        direction,
        feature,
        row_number() over (partition by endpoint, direction, feature order by category),
        category,
        coalesce(before_count, 0),
        coalesce(after_count, 0)
    from measured
    where kind = 'category'
),
weighed as (
    select
        *,
        -- Half a value in every bin, so that an empty one has a logarithm.
        (before_count + 0.5) / sum(before_count + 0.5) over whole as before_share,
        (after_count + 0.5) / sum(after_count + 0.5) over whole as after_share
    from bin
    window whole as (partition by endpoint, direction, feature)
),
stability as (
    select
        endpoint,
        direction,
        feature,
        list_sum(
            list((after_share - before_share) * ln(after_share / before_share) order by position)
        ) as psi,
        list(
            {'bin': label, 'before': before_count::bigint, 'after': after_count::bigint} order by position
        ) as histogram
    from weighed
    group by
        endpoint,
        direction,
        feature
),
drift as (
    select
        kind.endpoint,
        kind.direction,
        kind.feature,
        kind.kind,
        stability.psi,
        spread.ks,
        -- Two samples, by the leading term of the series.
        least(
            1,
            2 * exp(-2 * power(spread.ks, 2) * spread.before_total * spread.after_total
            / (spread.before_total + spread.after_total))
        ) as ks_p_value,
        kind.before_count::bigint as before_count,
        kind.after_count::bigint as after_count,
        spread.before_mean,
        spread.after_mean,
        spread.before_median,
        spread.after_median,
        spread.before_min,
        spread.before_max,
        spread.after_min,
        spread.after_max,
        stability.histogram
    from kind
    join stability
        on stability.endpoint = kind.endpoint
        and stability.direction = kind.direction
        and stability.feature = kind.feature
    left join spread
        on spread.endpoint = kind.endpoint
        and spread.direction = kind.direction
        and spread.feature = kind.feature
)
select
    total.endpoint,
    total.changed_at,
    drift.direction,
    drift.feature,
    drift.kind,
    case
        when drift.psi >= 0.25 then 'shifted'
        when drift.psi >= 0.1 then 'moved'
        when drift.psi is not null then 'stable'
        when total.changed_at is null then 'no UpdateEndpoint in the evidence; give the moment'
        when total.records_before = 0 then 'nothing captured before'
        when total.records_after = 0 then 'nothing captured after'
        else 'too few values that can be read on one side'
    end as reading,
    round(drift.psi, 4) as psi,
    round(drift.ks, 4) as ks,
    round(drift.ks_p_value, 6) as ks_p_value,
    drift.before_count,
    drift.after_count,
    round(drift.before_mean, 6) as before_mean,
    round(drift.after_mean, 6) as after_mean,
    drift.before_median,
    drift.after_median,
    drift.before_min,
    drift.before_max,
    drift.after_min,
    drift.after_max,
    drift.histogram,
    total.records_before,
    total.records_after,
    total.first_seen,
    total.last_seen,
    coalesce(total.first_after, total.last_captured) as records
from total
left join drift
    on drift.endpoint = total.endpoint
order by
    drift.psi desc nulls last,
    total.endpoint,
    drift.direction,
    drift.feature
