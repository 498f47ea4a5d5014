-- grain:   one row per row of core.report
-- purpose: reports for their suite: rows that share a key, references that lead nowhere, and whether the
--          police say that they reported the gezin (police_date: the last police report on or before the
--          report; none is awaited of what the police have not delivered yet).
-- inputs:  core.report, core.family, meta.delivery, core.contact

with report as (
    select * from core.report
),

family as (
    select distinct gezin_id from core.family
),

accepted as (
    select delivery_id, source, supplier, municipality from meta.delivery where state = 'loaded'
),

police as (
    select distinct gezin_id, contact_date as police_date
    from core.contact
    where kind in ('police_report', 'incident') and gezin_id is not null
),

delivered as (
    select max(period_end) as reach from meta.delivery where state = 'loaded' and source = 'politie'
),

checked as (
    select
        report.*,
        count(*) over (
            partition by report.municipality, report.supplier, report.case_ref, report.gezin_id
        ) as key_rows,
        case when report.gezin_id is not null and family.gezin_id is null then true end as gezin_dangling,
        case when accepted.delivery_id is null then true end as delivery_dangling,
        police.police_date,
        case
            when
                report.reporter = 'POLITIE'
                and report.gezin_id is not null
                and delivered.reach >= report.report_date
                then 'POLITIE'
            else 'NONE'
        end as awaited_from,
        cast($run_date as date) as run_date
    from report
    left join family using (gezin_id)
    left join accepted using (delivery_id, source, supplier, municipality)
    cross join delivered
    asof left join police
        on police.gezin_id = report.gezin_id
        and report.report_date >= police.police_date
)

select * from checked
