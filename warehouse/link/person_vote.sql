-- grain:   one row a person of the night before and a cluster of tonight that has records of theirs.
-- purpose: how many, and since when the oldest was seen.
-- inputs:  work.person_before.
with votes as (
    select old_id, cluster, count(*) as items, min(first_seen) as oldest, min(record) as first_item
    from work.person_before
    where old_id is not null
    group by old_id, cluster
)
select * from votes
