-- grain:   one row per Veilig Thuis case (supplier, case_ref) and gezin reported on
-- purpose: reports to Veilig Thuis. A case may concern several children; one of which no child is in a
--          gezin keeps one row without gezin_id. Who reported and the history are those of the child
--          recorded first.
-- inputs:  staging.stg_veilig_thuis, core.record_gezin

with veilig_thuis as (
    select * from staging.stg_veilig_thuis
),

child as (
    select delivery_id, record_key, person_id, gezin_id, effective_from, effective_to
    from core.record_gezin
    where is_child
),

located as (
    select veilig_thuis.*, child.gezin_id
    from veilig_thuis
    left join child
        on child.delivery_id = veilig_thuis.delivery_id
        and child.record_key = veilig_thuis.record_key
        and veilig_thuis.melding_datum >= child.effective_from
        and veilig_thuis.melding_datum < child.effective_to
),

first_recorded as (
    select *
    from located
    qualify row_number() over (
        partition by municipality, supplier, casus_ref, gezin_id order by melding_datum, delivery_id, row_number
    ) = 1
),

report as (
    select
        municipality, supplier, casus_ref as case_ref, gezin_id,
        melding_datum as report_date,
        melder_organisatie as reporter,
        eerdere_betrokkenheid as history,
        starts_with(eerdere_betrokkenheid, 'HERMELDING_') as is_rereport,
        starts_with(eerdere_betrokkenheid, 'VERVOLG_') as is_during_involvement,
        aard_geweld as violence,
        veiligheidstaxatie as safety_estimate,
        source, delivery_id, record_key
    from first_recorded
    qualify gezin_id is not null or count(gezin_id) over (partition by municipality, supplier, casus_ref) = 0
)

select * from report
