-- grain:   one row a pair of records.
-- purpose: the evidence: what was scored before of two records that are as they were, and what was scored tonight.
-- inputs:  work.held_pair, work.new_pair, work.person_record, work.person_new.
with as_they_were as (
    select record from work.person_record where known
    except
    select record from work.person_new
),
kept as (
    select held_pair.*
    from work.held_pair
    semi join as_they_were as a on a.record = "left"
    semi join as_they_were as b on b.record = "right"
),
pairs as (
    select * from kept
    union all by name
    select * from work.new_pair
)
select * from pairs
