-- grain:   one row per row of core.person
-- purpose: persons for their suite: how many sources name each, and the age reached in the year of the run,
--          of children and of others.
-- inputs:  core.person, core.mention

with person as (
    select * from core.person
),

named as (
    select person_id, count(distinct source) as sources from core.mention group by person_id
),

checked as (
    select
        person.*,
        count(*) over (partition by person.person_id) as key_rows,
        coalesce(named.sources, 0) as sources,
        case when person.is_child then year($run_date) - person.birth_year end as child_age,
        case when not person.is_child then year($run_date) - person.birth_year end as adult_age
    from person
    left join named using (person_id)
)

select * from checked
