-- grain:   one row per row of core.care_trajectory
-- purpose: youth care for its suite: rows that share a key, references that lead nowhere.
-- inputs:  core.care_trajectory, core.person, core.family, meta.delivery

with care_trajectory as (
    select * from core.care_trajectory
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
        care_trajectory.*,
        count(*) over (partition by care_trajectory.delivery_id, care_trajectory.record_key) as key_rows,
        case
            when care_trajectory.person_id is not null and person.person_id is null then true
        end as person_dangling,
        case when care_trajectory.gezin_id is not null and family.gezin_id is null then true end as gezin_dangling,
        case when accepted.delivery_id is null then true end as delivery_dangling
    from care_trajectory
    left join person using (person_id)
    left join family using (gezin_id)
    left join accepted using (delivery_id, source, supplier, municipality)
)

select * from checked
