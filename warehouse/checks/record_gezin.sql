-- grain:   one row per row of core.record_gezin
-- purpose: the gezin of each record for its suite: rows that share a key, references that lead nowhere, and
--          persons whom the record does not name.
-- inputs:  core.record_gezin, core.person, core.family, meta.delivery, core.mention

with record_gezin as (
    select * from core.record_gezin
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

named as (
    select distinct delivery_id, record_key, person_id from core.mention
),

checked as (
    select
        record_gezin.*,
        count(*) over (
            partition by
                record_gezin.delivery_id, record_gezin.record_key, record_gezin.person_id,
                record_gezin.is_child, record_gezin.gezin_id, record_gezin.effective_from
        ) as key_rows,
        case when record_gezin.person_id is not null and person.person_id is null then true end as person_dangling,
        case when record_gezin.gezin_id is not null and family.gezin_id is null then true end as gezin_dangling,
        case when accepted.delivery_id is null then true end as delivery_dangling,
        case when named.person_id is null then true end as mention_dangling
    from record_gezin
    left join person using (person_id)
    left join family using (gezin_id)
    left join accepted using (delivery_id, source)
    left join named using (delivery_id, record_key, person_id)
)

select * from checked
