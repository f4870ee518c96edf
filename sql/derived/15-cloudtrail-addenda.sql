-- An event that AWS delivers again with corrected data names the one that it replaces; both stay, the old one flagged.

update cloudtrail_event
set superseded_by = correction.event_id,
    flags = list_append(
        list_filter(coalesce(flags, []), lambda flag : flag <> 'superseded'),
        'superseded'
    )
from (
    select
        addendum ->> '$.originalEventID' as original,
        max(event_id) as event_id,
    from cloudtrail_event
    where addendum is not null
        and (addendum ->> '$.reason') = 'UPDATED_DATA'
        and (addendum ->> '$.originalEventID') is distinct from event_id
    group by original
) as correction
where cloudtrail_event.event_id = correction.original
    and superseded_by is distinct from correction.event_id;
