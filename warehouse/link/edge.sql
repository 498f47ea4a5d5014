-- grain:   one row a typed, dated edge between a child and a parent, address, gezin_ref or another child.
-- purpose: the evidence behind link.gezin_member, also what was not used and why (used, reason). Dates are reference
--          dates (peildatum); valid_to is null while a newest version says so. to_id is a pseudonym of its own
--          for addresses and gezin_refs: no token of a delivery is kept here.
--          The reasons are told where they arise: family_guardian, family_address, family_gezin_ref, family_ref_pair;
--          a shared parent is not used when both children have homes and not the same (other_home), or when the home
--          of one is unknown and their parents' children live in several gezinnen (home_unknown).
-- inputs:  work.family_guardian, work.family_address, work.family_gezin_ref, work.family_dropped_ref,
--          work.family_sibling, work.family_formed, work.family_child,
--          work.family_home, work.family_place.
with children as (
    select child, person_id, child.first_seen, child.last_seen, gezin, home.address as home
    from work.family_child as child
    inner join work.family_formed using (child)
    left join work.family_home as home using (child)
),
guardian_edges as (
    select
        'child_guardian' as edge, children.person_id as from_id, adult as to_id, role as kind,
        guardians.first_seen as valid_from, if(current, null, guardians.last_seen) as valid_to,
        array_to_string(sources, ' ') as evidence, reason
    from work.family_guardian as guardians
    inner join children using (child)
),
address_edges as (
    select
        'child_address', children.person_id, place_id, if(reason is null and preference = 1, 'hoofd', 'ander'),
        addresses.first_seen, if(times = 0, addresses.last_seen, null),
        concat('soort_adres rang ', rank), reason
    from work.family_address as addresses
    inner join children using (child)
    inner join work.family_place on family_place.place = addresses.address
),
ref_edges as (
    select
        'gezin_ref', children.person_id, place_id, 'gezin_ref',
        refs.first_seen, cast(null as date),
        'wijkteam', coalesce(reason, if(dropped.grp is null, null, 'gezin_ref_contradicted'))
    from work.family_gezin_ref as refs
    inner join children using (child)
    inner join work.family_place on family_place.place = refs.gezin_ref
    left join work.family_dropped_ref as dropped on dropped.grp = refs.grp
),
sibling_edges as (
    select
        'shared_parent', a.person_id, b.person_id, 'kind',
        greatest(a.first_seen, b.first_seen), cast(null as date),
        coalesce(evidence, if(a.gezin = b.gezin, 'same_gezin', 'apart')),
        case
            when a.gezin = b.gezin then null
            when a.home is null or b.home is null then 'home_unknown'
            else 'other_home'
        end
    from work.family_sibling
    inner join children as a on a.child = left_child
    inner join children as b on b.child = right_child
),
edges as (
    select * from guardian_edges
    union all
    select * from address_edges
    union all
    select * from ref_edges
    union all
    select * from sibling_edges
),
judged as (
    select
        edge, from_id, to_id, kind, valid_from, valid_to, evidence, reason is null as used, reason
    from edges
)
select * from judged order by edge, from_id, to_id, valid_from
