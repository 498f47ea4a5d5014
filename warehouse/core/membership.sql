-- grain:   one row per stretch of days of a person in a gezin
-- purpose: who belongs to which gezin when. effective_from and effective_to (exclusive) are for placing
--          facts: a child's stretches follow each other without a gap, so that on any day it is in exactly
--          one gezin; the first stretch of every person reaches back before the first delivery that named
--          it.
-- inputs:  link.gezin_member

with member as (
    select
        gezin_id, person_id, role, role = 'kind' as is_child, valid_from, valid_to, shared, restricted
    from link.gezin_member
),

ordered as (
    select
        *,
        min(valid_from) over (partition by person_id, is_child) as first_from,
        lag(valid_from) over stretches as previous_from,
        lead(valid_from) over stretches as next_from
    from member
    window stretches as (partition by person_id, is_child order by valid_from, gezin_id)
),

effective as (
    select
        * exclude (first_from, previous_from, next_from),
        case
            when is_child and previous_from is null then date '1900-01-01'
            when not is_child and valid_from is not distinct from first_from then date '1900-01-01'
            else valid_from
        end as effective_from,
        case
            when is_child then coalesce(next_from, date '9999-12-31')
            else coalesce(valid_to + 1, date '9999-12-31')
        end as effective_to
    from ordered
)

select * from effective
