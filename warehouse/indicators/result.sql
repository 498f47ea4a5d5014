-- grain:   one row per indicator, measure, municipality and period
-- purpose: the figures. A unit counts in every period in which its window closes, and never when that is
--          after the run or after the day up to which the sources it needs have delivered. reliable:
--          coverage and linkage high enough.
-- inputs:  seed.indicator, indicators._unit, indicators._period, indicators._coverage

with declared as (
    select indicator, measure, unit, minimum_coverage from seed.indicator
),

period as (
    select * from indicators._period
),

coverage as (
    select * from indicators._coverage
),

-- each unit in each period in which its window closes
placed as (
    select unit.*, period.period as counts_in
    from indicators._unit as unit
    join period
        on unit.closes_on between period.period_start and period.period_end
        and (unit.period is null or unit.period = period.period)
),

matured as (
    select placed.*
    from placed
    join coverage
        on coverage.indicator = placed.indicator
        and coverage.municipality = placed.municipality
        and coverage.period = placed.counts_in
    where placed.closes_on <= least(cast($run_date as date), coverage.covered_until)
),

counted as (
    select
        indicator, municipality, counts_in as period,
        count(distinct unit_id) filter (not missing) as units,
        count(distinct unit_id) filter (not missing and hit) as hits,
        count(distinct unit_id) filter (missing) as missing,
        cast(sum(value) filter (not missing) as bigint) as total,
        median(value) filter (not missing) as middle
    from matured
    group by indicator, municipality, counts_in
),

cell as (
    select
        declared.indicator, declared.measure, coverage.municipality, period.period, period.period_start,
        period.period_end, period.closed, declared.unit, declared.minimum_coverage, coverage.coverage,
        coalesce(counted.units, 0) as denominator,
        coalesce(counted.missing, 0) as missing,
        counted.hits, counted.total, counted.middle
    from declared
    join coverage using (indicator)
    join period using (period)
    left join counted using (indicator, municipality, period)
),

figured as (
    select
        *,
        case unit
            when 'share' then coalesce(hits, 0)
            when 'mean' then coalesce(total, 0)
        end as numerator,
        case unit when 'median_days' then middle else numerator / nullif(denominator, 0) end as value,
        missing / nullif(denominator + missing, 0) as missing_share
    from cell
),

result as (
    select
        indicator, measure, municipality, period, period_start, period_end, closed, unit,
        numerator, denominator, value, missing, missing_share, coverage,
        coalesce(
            coverage >= minimum_coverage
            and missing_share <= round(1 - minimum_coverage, 6)
            and denominator > 0,
            false
        ) as reliable
    from figured
)

select * from result
