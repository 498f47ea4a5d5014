-- grain:   one row per anchor: a handover, or a closure by the local team; counted by gezin
-- purpose: I14, was the gezin reported to Veilig Thuis again (HERMELDING) within 365 days after that day?
--          Missing when no child of the case is in a gezin.
-- inputs:  core.handover, core.local_case, core.report

with anchor as (
    select municipality, gezin_id, handover_date as anchor_date, supplier || ':' || case_ref as anchor_id
    from core.handover
    union all
    select municipality, gezin_id, closure_date, supplier || ':' || case_ref
    from core.local_case
    where closure_date is not null
),

rereport as (
    select distinct gezin_id, report_date
    from core.report
    where is_rereport and gezin_id is not null
),

followed as (
    select
        anchor.*,
        rereport.report_date
    from anchor
    asof left join rereport
        on rereport.gezin_id = anchor.gezin_id
        and anchor.anchor_date < rereport.report_date
),

unit as (
    select
        municipality,
        coalesce(gezin_id, anchor_id) as unit_id,
        anchor_date + 365 as closes_on,
        coalesce(report_date <= anchor_date + 365, false) as hit,
        gezin_id is null as missing
    from followed
)

select * from unit
