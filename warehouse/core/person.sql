-- grain:   one row per person
-- purpose: the little that is known of a pseudonymous person: sex, birth year, whether a child in some
--          gezin, the departure date that a record in force states, and whether an address is secret.
-- inputs:  link.person, core.mention, core.membership

with person as (
    select person_id from link.person
),

mention as (
    select * from core.mention
),

child as (
    select distinct person_id from core.membership where is_child
),

described as (
    select
        person_id,
        arg_max(sex, (period_end, sex)) filter (sex in ('1', '2')) as sex,
        arg_max(birth_year, (period_end, birth_year)) filter (birth_year is not null) as birth_year,
        max(departure_date) as departure_date,
        coalesce(bool_or(secret), false) as secret,
        min(peildatum) as first_seen,
        max(peildatum) as last_seen
    from mention
    group by person_id
),

described_person as (
    select
        person.person_id,
        described.* exclude (person_id),
        child.person_id is not null as is_child
    from person
    left join described using (person_id)
    left join child using (person_id)
)

select * from described_person
