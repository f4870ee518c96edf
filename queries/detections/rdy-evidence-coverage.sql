-- ---
-- id: rdy-evidence-coverage
-- version: 1.0.1
-- title: What the evidence covers, source by source
-- status: stable
-- severity: info
-- element: readiness
-- attack: []
-- atlas: []
-- description: >-
--   Finds every source of evidence in the case, one row each to be read beside every negative: its files and records, what
--   of them was loaded, repeated, skipped or not understood, accounts, regions, days, the longest silence, intervals in
--   which logging was switched off, and for fields that detections lean on the share of rows that have them. What this
--   means for a single detection is the reason of its status. Misses sources of which nothing is here; what nobody claimed
--   is in the answer of the command status.
-- requires:
--   record_count: optional
--   artifact: needed
--   reject: optional
--   v_event: optional
--   v_gap: optional
--   v_blind: optional
--   cloudtrail_event: optional
--   vpc_flow: optional
--   bedrock_invocation: optional
--   s3_access: optional
-- parameters: {}
-- false_positives:
--   - None; it is an inventory.
-- references:
--   - https://csrc.nist.gov/pubs/sp/800/86/final
-- changelog:
--   1.0.1: the same rows, faster
--   1.0.0: first version
-- ---
with counted_source as (
    select
        source,
        count(*) as files,
        sum(records)::bigint as records,
        sum(row_count)::bigint as row_count,
        sum(duplicates)::bigint as duplicates,
        sum(skipped)::bigint as skipped,
        sum(rejected)::bigint as rejected
    from record_count
    group by source
),
event as (
    select
        artifact.source,
        v_event.source as table_name,
        v_event.account_id,
        v_event.region,
        v_event.event_time,
        v_event.artifact_id,
        v_event.record_no
    from v_event
    join artifact
        on artifact.artifact_id = v_event.artifact_id
    where artifact.source is not null
),
span as (
    select
        source,
        min(event_time) as first_seen,
        max(event_time) as last_seen,
        count(distinct day_of(event_time)) as days,
        distinct_values(account_id) as accounts,
        distinct_values(region) as regions,
        distinct_values(table_name) as tables,
        arg_min(
            {'table': table_name, 'artifact_id': artifact_id, 'record_no': record_no},
            row(event_time, artifact_id, record_no)
        ) as first_record,
        arg_max(
            {'table': table_name, 'artifact_id': artifact_id, 'record_no': record_no},
            row(event_time, artifact_id, record_no)
        ) as last_record
    from event
    group by source
),
silence as (
    select
        span.source,
        count(*) as gaps,
        max(v_gap.hours) as longest_hours,
        arg_max(v_gap.gap_from, row(v_gap.hours, -epoch(v_gap.gap_from), v_gap.region)) as longest_from
    from span
    join v_gap
        on list_contains(span.tables, v_gap.source)
    group by span.source
),
blind as (
    select
        span.source,
        list(
            {
                'region': v_blind.region,
                'resource': v_blind.resource,
                'from': v_blind.blind_from,
                'to': v_blind.blind_to,
                'to_the_end': v_blind.to_the_end,
                'by': v_blind.switched_by
            }
            order by v_blind.blind_from, v_blind.region, v_blind.resource
        ) as intervals
    from span
    join v_blind
        on list_contains(span.tables, v_blind.source)
        or v_blind.source = span.source
    group by span.source
),
-- Fields that detections lean on and that a log may lack.
field as (
    select
        'cloudtrail_event' as table_name,
        unnest(
            [
                {
                    'name': 'bytesTransferredOut of reads',
                    'share': avg((event_bytes(additional_event_data) is not null)::bigint)
                        filter (event_name = 'GetObject')
                },
                {
                    'name': 'accessKeyId of identities',
                    'share': avg((access_key_id is not null)::bigint)
                        filter (identity_type in ('IAMUser', 'AssumedRole', 'FederatedUser'))
                }
            ]
        ) as field
    from cloudtrail_event
    union all
    select
        'vpc_flow',
        unnest(
            [
                {'name': 'pkt-srcaddr', 'share': avg((pkt_srcaddr is not null)::bigint)},
                {'name': 'flow-direction', 'share': avg((flow_direction is not null)::bigint)}
            ]
        )
    from vpc_flow
    union all
    select
        'bedrock_invocation',
        unnest(
            [
                {'name': 'requestMetadata', 'share': avg((request_metadata is not null)::bigint)},
                {'name': 'text of the prompt', 'share': avg((input_body is not null)::bigint)}
            ]
        )
    from bedrock_invocation
    union all
    select
        's3_access',
        {
            'name': 'bytes sent of reads',
            'share': avg((bytes_sent is not null)::bigint) filter (operation = 'REST.GET.OBJECT')
        }
    from s3_access
),
fields as (
    select
        span.source,
        list(
            {'field': field.field."name", 'share': round(field.field."share", 4)}
            order by field.field."name"
        ) as fields
    from span
    join field
        on list_contains(span.tables, field.table_name)
    where field.field."share" is not null
    group by span.source
),
refused as (
    select
        artifact.source,
        list(
            {'table': 'reject', 'artifact_id': reject.artifact_id, 'record_no': reject.record_no}
            order by reject.artifact_id, reject.record_no
        ) as records
    from reject
    join artifact
        on artifact.artifact_id = reject.artifact_id
    group by artifact.source
)
select
    'source' as entity_type,
    counted_source.source as entity,
    'info' as severity,
    span.first_seen,
    span.last_seen,
    counted_source.row_count as event_count,
    counted_source.source || ': ' || counted(files, 'file') || ', ' || counted(counted_source.records, 'record') || ' = '
    || counted(row_count, 'row') || ' + ' || counted(duplicates, 'duplicate') || ' + ' || format('{:,}', skipped)
    || ' skipped + ' || format('{:,}', rejected) || ' rejected'
    || case
        when span.first_seen is not null
            then ', ' || counted(span.days, 'day') || ' from ' || moment(span.first_seen)
                || ' to ' || moment(span.last_seen)
        else ''
    end
    || case when len(span.regions) > 0 then ' in ' || named(span.regions) else '' end
    || case
        when silence.longest_hours is not null
            then '; longest silence ' || counted(silence.longest_hours, 'hour') || ' from '
                || moment(silence.longest_from)
        else ''
    end
    || case
        when len(blind.intervals) > 0
            then '; switched off: ' || named(
                list_transform(
                    blind.intervals,
                    lambda one : coalesce(one.resource || ' ', '') || coalesce(one.region || ' ', '') || 'from '
                    || moment(one."from") || case when one.to_the_end then ' to the end' else '' end
                )
            )
        else ''
    end
    || coalesce(
        '; partly without ' || nullif(
            array_to_string(
                list_transform(
                    list_filter(fields.fields, lambda one : one.share < 1),
                    lambda one : one.field || ' (' || format('{:.0f}', 100 * one.share) || ' % have it)'
                ),
                ', '
            ),
            ''
        ),
        ''
    ) as summary,
    list_filter(
        list_concat([span.first_record, span.last_record], coalesce(refused.records, [])),
        lambda record : record.artifact_id is not null
    ) as records,
    case when len(span.regions) = 1 then span.regions[1] end as region,
    case when len(span.accounts) = 1 then span.accounts[1] end as account_id,
    {
        'files': files,
        'records': counted_source.records,
        'rows': row_count,
        'duplicates': duplicates,
        'skipped': skipped,
        'rejected': rejected,
        'duplicate_share': round(duplicates / nullif(counted_source.records, 0), 6),
        'days': span.days,
        'accounts': coalesce(span.accounts, []),
        'regions': coalesce(span.regions, []),
        'gaps': coalesce(silence.gaps, 0),
        'longest_gap_hours': silence.longest_hours,
        'longest_gap_from': silence.longest_from,
        'blind': coalesce(blind.intervals, []),
        'fields': coalesce(fields.fields, [])
    } as metrics
from counted_source
left join span
    on span.source = counted_source.source
left join silence
    on silence.source = counted_source.source
left join blind
    on blind.source = counted_source.source
left join fields
    on fields.source = counted_source.source
left join refused
    on refused.source = counted_source.source
order by entity
