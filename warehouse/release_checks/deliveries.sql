-- grain:   one row per source and municipality
-- purpose: the deliveries behind a release, for its suite: rows that share a key, and whether anything came.
-- inputs:  release.deliveries

with line as (
    select * from release.deliveries
),

checked as (
    select
        line.*,
        count(*) over (partition by line.source, line.municipality) as key_rows,
        case when line.accepted > 0 then true end as something_accepted
    from line
)

select * from checked
