-- grain:   one row per row of core.signal
-- purpose: signals for their suite: rows that share a key, references that lead nowhere, codes that
--          seed.signal lacks.
-- inputs:  core.signal, core.person, core.family, meta.delivery, seed.signal

with signal as (
    select * from core.signal
),

person as (
    select distinct person_id from core.person
),

family as (
    select distinct gezin_id from core.family
),

accepted as (
    select delivery_id, source, supplier, municipality from meta.delivery where state = 'loaded'
),

listed as (
    select distinct code from seed.signal
),

checked as (
    select
        signal.*,
        count(*) over (
            partition by signal.person_id, signal.gezin_id, signal.code, signal.signal_date, signal.source
        ) as key_rows,
        case when signal.person_id is not null and person.person_id is null then true end as person_dangling,
        case when signal.gezin_id is not null and family.gezin_id is null then true end as gezin_dangling,
        case when accepted.delivery_id is null then true end as delivery_dangling,
        case when listed.code is null then true end as code_dangling
    from signal
    left join person using (person_id)
    left join family using (gezin_id)
    left join accepted using (delivery_id, source, supplier, municipality)
    left join listed using (code)
)

select * from checked
