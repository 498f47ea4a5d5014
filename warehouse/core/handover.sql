-- grain:   one row per Veilig Thuis case (supplier, case_ref) and gezin handed over
-- purpose: handovers to local organisations with their conditions, and what was then seen of the gezin: the
--          first receipt or contact at the local team or start of youth care, and the first contact with
--          the local team, on or after the day of the handover. A case of which no child is in a gezin
--          keeps one row without gezin_id.
-- inputs:  staging.stg_veilig_thuis, core.record_gezin, core.contact

with veilig_thuis as (
    select * from staging.stg_veilig_thuis where overdracht_datum is not null
),

child as (
    select delivery_id, record_key, person_id, gezin_id, effective_from, effective_to
    from core.record_gezin
    where is_child
),

received as (
    select distinct gezin_id, contact_date
    from core.contact
    where (source = 'wijkteam' and kind in ('receipt', 'first_contact'))
       or (source = 'jeugdhulp' and kind = 'care_start')
),

met as (
    select distinct gezin_id, contact_date
    from core.contact
    where source = 'wijkteam' and kind = 'first_contact'
),

located as (
    select veilig_thuis.*, child.gezin_id
    from veilig_thuis
    left join child
        on child.delivery_id = veilig_thuis.delivery_id
        and child.record_key = veilig_thuis.record_key
        and veilig_thuis.overdracht_datum >= child.effective_from
        and veilig_thuis.overdracht_datum < child.effective_to
),

first_recorded as (
    select *
    from located
    qualify row_number() over (
        partition by municipality, supplier, casus_ref, gezin_id order by overdracht_datum, delivery_id, row_number
    ) = 1
),

handover as (
    select
        municipality, supplier, casus_ref as case_ref, gezin_id,
        overdracht_datum as handover_date,
        overdracht_aan as handed_to,
        dienst as service,
        veiligheidsvoorwaarden_datum as conditions_date,
        voorwaarden_versie as conditions_version,
        monitor1_datum as monitor1_date,
        monitor2_datum as monitor2_date,
        monitor_uitkomst as monitor_outcome,
        source, delivery_id, record_key
    from first_recorded
    qualify gezin_id is not null or count(gezin_id) over (partition by municipality, supplier, casus_ref) = 0
),

followed as (
    select
        handover.*,
        received.contact_date as received_date,
        met.contact_date as first_contact_date
    from handover
    asof left join received
        on received.gezin_id = handover.gezin_id
        and handover.handover_date <= received.contact_date
    asof left join met
        on met.gezin_id = handover.gezin_id
        and handover.handover_date <= met.contact_date
)

select * from followed
