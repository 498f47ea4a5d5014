-- grain:   one row per handover (case and gezin)
-- purpose: I04, did the local team receive or meet the gezin, or did youth care start, within 14 days of
--          the handover? Missing when the receiver delivers nothing to us, or when no child of the case is
--          in a gezin.
-- inputs:  core.handover

with handover as (
    select * from core.handover
),

unit as (
    select
        municipality,
        supplier || ':' || case_ref || ':' || coalesce(gezin_id, '') as unit_id,
        handover_date + 14 as closes_on,
        coalesce(received_date <= handover_date + 14, false) as hit,
        gezin_id is null or coalesce(handed_to = 'OVERIG', false) as missing
    from handover
)

select * from unit
