-- grain:   one row per row of core.contact
-- purpose: dated activities for their suite: rows that share a key, references that lead nowhere. No child,
--          and no case about one, is older than 23: earliest_date is 25 years before the run.
-- inputs:  core.contact, core.person, core.family, meta.delivery

with contact as (
    select * from core.contact
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
        contact.*,
        count(*) over (
            partition by
                contact.delivery_id, contact.record_key, contact.contract_field, contact.contact_date,
                contact.person_id, contact.gezin_id
        ) as key_rows,
        case when contact.person_id is not null and person.person_id is null then true end as person_dangling,
        case when contact.gezin_id is not null and family.gezin_id is null then true end as gezin_dangling,
        case when accepted.delivery_id is null then true end as delivery_dangling,
        cast(cast($run_date as date) - interval 25 year as date) as earliest_date,
        cast($run_date as date) as run_date
    from contact
    left join person using (person_id)
    left join family using (gezin_id)
    left join accepted using (delivery_id, source, supplier, municipality)
)

select * from checked
