-- grain:   one row per row of core.assessment
-- purpose: assessments for their suite: rows that share a key, references that lead nowhere, cases that
--          were never reported.
-- inputs:  core.assessment, meta.delivery, core.report

with assessment as (
    select * from core.assessment
),

accepted as (
    select delivery_id, source, supplier, municipality from meta.delivery where state = 'loaded'
),

reported as (
    select distinct municipality, supplier, case_ref from core.report
),

checked as (
    select
        assessment.*,
        count(*) over (
            partition by assessment.municipality, assessment.supplier, assessment.case_ref
        ) as key_rows,
        case when accepted.delivery_id is null then true end as delivery_dangling,
        case when reported.case_ref is null then true end as case_dangling,
        cast($run_date as date) as run_date
    from assessment
    left join accepted using (delivery_id, source, supplier, municipality)
    left join reported using (municipality, supplier, case_ref)
)

select * from checked
