-- grain:   one row a name (person or gezin) of the night before and a cluster of tonight that has members of it.
-- purpose: who keeps which name. A name goes with most of its members (then the oldest, then the first); where several
--          names meet, the one that was first stays. what: kept, merge (the name ends in the cluster's), split (its
--          other members are elsewhere).
-- inputs:  work.vote, work.held_name.
with claims as (
    select
        vote.*,
        born,
        row_number() over (partition by old_id order by items desc, oldest, first_item, cluster) = 1 as claims
    from work.vote
    inner join work.held_name on held_name.name = vote.old_id
),
judged as (
    select
        old_id, cluster, born,
        case
            when not claims then 'split'
            when row_number() over (partition by cluster, claims order by born) = 1 then 'kept'
            else 'merge'
        end as what
    from claims
)
select * from judged
