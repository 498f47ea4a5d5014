-- grain:   one row per row of core.mention
-- purpose: mentions for their suite: rows that share a key, references that lead nowhere, what became of
--          the citizen number (bsn_status), and how many mentions the person has.
-- inputs:  core.mention, core.person, meta.delivery, staging.mentions

with mention as (
    select * from core.mention
),

person as (
    select distinct person_id from core.person
),

accepted as (
    select delivery_id, source, supplier, municipality from meta.delivery where state = 'loaded'
),

told as (
    select delivery_id, record_key, role, bsn_status from staging.mentions
),

checked as (
    select
        mention.*,
        count(*) over (partition by mention.delivery_id, mention.record_key, mention.role) as key_rows,
        case when mention.person_id is not null and person.person_id is null then true end as person_dangling,
        case when accepted.delivery_id is null then true end as delivery_dangling,
        told.bsn_status,
        count(*) over (partition by mention.person_id) as person_mentions
    from mention
    left join person using (person_id)
    left join accepted using (delivery_id, source, supplier, municipality)
    left join told using (delivery_id, record_key, role)
)

select * from checked
