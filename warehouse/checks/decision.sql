-- grain:   one row per row of core.decision
-- purpose: decisions for their suite: rows that share a key, references that lead nowhere.
-- inputs:  core.decision, core.family, meta.delivery

with decision as (
    select * from core.decision
),

family as (
    select distinct gezin_id from core.family
),

accepted as (
    select delivery_id, source, supplier, municipality from meta.delivery where state = 'loaded'
),

checked as (
    select
        decision.*,
        count(*) over (
            partition by
                decision.municipality, decision.supplier, decision.case_ref, decision.gezin_id,
                decision.kind, decision.decision_date
        ) as key_rows,
        case when decision.gezin_id is not null and family.gezin_id is null then true end as gezin_dangling,
        case when accepted.delivery_id is null then true end as delivery_dangling,
        cast($run_date as date) as run_date
    from decision
    left join family using (gezin_id)
    left join accepted using (delivery_id, source, supplier, municipality)
)

select * from checked
