-- grain:   one row an address or building where more than $most_persons persons are seen in newest versions.
-- purpose: shelters, institutions and flats without additions tell nothing about who lives together.
-- inputs:  work.family_sighting; $most_persons.
with seen as (
    select address, building, person_id
    from work.family_sighting
    where current and not incident and address is not null
),
crowds as (
    select address as place from seen group by address having count(distinct person_id) > $most_persons
    union
    select building from seen group by building having count(distinct person_id) > $most_persons
)
select * from crowds
