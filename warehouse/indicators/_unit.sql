-- grain:   one row per indicator and unit (report, handover, anchor, gezin in a period, expected delivery)
-- purpose: all indicators' units under one roof. unit_id is what is counted once a period; closes_on is the
--          day its follow-up window closes; period is set where the unit belongs to one period only; hit
--          counts in the numerator; value is what a median or mean is taken of; a missing unit counts in
--          neither.
-- inputs:  indicators.i01, indicators.i03, indicators.i04, indicators.i05, indicators.i06, indicators.i14,
--          indicators.i23, indicators.q01

with shaped as (
    select
        cast(null as varchar) as indicator,
        cast(null as varchar) as municipality,
        cast(null as varchar) as unit_id,
        cast(null as date) as closes_on,
        cast(null as varchar) as period,
        cast(null as boolean) as hit,
        cast(null as double) as value,
        cast(null as boolean) as missing
    where false
),

unit as (
    select * from shaped
    union all by name
    select 'I01' as indicator, * from indicators.i01
    union all by name
    select 'I03' as indicator, * from indicators.i03
    union all by name
    select 'I04' as indicator, * from indicators.i04
    union all by name
    select 'I05' as indicator, * from indicators.i05
    union all by name
    select 'I06' as indicator, * from indicators.i06
    union all by name
    select 'I14' as indicator, * from indicators.i14
    union all by name
    select 'I23' as indicator, * from indicators.i23
    union all by name
    select 'Q01' as indicator, * from indicators.q01
)

select * from unit
