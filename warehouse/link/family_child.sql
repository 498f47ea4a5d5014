-- grain:   one row a child.
-- purpose: number the children from the one first seen (ties: by pseudonym), so that the lowest number of a gezin is
--          the child its pseudonym is anchored on. secret: a newest record asks for a secret address.
-- inputs:  work.family_sighting.
with children as (
    select
        person_id,
        min(peildatum) as first_seen,
        max(peildatum) as last_seen,
        bool_or(current and secret) as secret
    from work.family_sighting
    where as_child
    group by person_id
),
numbered as (
    select row_number() over (order by first_seen, person_id) - 1 as child, children.* from children
)
select * from numbered
