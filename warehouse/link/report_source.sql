-- grain:   one row a source.
-- purpose: how many of its records are linked to no other.
-- inputs:  work.report_place.
with sources as (
    select source, count(*) as places, count_if(alone) as alone
    from work.report_place
    group by source
)
select * from sources order by source
