-- grain:   one row a child.
-- purpose: the child's gezin (the number of its first child) and what put the child there: household,
--          moved_together, gezin_ref, guardian_only or alone.
-- inputs:  work.family_gezin, work.family_household, work.family_settled, work.family_sibling.
with sizes as (
    select
        child,
        gezin,
        count(*) over (partition by gezin) as of_gezin,
        count(*) over (partition by family_settled.grp) as of_settled,
        count(*) over (partition by family_household.grp) as of_household
    from work.family_gezin
    inner join work.family_settled using (child)
    inner join work.family_household using (child)
),
at_home as (
    select left_child as child from work.family_sibling where evidence = 'household'
    union
    select right_child from work.family_sibling where evidence = 'household'
),
formed as (
    select
        child,
        gezin,
        case
            when at_home.child is not null then 'household'
            when of_household > 1 then 'moved_together'
            when of_settled > 1 then 'gezin_ref'
            when of_gezin > 1 then 'guardian_only'
            else 'alone'
        end as evidence
    from sizes
    left join at_home using (child)
)
select * from formed
