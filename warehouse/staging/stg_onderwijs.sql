-- grain:   one row per absence record of a school, as last delivered
-- purpose: the newest version of each record; records their source deleted and replaced deliveries are left
--          out.
-- inputs:  staging.records_onderwijs, meta.delivery

with record as (
    select * from staging.records_onderwijs
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
        verzuimsoort, verzuim_begin, verzuim_eind, verzuim_uren, melding_status, vrijstelling,
        onderwijssoort, schoolwisselingen_12m, zorgsignaal, meldcode_stap, meldcode_datum
    from in_force
)

select * from chosen
