-- grain:   one row per youth care assignment, as last delivered
-- purpose: the newest version of each record; records their source deleted and replaced deliveries are left
--          out. An assignment changed for reason 13 ("verwijderd", iJw code list JZ002) counts as never
--          sent.
-- inputs:  staging.records_jeugdhulp, meta.delivery

with record as (
    select * from staging.records_jeugdhulp
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
      and coalesce(reden_wijziging, '') <> '13'
),

chosen as (
    select
        delivery_id, source, supplier, municipality, period, period_end, record_key, row_number, peildatum,
        toewijzingnummer, productcategorie, productcode, verwijzer, verzoek_datum, verzoek_uitkomst,
        toewijzing_datum, reden_wijziging, start_datum, stop_datum, reden_beeindiging,
        gestart_met_crisis, juridische_status, maatregel_start, gi_plan_datum, voorwaarden_versie,
        contactmomenten, veiligheidschecks
    from in_force
)

select * from chosen
