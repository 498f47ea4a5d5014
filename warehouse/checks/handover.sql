-- grain:   one row per row of core.handover
-- purpose: handovers for their suite: rows that share a key, references that lead nowhere, and by whom a
--          receipt is awaited (awaited_from): by the local team or youth care, when the gezin is known and
--          what that source has delivered reaches at least 60 days past the handover; else NOT_YET. After
--          60 days without anything indicator I05 calls a gezin out of view.
-- inputs:  core.handover, core.family, meta.delivery

with handover as (
    select * from core.handover
),

family as (
    select distinct gezin_id from core.family
),

accepted as (
    select delivery_id, source, supplier, municipality from meta.delivery where state = 'loaded'
),

delivered as (
    select upper(source) as handed_to, max(period_end) as reach
    from meta.delivery
    where state = 'loaded'
    group by source
),

checked as (
    select
        handover.*,
        count(*) over (
            partition by handover.municipality, handover.supplier, handover.case_ref, handover.gezin_id
        ) as key_rows,
        case when handover.gezin_id is not null and family.gezin_id is null then true end as gezin_dangling,
        case when accepted.delivery_id is null then true end as delivery_dangling,
        case
            when handover.gezin_id is null then 'NO_GEZIN'
            when delivered.reach >= handover.handover_date + 60 then handover.handed_to
            else 'NOT_YET'
        end as awaited_from,
        cast($run_date as date) as run_date
    from handover
    left join family using (gezin_id)
    left join accepted using (delivery_id, source, supplier, municipality)
    left join delivered using (handed_to)
)

select * from checked
