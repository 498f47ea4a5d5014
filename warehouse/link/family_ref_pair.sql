-- grain:   one row a pair of households (left_grp < right_grp) that took the same gezin_ref.
-- purpose: they are one gezin, unless they contradict it: a child of the one and a child of the other with different
--          homes and with guardians of whom they share none (a blended family: both parents' other households are
--          not joined through one child).
-- inputs:  work.family_gezin_ref, work.family_household, work.family_home, work.family_guardian.
with taken as (
    select distinct grp, gezin_ref from work.family_gezin_ref where reason is null
),
pairs as (
    select a.grp as left_grp, b.grp as right_grp, gezin_ref
    from taken as a
    inner join taken as b using (gezin_ref)
    where a.grp < b.grp
),
guardians as (
    select child, list(adult) as adults from work.family_guardian where reason is null group by child
),
known as (
    select grp, child, address, building, adults
    from work.family_household
    inner join work.family_home using (child)
    inner join guardians using (child)
),
contradicted as (
    select distinct left_grp, right_grp
    from pairs
    inner join known as a on a.grp = left_grp
    inner join known as b on b.grp = right_grp
    where a.address <> b.address
        and coalesce(a.building <> b.building, true)
        and not list_has_any(a.adults, b.adults)
),
judged as (
    select pairs.*, contradicted.left_grp is not null as contradicted
    from pairs
    left join contradicted using (left_grp, right_grp)
)
select * from judged
