-- grain:   one row a version of a record that was not withdrawn: delivery and record_key.
-- purpose: which version of a record is the newest (by period end, then sequence number). A record whose newest
--          version says deleted (status_aanlevering 3) tells nothing any more, nor do its earlier versions.
-- inputs:  work.family_delivered (all encoded records), meta.delivery.
with deliveries as (
    select delivery_id, supplier, municipality, period_end, sequence
    from meta.delivery
    where state = 'loaded' and not superseded
),
versions as (
    select
        delivery_id,
        record_key,
        last_value(status_aanlevering) over record as last_status,
        row_number() over record = count(*) over record as current
    from work.family_delivered
    inner join deliveries using (delivery_id)
    window record as (
        partition by supplier, municipality, record_key order by period_end, sequence
        rows between unbounded preceding and unbounded following
    )
),
kept as (
    select delivery_id, record_key, current from versions where last_status <> '3'
)
select * from kept
