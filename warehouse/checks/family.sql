-- grain:   one row per row of core.family
-- purpose: gezinnen for their suite: rows that share a key, and how many persons each gezin has, now or
--          before.
-- inputs:  core.family, core.membership

with family as (
    select * from core.family
),

member as (
    select gezin_id, count(distinct person_id) as persons from core.membership group by gezin_id
),

checked as (
    select
        family.*,
        count(*) over (partition by family.gezin_id) as key_rows,
        coalesce(member.persons, 0) as persons
    from family
    left join member using (gezin_id)
)

select * from checked
