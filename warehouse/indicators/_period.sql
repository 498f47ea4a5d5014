-- grain:   one row per period figures are given for
-- purpose: calendar years (2025) and the twelve months that end with a quarter (2025-Q3), from the first
--          year with data (at most five years back) to the last that has ended; closed 45 days after its
--          end.
-- inputs:  core.contact, meta.expected_delivery

with dated as (
    select min(contact_date) as first_date from core.contact
    union all
    select min(due_date) from meta.expected_delivery
),

bound as (
    select greatest(year(min(first_date)), year($run_date) - 5) as first_year
    from dated
    having min(first_date) is not null
),

quarter_end as (
    select last_day(cast(unnest(generate_series(
        make_date(first_year, 12, 1), cast($run_date as date), interval 3 month
    )) as date)) as period_end
    from bound
),

calendar_year as (
    select
        cast(year(period_end) as varchar) as period,
        make_date(year(period_end), 1, 1) as period_start,
        period_end
    from quarter_end
    where month(period_end) = 12
),

rolling_year as (
    select
        year(period_end) || '-Q' || quarter(period_end) as period,
        cast(last_day(period_end - interval 12 month) + 1 as date) as period_start,
        period_end
    from quarter_end
),

period as (
    select * from calendar_year
    union all
    select * from rolling_year
),

ended as (
    select
        *,
        period_end + 45 <= $run_date as closed
    from period
    where period_end <= $run_date
)

select * from ended
