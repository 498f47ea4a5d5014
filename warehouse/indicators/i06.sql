-- grain:   one row per handover (case and gezin)
-- purpose: I06, how many days from the handover to the first contact of the local team with the gezin?
--          Contacts after more than 90 days, or none, are missing.
-- inputs:  core.handover

with handover as (
    select
        *,
        first_contact_date - handover_date as days
    from core.handover
),

unit as (
    select
        municipality,
        supplier || ':' || case_ref || ':' || coalesce(gezin_id, '') as unit_id,
        handover_date + 90 as closes_on,
        case when days <= 90 then days end as value,
        days is null or days > 90 as missing
    from handover
)

select * from unit
