-- grain:   one row per indicator, municipality and period
-- purpose: did the sources that an indicator needs deliver? covered_until is the day up to which every
--          supplier of a needed source has an accepted delivery; coverage is the share of the deliveries
--          expected in the period (by the end of their own period) that is in, on its own or in a stock up
--          to that day or later. Where none was expected, the share of suppliers with such a stock. An
--          indicator that needs no source is covered by definition.
-- inputs:  seed.indicator, meta.delivery, meta.expected_delivery, indicators._period

with need as (
    select indicator, unnest(string_split(sources, ' ')) as source
    from seed.indicator
    where measure = 'value' and sources is not null
),

accepted as (
    select source, supplier, municipality, period, period_end, period_start is null as is_stock
    from meta.delivery
    where state = 'loaded'
),

expected as (
    select source, supplier, municipality, period, period_end from meta.expected_delivery
),

period as (
    select * from indicators._period
),

supplier as (
    select source, supplier, municipality from accepted
    union
    select source, supplier, municipality from expected
),

municipality as (
    select distinct municipality from supplier
),

reach as (
    select
        supplier.source, supplier.supplier, supplier.municipality,
        coalesce(max(accepted.period_end), date '1900-01-01') as delivered_until,
        coalesce(max(accepted.period_end) filter (accepted.is_stock), date '1900-01-01') as stock_until
    from supplier
    left join accepted using (source, supplier, municipality)
    group by supplier.source, supplier.supplier, supplier.municipality
),

covered as (
    select need.indicator, reach.municipality, min(reach.delivered_until) as covered_until
    from need
    join reach using (source)
    group by need.indicator, reach.municipality
),

awaited as (
    select
        expected.source, expected.municipality, expected.period_end,
        accepted.supplier is not null or expected.period_end <= reach.stock_until as is_in
    from expected
    join reach using (source, supplier, municipality)
    left join accepted using (source, supplier, municipality, period)
),

counted as (
    select
        need.indicator, awaited.municipality, period.period,
        count(*) as expected,
        count(*) filter (awaited.is_in) as delivered
    from awaited
    join need using (source)
    join period on awaited.period_end between period.period_start and period.period_end
    group by need.indicator, awaited.municipality, period.period
),

stocked as (
    select
        need.indicator, reach.municipality, period.period,
        count(*) as suppliers,
        count(*) filter (reach.stock_until >= period.period_end) as stocks
    from need
    join reach using (source)
    cross join period
    group by need.indicator, reach.municipality, period.period
),

declared as (
    select indicator, sources is null as needs_nothing from seed.indicator where measure = 'value'
),

coverage as (
    select
        declared.indicator, municipality.municipality, period.period,
        case
            when declared.needs_nothing then cast($run_date as date)
            else coalesce(covered.covered_until, date '1900-01-01')
        end as covered_until,
        case
            when declared.needs_nothing then 1.0
            when counted.expected > 0 then counted.delivered / counted.expected
            else coalesce(stocked.stocks / stocked.suppliers, 0.0)
        end as coverage
    from declared
    cross join municipality
    cross join period
    left join covered using (indicator, municipality)
    left join counted using (indicator, municipality, period)
    left join stocked using (indicator, municipality, period)
)

select * from coverage
