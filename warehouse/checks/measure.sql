-- grain:   one row per row of core.measure
-- purpose: measures for their suite: rows that share a key, references that lead nowhere.
-- inputs:  core.measure, core.person, core.family, meta.delivery

with measure as (
    select * from core.measure
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

checked as (
    select
        measure.*,
        count(*) over (
            partition by
                measure.municipality, measure.person_id, measure.gezin_id,
                coalesce(measure.person_id, measure.gezin_id, measure.record_key), measure.kind, measure.start_date
        ) as key_rows,
        case when measure.person_id is not null and person.person_id is null then true end as person_dangling,
        case when measure.gezin_id is not null and family.gezin_id is null then true end as gezin_dangling,
        case when accepted.delivery_id is null then true end as delivery_dangling
    from measure
    left join person using (person_id)
    left join family using (gezin_id)
    left join accepted using (delivery_id, source, supplier, municipality)
)

select * from checked
