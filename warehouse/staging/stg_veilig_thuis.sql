-- grain:   one row per child in a Veilig Thuis case, as last delivered
-- purpose: the newest version of each record; records their source deleted and replaced deliveries are left
--          out.
-- inputs:  staging.records_veilig_thuis, meta.delivery

with record as (
    select * from staging.records_veilig_thuis
),

delivery as (
    select delivery_id, period_end, sequence
    from meta.delivery
    where state = 'loaded' and not superseded
),

version as (
    select
        record.*,
        delivery.period_end,
        row_number() over (
            partition by record.supplier, record.record_key
            order by delivery.period_end desc, delivery.sequence desc
        ) as recency
    from record
    join delivery using (delivery_id)
),

in_force as (
    select *
    from version
    where recency = 1
      and status_aanlevering <> '3'
),

chosen as (
    select
        delivery_id, source, supplier, municipality, period, period_end, record_key, row_number, peildatum,
        casus_ref, melding_datum, melder_organisatie, eerdere_betrokkenheid, aard_geweld,
        beoordeling_datum, beoordeling_uitkomst, veiligheidstaxatie, dienst, dienst_start, dienst_eind,
        veiligheidsvoorwaarden_datum, voorwaarden_versie, overdracht_datum, overdracht_aan,
        terugkoppeling_melder_datum, monitor1_datum, monitor2_datum, monitor_uitkomst,
        rvdk_verzoek_datum
    from in_force
)

select * from chosen
