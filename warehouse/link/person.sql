-- grain:   one row a person (person_id, a pseudonym of this domain's output).
-- purpose: what all mentions together say of a person. Sex and birth year: said most often, then most recently.
--          secret: the newest version of some record asks for a secret address.
-- inputs:  work.person_mention, work.person_slot, work.person_found.
with placed as (
    select mention, place, person_id
    from work.person_slot
    inner join work.person_found using (unit)
),
newest as (
    select place, max(peildatum) as peildatum
    from placed
    inner join work.person_mention using (mention)
    group by place
),
spoken as (
    select
        person_id, role, patient_rol, sex, birth_year, birth_known, pc4, secret, departure_date, source,
        bsn_token is not null as bsn,
        mentions.peildatum,
        mentions.peildatum = newest.peildatum as newest
    from work.person_mention as mentions
    inner join placed using (mention)
    inner join newest using (place)
),
sexes as (
    select person_id, sex, count(*) as times, max(peildatum) as said
    from spoken
    where sex in ('1', '2')
    group by person_id, sex
),
sex as (
    select person_id, arg_max(sex, (times, said, sex)) as sex from sexes group by person_id
),
births as (
    select person_id, birth_year, birth_known, count(*) as times, max(peildatum) as said
    from spoken
    where birth_year is not null
    group by person_id, birth_year, birth_known
),
birth as (
    select
        person_id,
        arg_max(birth_year, (times, said, birth_year, birth_known)) as birth_year,
        arg_max(birth_known, (times, said, birth_year, birth_known)) as birth_known
    from births
    group by person_id
),
merged as (
    select
        person_id,
        arg_max(pc4, (peildatum, pc4)) filter (pc4 is not null) as pc4,
        bool_or(newest and coalesce(secret, false)) as secret,
        max(departure_date) filter (newest) as departure_date,
        bool_or(bsn) as has_bsn,
        bool_or(role = 'kind' or coalesce(patient_rol = 'KIND', false)) as seen_as_child,
        bool_or(role in ('ouder1', 'ouder2') or coalesce(patient_rol = 'OUDER', false)) as seen_as_parent,
        min(peildatum) as first_seen,
        max(peildatum) as last_seen,
        count(*) as mentions,
        count(distinct source) as sources
    from spoken
    group by person_id
),
persons as (
    select
        merged.*,
        coalesce(sex.sex, '0') as sex,
        birth.birth_year,
        coalesce(birth.birth_known, 'none') as birth_known
    from merged
    left join sex using (person_id)
    left join birth using (person_id)
)
select * from persons order by person_id
