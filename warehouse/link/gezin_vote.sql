-- grain:   one row a gezin of the night before and one of tonight that has children of it.
-- purpose: how many, and since when the oldest was seen.
-- inputs:  work.family_follow, work.family_child, work.family_gezin.
with members as (
    select distinct gezin_id as old_id, gezin as cluster, child, first_seen
    from work.family_follow
    inner join work.family_child using (person_id)
    inner join work.family_gezin using (child)
),
votes as (
    select old_id, cluster, count(*) as items, min(first_seen) as oldest, min(child) as first_item
    from members
    group by old_id, cluster
)
select * from votes
