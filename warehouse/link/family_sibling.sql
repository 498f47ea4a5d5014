-- grain:   one row a pair of children (left_child < right_child) that share a guardian.
-- purpose: which of them share a home. evidence:
--          household       the same main address, or the same building when one addition is missing
--          moved_together  the one was not seen since the other left their common home, and no guardian whom they
--                          share is known to live elsewhere
--          null            they live apart, or the home of one is unknown
-- inputs:  work.family_guardian, work.family_home, work.family_address, work.family_sighting, work.family_child.
with guardians as (
    select child, adult from work.family_guardian where reason is null
),
named_at_home as (
    select
        family_home.child,
        adults.person_id as adult,
        bool_and(coalesce(adults.building = children.building, true)) as lives_along
    from work.family_home
    inner join work.family_child using (child)
    inner join work.family_sighting as children using (person_id)
    inner join work.family_sighting as adults using (delivery_id, record_key)
    where children.as_child
        and children.current
        and not children.incident
        and children.address = family_home.address
        and adults.role in ('ouder1', 'ouder2')
    group by family_home.child, adults.person_id
),
pairs as (
    select distinct a.child as left_child, b.child as right_child
    from guardians as a
    inner join guardians as b on a.adult = b.adult and a.child < b.child
),
moves as (
    select earlier.child as mover, stayer.child as stayer
    from work.family_address as earlier
    inner join work.family_home as stayer
        on stayer.address = earlier.address and stayer.child <> earlier.child
    inner join work.family_home as now on now.child = earlier.child and now.address <> earlier.address
    inner join work.family_child as last on last.child = stayer.child
    inner join named_at_home on named_at_home.child = earlier.child
    inner join guardians as of_mover on of_mover.child = earlier.child and of_mover.adult = named_at_home.adult
    inner join guardians as of_stayer on of_stayer.child = stayer.child and of_stayer.adult = named_at_home.adult
    where earlier.last_seen <= now.first_seen
        and last.last_seen < now.first_seen
        and (earlier.reason is null or earlier.reason = 'not_in_newest_version')
    group by earlier.child, stayer.child
    having bool_and(lives_along)
),
moved as (
    select distinct least(mover, stayer) as left_child, greatest(mover, stayer) as right_child from moves
),
siblings as (
    select
        pairs.left_child,
        pairs.right_child,
        case
            when a.address = b.address or a.building = b.building then 'household'
            when moved.left_child is not null then 'moved_together'
        end as evidence
    from pairs
    left join work.family_home as a on a.child = pairs.left_child
    left join work.family_home as b on b.child = pairs.right_child
    left join moved using (left_child, right_child)
)
select * from siblings
