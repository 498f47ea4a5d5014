-- grain:   one row a number of records a person has; $most and more are one row.
-- purpose: how large persons are.
-- inputs:  work.report_place; $most.
with persons as (
    select person_id, least(count(*), $most) as size from work.report_place group by person_id
),
sizes as (
    select size, count(*) as persons from persons group by size
)
select * from sizes order by size
