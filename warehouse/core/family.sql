-- grain:   one row per gezin
-- purpose: the gezin as it is on the day of the run: its municipality, who belongs to it, whether a child
--          also lives elsewhere (shared) and whether it must stay hidden (restricted).
-- inputs:  link.gezin, core.membership, core.person, core.mention

with gezin as (
    select gezin_id from link.gezin
),

member as (
    select * from core.membership
),

person as (
    select person_id, departure_date, secret from core.person
),

residence as (
    select person_id, arg_max(municipality, period_end) as municipality
    from core.mention
    group by person_id
),

described as (
    select
        member.gezin_id,
        member.role,
        member.is_child,
        member.person_id,
        member.valid_from,
        member.shared,
        coalesce(member.restricted, false)
        or (member.is_child and coalesce(person.secret, false)) as restricted,
        residence.municipality,
        member.effective_from <= $run_date and $run_date < member.effective_to as is_member_now,
        coalesce(person.departure_date <= $run_date, false) as has_left
    from member
    left join person using (person_id)
    left join residence using (person_id)
),

family as (
    select
        gezin_id,
        mode(municipality) as municipality,
        count(distinct person_id) filter (is_child and is_member_now and not has_left) as children,
        count(distinct person_id) filter (
            role in ('ouder', 'voogd', 'pleegouder') and is_member_now
        ) as parents,
        min(valid_from) as known_since,
        coalesce(bool_or(shared), false) as shared,
        coalesce(bool_or(restricted), false) as restricted
    from described
    group by gezin_id
),

complete as (
    select
        gezin.gezin_id,
        family.municipality,
        coalesce(family.children, 0) as children,
        coalesce(family.parents, 0) as parents,
        family.known_since,
        coalesce(family.shared, false) as shared,
        coalesce(family.restricted, false) as restricted
    from gezin
    left join family using (gezin_id)
)

select * from complete
