-- grain:   one row a child and adult that some record names together.
-- purpose: in which role the adult stands to the child, and whether that may hold a household together
--          (reason is null). iJw code list COD472: 10 parent, 11 guardian, 13 foster parent, 16 to 18 other family.
--          What a source says outright goes before a parent column without a relation; foster parent goes first,
--          because schools list foster parents as parents. Reasons:
--          same_person            a record names the child as its own parent
--          not_in_newest_version  every newest version leaves the adult out
--          foster_parent          a placement keeps the family of origin
--          family_member          a grandparent or housemate is no guardian
--          involved_only          police rows without a relation name whoever was there
--          guardian_of_many       guardian of more than $most_wards children, a professional; or parent of more than
--                                 $most_children, a mistake
-- inputs:  work.family_sighting, work.family_child; $most_children, $most_wards.
with ranks (relation, rank, role) as (
    values
    ('13', 1, 'pleegouder'), ('10', 2, 'ouder'), ('11', 3, 'voogd'),
    ('16', 4, 'familielid'), ('17', 4, 'familielid'), ('18', 4, 'familielid'),
    ('', 5, 'ouder'), ('?', 6, 'betrokkene')
),
named as (
    select
        family_child.child,
        family_child.person_id as child_person,
        adults.person_id as adult,
        adults.source,
        adults.peildatum,
        adults.current,
        coalesce(adults.relation, if(adults.incident, '?', '')) as relation
    from work.family_sighting as adults
    inner join work.family_sighting as children using (delivery_id, record_key)
    inner join work.family_child on children.person_id = family_child.person_id
    where adults.role in ('ouder1', 'ouder2') and children.role = 'kind'
),
pairs as (
    select
        child,
        adult,
        bool_or(child_person = adult) as same_person,
        coalesce(min(rank) filter (current), min(rank)) as rank,
        bool_or(current) as current,
        min(peildatum) as first_seen,
        max(peildatum) as last_seen,
        list(distinct source order by source) as sources
    from named
    inner join ranks using (relation)
    group by child, adult
),
judged as (
    select
        pairs.* exclude (same_person, rank),
        (select any_value(role) from ranks where ranks.rank = pairs.rank) as role,
        case
            when same_person then 'same_person'
            when not current then 'not_in_newest_version'
            when rank = 1 then 'foster_parent'
            when rank = 4 then 'family_member'
            when rank = 6 then 'involved_only'
        end as reason
    from pairs
),
counted as (
    select adult, count(*) as children, count_if(role = 'voogd') as wards
    from judged
    where reason is null
    group by adult
),
capped as (
    select
        judged.* exclude (reason),
        case
            when reason is not null then reason
            when children > $most_children or (role = 'voogd' and wards > $most_wards) then 'guardian_of_many'
        end as reason
    from judged
    left join counted using (adult)
)
select * from capped
