-- grain:   one row per Veilig Thuis case (supplier, case_ref)
-- purpose: the safety assessment of each report, made or still due, and the service that followed it. A
--          case with several children counts once: reported on its first date, assessed on the first
--          assessment of any child.
-- inputs:  staging.stg_veilig_thuis

with veilig_thuis as (
    select * from staging.stg_veilig_thuis
),

assessed_first as (
    select
        *,
        min(melding_datum) over (partition by municipality, supplier, casus_ref) as first_report_date
    from veilig_thuis
    qualify row_number() over (
        partition by municipality, supplier, casus_ref
        order by beoordeling_datum nulls last, melding_datum, delivery_id, row_number
    ) = 1
),

assessment as (
    select
        municipality, supplier, casus_ref as case_ref,
        first_report_date as report_date,
        beoordeling_datum as assessment_date,
        beoordeling_uitkomst as outcome,
        veiligheidstaxatie as safety_estimate,
        dienst as service,
        dienst_start as service_start,
        dienst_eind as service_end,
        veiligheidsvoorwaarden_datum as conditions_date,
        voorwaarden_versie as conditions_version,
        source, delivery_id, record_key
    from assessed_first
)

select * from assessment
