-- grain:   one row per row of core.local_case
-- purpose: cases of local teams for their suite: rows that share a key, references that lead nowhere, and
--          whether Veilig Thuis says that it handed the gezin over (handed_over_date: the last handover on
--          or before the receipt).
-- inputs:  core.local_case, core.family, meta.delivery, core.handover

with local_case as (
    select * from core.local_case
),

family as (
    select distinct gezin_id from core.family
),

accepted as (
    select delivery_id, source, supplier, municipality from meta.delivery where state = 'loaded'
),

handed_over as (
    select distinct gezin_id, handover_date from core.handover where gezin_id is not null
),

checked as (
    select
        local_case.*,
        count(*) over (
            partition by local_case.municipality, local_case.supplier, local_case.case_ref, local_case.gezin_id
        ) as key_rows,
        case when local_case.gezin_id is not null and family.gezin_id is null then true end as gezin_dangling,
        case when accepted.delivery_id is null then true end as delivery_dangling,
        handed_over.handover_date as handed_over_date,
        cast($run_date as date) as run_date
    from local_case
    left join family using (gezin_id)
    left join accepted using (delivery_id, source, supplier, municipality)
    asof left join handed_over
        on handed_over.gezin_id = local_case.gezin_id
        and local_case.received_date >= handed_over.handover_date
)

select * from checked
