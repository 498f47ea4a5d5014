-- grain:   one row per period and gezin with any dated activity in its twelve months
-- purpose: I23, how often did the gezin go from one organisation to another? Missing: children with
--          activity who are in no gezin. value is the number of transfers; hit says three or more.
-- inputs:  core.contact, core.transfer, indicators._period

with period as (
    select period, period_start, period_end from indicators._period
),

-- periods are whole months, so months are all that must be compared
active_month as (
    select distinct
        municipality, gezin_id,
        case when gezin_id is null then person_id end as unplaced_id,
        cast(date_trunc('month', contact_date) as date) as month
    from core.contact
    where gezin_id is not null or is_child
),

transfer_month as (
    select
        municipality, gezin_id,
        cast(date_trunc('month', transfer_date) as date) as month,
        count(*) as transfers
    from core.transfer
    where gezin_id is not null
    group by all
),

active as (
    select distinct active_month.municipality, active_month.gezin_id, active_month.unplaced_id, period.period
    from active_month
    join period on active_month.month between period.period_start and period.period_end
),

moved as (
    select
        transfer_month.municipality, transfer_month.gezin_id, period.period,
        sum(transfer_month.transfers) as transfers
    from transfer_month
    join period on transfer_month.month between period.period_start and period.period_end
    group by all
),

unit as (
    select
        active.municipality,
        coalesce(active.gezin_id, active.unplaced_id) as unit_id,
        period.period_end as closes_on,
        active.period,
        coalesce(moved.transfers, 0) >= 3 as hit,
        coalesce(moved.transfers, 0) as value,
        active.gezin_id is null as missing
    from active
    join period using (period)
    left join moved using (municipality, gezin_id, period)
)

select * from unit
