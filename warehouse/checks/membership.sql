-- grain:   one row per row of core.membership
-- purpose: memberships for their suite: rows that share a key, references that lead nowhere, and stretches
--          of a child that overlap the next one (a child is in one gezin on any day).
-- inputs:  core.membership, core.person, core.family

with membership as (
    select * from core.membership
),

person as (
    select distinct person_id from core.person
),

family as (
    select distinct gezin_id from core.family
),

checked as (
    select
        membership.*,
        count(*) over (
            partition by membership.gezin_id, membership.person_id, membership.is_child, membership.valid_from
        ) as key_rows,
        case when membership.person_id is not null and person.person_id is null then true end as person_dangling,
        case when membership.gezin_id is not null and family.gezin_id is null then true end as gezin_dangling,
        case
            when membership.is_child and lead(membership.effective_from) over (
                partition by membership.person_id, membership.is_child
                order by membership.effective_from, membership.effective_to
            ) < membership.effective_to then true
        end as overlaps_next
    from membership
    left join person using (person_id)
    left join family using (gezin_id)
)

select * from checked
