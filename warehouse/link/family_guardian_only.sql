-- grain:   one row a pair of groups of children, of which one at least has no home (no usable main address).
-- purpose: where children without a home belong. evidence:
--          guardian_only       some guardian's other children, all in one group with a home, and no other guardian
--                              points elsewhere
--          guardian_only_both  neither has a home, nor has any child of their guardians: they share a guardian
--                              (same_guardians: all of them)
--          null                the guardians' children with a home live in several gezinnen: no guess is made
-- inputs:  work.family_guardian, work.family_home, work.family_settled.
with guardians as (
    select distinct grp, adult
    from work.family_guardian
    inner join work.family_settled using (child)
    where reason is null
),
with_home as (
    select distinct grp from work.family_settled semi join work.family_home using (child)
),
without_home as (
    select grp, adult from guardians anti join with_home using (grp)
),
reached as (
    select
        without_home.grp,
        without_home.adult,
        guardians.grp as home_grp,
        count(*) over (partition by without_home.grp, without_home.adult) as homes
    from without_home
    inner join guardians using (adult)
    semi join with_home on with_home.grp = guardians.grp
),
pointed as (
    select
        grp,
        min(home_grp) filter (homes = 1) as home_grp,
        count(distinct home_grp) filter (homes = 1) as choices
    from reached
    group by grp
),
loose as (
    select grp, adult, list(adult) over (partition by grp order by adult rows between unbounded preceding and unbounded following) as adults
    from without_home
    anti join reached using (grp)
),
found as (
    select grp as left_grp, home_grp as right_grp, 'guardian_only' as evidence, false as same_guardians
    from pointed
    where choices = 1
    union all
    select distinct a.grp, b.grp, 'guardian_only_both', a.adults = b.adults
    from loose as a
    inner join loose as b on a.adult = b.adult and a.grp < b.grp
    union all
    select distinct reached.grp, reached.home_grp, null, false
    from reached
    inner join pointed using (grp)
    where choices <> 1
)
select * from found
