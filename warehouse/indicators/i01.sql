-- grain:   one row per report to Veilig Thuis (case)
-- purpose: I01, was the safety assessment made within five working days of the report? A report assessed
--          without a date is missing; one not assessed yet is not on time.
-- inputs:  core.assessment, seed.working_day

with assessment as (
    select * from core.assessment
),

working_day as (
    select date, working_day_number from seed.working_day
),

deadline as (
    select working_day_number, min(date) as deadline
    from working_day
    group by working_day_number
),

due as (
    select
        assessment.*,
        deadline.deadline
    from assessment
    join working_day on working_day.date = assessment.report_date
    join deadline on deadline.working_day_number = working_day.working_day_number + 5
),

unit as (
    select
        municipality,
        supplier || ':' || case_ref as unit_id,
        deadline as closes_on,
        coalesce(assessment_date <= deadline, false) as hit,
        assessment_date is null and outcome <> 'NOG_NIET' as missing
    from due
)

select * from unit
