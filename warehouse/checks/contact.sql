-- grain:   one row per row of core.contact
-- purpose: dated activities for their suite: rows that share a key, references that lead nowhere, dates after
--          the run, and dates more than 25 years before it: no child, and no case about one, is older than 23.
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
        case when contact.contact_date > $run_date then true end as after_run,
        case
            when contact.contact_date < cast($run_date as date) - interval 25 year then true
        end as long_ago
    from contact
    left join person using (person_id)
    left join family using (gezin_id)
    left join accepted using (delivery_id, source, supplier, municipality)
)

select * from checked
