-- Many answers name no account. All that was collected at one time belongs to one when the others agree on it.

update api_snapshot
set account_id = sole.account_id
from (
    select
        artifact.acquisition,
        api_snapshot.collected_at,
        any_value(api_snapshot.account_id) as account_id,
    from api_snapshot
    join artifact
        using (artifact_id)
    where api_snapshot.account_id is not null
        and api_snapshot.collected_at is not null
    group by all
    having count(distinct api_snapshot.account_id) = 1
) as sole
join artifact
    on artifact.acquisition = sole.acquisition
where artifact.artifact_id = api_snapshot.artifact_id
    and api_snapshot.collected_at = sole.collected_at
    and api_snapshot.account_id is null;

-- An answer whose records have a table of their own says beside them whether more pages follow.
update artifact
set note = 'the answer is one page of several: more records follow that are not in this file'
where note is null
    and (
        coalesce(wrapper ->> '$.NextToken', wrapper ->> '$.nextToken', wrapper ->> '$.NextMarker', '') <> ''
        or (wrapper ->> '$.IsTruncated') = 'true'
    );
