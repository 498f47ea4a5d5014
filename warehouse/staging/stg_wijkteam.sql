-- grain:   one row per child in a local team case, as last delivered
-- purpose: the newest version of each record; records their source deleted and replaced deliveries are left
--          out.
-- inputs:  staging.records_wijkteam, meta.delivery

with record as (
    select * from staging.records_wijkteam
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
        casus_ref, aanmeld_datum, aanmelder, ontvangst_overdracht_vt, eerste_contact_datum,
        regisseur_toegewezen_datum, regisseur_org, leefgebieden, steunfactoren, veiligheidsplan_datum,
        voorwaarden_overgenomen, voorwaarden_versie, laatste_veiligheidscheck, contactmomenten,
        veiligheidschecks, mdo_datum, mdo_deelnemers, besluit_datum, bronnen_bij_besluit, herstel_doel,
        doorverwijzing_naar, doorverwijzing_datum, warme_overdracht, afsluit_datum, afsluit_veiligheid
    from in_force
)

select * from chosen
