-- grain:   one row a child and its gezin.
-- purpose: the gezinnen of tonight, and of children who are not seen tonight (their processing is restricted, say) but of
--          whom records are held, the gezin they had.
-- inputs:  work.family_gezin, work.family_child, work.family_pseudonym, work.family_follow, work.fresh_person.
with tonight as (
    select gezin_id, person_id
    from work.family_gezin
    inner join work.family_child using (child)
    inner join work.family_pseudonym using (gezin)
),
absent as (
    select gezin_id, person_id
    from work.family_follow
    anti join tonight using (person_id)
    semi join work.fresh_person using (person_id)
),
members as (
    select * from tonight
    union
    select * from absent
)
select * from members
