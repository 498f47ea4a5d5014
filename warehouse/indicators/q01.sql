-- grain:   one row per expected delivery
-- purpose: Q01, was a delivery for the period accepted that had arrived by the day it was due?
-- inputs:  meta.expected_delivery, meta.delivery

with expected as (
    select * from meta.expected_delivery
),

accepted as (
    select supplier, municipality, period, cast(min(arrived_at) as date) as arrived_on
    from meta.delivery
    where state = 'loaded'
    group by supplier, municipality, period
),

unit as (
    select
        expected.municipality,
        expected.supplier || ':' || expected.period as unit_id,
        expected.due_date as closes_on,
        coalesce(accepted.arrived_on <= expected.due_date, false) as hit,
        false as missing
    from expected
    left join accepted using (supplier, municipality, period)
)

select * from unit
