-- grain:   one row a gezin and person. A child is in exactly one gezin; an adult may be in several.
-- purpose: who belongs to a gezin, as what (kind, ouder, voogd, pleegouder, familielid), since and until when.
--          valid_from is the first reference date (peildatum) at which a record named them so, not the day on which it
--          began in life. An adult whom every newest version leaves out belongs until the last date that named
--          them (valid_to); a child stays in its gezin. shared: the child has two homes, the adult is in more
--          than one gezin. restricted: some child of the gezin has a secret address.
-- inputs:  work.family_formed, work.family_child, work.family_home, work.family_guardian, work.family_pseudonym.
with children as (
    select
        formed.child,
        formed.gezin,
        formed.evidence,
        child.person_id,
        child.first_seen,
        child.last_seen,
        coalesce(home.shared, false) as shared,
        bool_or(child.secret) over (partition by formed.gezin) as restricted
    from work.family_formed as formed
    inner join work.family_child as child using (child)
    left join work.family_home as home using (child)
),
ranks (role, rank) as (
    values ('ouder', 1), ('voogd', 2), ('pleegouder', 3), ('familielid', 4)
),
named as (
    select
        children.gezin,
        children.restricted,
        guardians.adult as person_id,
        guardians.role,
        guardians.current,
        guardians.first_seen,
        guardians.last_seen,
        guardians.sources,
        rank
    from work.family_guardian as guardians
    inner join children using (child)
    inner join ranks using (role)
    where guardians.reason is distinct from 'same_person'
),
adults as (
    select
        gezin,
        person_id,
        arg_min(role, (not current, rank)) as role,
        min(first_seen) as valid_from,
        if(bool_or(current), null, max(last_seen)) as valid_to,
        max(last_seen) as last_seen,
        count(*) over (partition by person_id) > 1 as shared,
        any_value(restricted) as restricted,
        array_to_string(list_sort(list_distinct(flatten(list(sources)))), ' ') as evidence
    from named
    group by gezin, person_id
),
members as (
    select
        gezin, person_id, 'kind' as role, first_seen as valid_from, cast(null as date) as valid_to, last_seen,
        shared, restricted, evidence
    from children
    union all
    select
        gezin, person_id, role, valid_from, valid_to, last_seen, shared, restricted, evidence
    from adults
),
named_gezin as (
    select gezin_id, members.* exclude (gezin)
    from members
    inner join work.family_pseudonym using (gezin)
)
select * from named_gezin order by gezin_id, role, person_id
