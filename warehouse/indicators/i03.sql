-- grain:   one row per handover after a Veilig Thuis service (case and gezin)
-- purpose: I03, were safety conditions set on or before the day of the handover?
-- inputs:  core.handover

with handover as (
    select * from core.handover where service <> 'GEEN'
),

unit as (
    select
        municipality,
        supplier || ':' || case_ref || ':' || coalesce(gezin_id, '') as unit_id,
        handover_date as closes_on,
        coalesce(conditions_date <= handover_date, false) as hit,
        false as missing
    from handover
)

select * from unit
