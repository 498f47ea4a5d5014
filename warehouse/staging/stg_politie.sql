-- grain:   one row per police incident, as last delivered
-- purpose: the newest version of each record; records their source deleted and replaced deliveries are left
--          out. Police classes stop here: only the coarse incident type goes on.
-- inputs:  staging.records_politie, meta.delivery

with record as (
    select * from staging.records_politie
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
        incident_type, incident_datum, persoon_rol, kind_aanwezig, zorgmelding_vt_datum, huisverbod,
        huisverbod_start
    from in_force
)

select * from chosen
