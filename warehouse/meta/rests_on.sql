-- grain:   one row per source that delivers, or should deliver, for the municipality
-- purpose: on what the night rests: the periods agreed up to the run (expected), the deliveries that were used
--          (loaded: not those that a later one replaces), those that wait for a steward's decision (held) and
--          those that were refused and not mended since (refused). missing are the agreed periods of which
--          nothing was used, on their own or in a stock up to that day or later; late those of them whose due
--          day has passed. latest_period is the newest that was used, latest_end its last day.
-- inputs:  meta.delivery, meta.expected_delivery

with delivery as (
    select * from meta.delivery
),

expected as (
    select * from meta.expected_delivery
),

accepted as (
    select distinct source, supplier, period, period_end, period_start is null as is_stock
    from delivery
    where state = 'loaded'
),

source as (
    select source from delivery
    union
    select source from expected
),

stock as (
    select source, supplier, max(period_end) as stock_until
    from accepted
    where is_stock
    group by source, supplier
),

awaited as (
    select
        expected.source, expected.due_date,
        accepted.period is not null or coalesce(expected.period_end <= stock.stock_until, false) as is_in
    from expected
    left join accepted using (source, supplier, period)
    left join stock using (source, supplier)
),

agreed as (
    select
        source,
        count(*) as expected,
        count(*) filter (not is_in) as missing,
        count(*) filter (not is_in and due_date < $run_date) as late
    from awaited
    group by source
),

came as (
    select
        delivery.source,
        count(*) filter (delivery.state = 'loaded' and not delivery.superseded) as loaded,
        count(*) filter (delivery.state = 'held') as held,
        count(*) filter (delivery.state = 'quarantined' and accepted.period is null) as refused,
        arg_max(delivery.period, delivery.period_end) filter (delivery.state = 'loaded') as latest_period,
        max(delivery.period_end) filter (delivery.state = 'loaded') as latest_end
    from delivery
    left join accepted using (source, supplier, period)
    group by delivery.source
),

rests_on as (
    select
        source.source,
        coalesce(agreed.expected, 0) as expected,
        coalesce(came.loaded, 0) as loaded,
        coalesce(came.held, 0) as held,
        coalesce(came.refused, 0) as refused,
        coalesce(agreed.missing, 0) as missing,
        coalesce(agreed.late, 0) as late,
        came.latest_period,
        came.latest_end
    from source
    left join agreed using (source)
    left join came using (source)
    order by source.source
)

select * from rests_on
