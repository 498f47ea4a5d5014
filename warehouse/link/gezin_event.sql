-- grain:   one row a merge or split of gezinnen tonight: from_id's children are (all: merge, some: split) to_id's now.
-- purpose: what happened, and the weakest evidence that holds the gezin's children together now (why).
-- inputs:  work.name_claim, work.family_pseudonym, work.family_formed; $day.
with strengths (evidence, strength) as (
    values ('household', 1), ('moved_together', 2), ('gezin_ref', 3), ('guardian_only', 4), ('alone', 5)
),
formed as (
    select gezin, arg_max(evidence, strength) as why
    from work.family_formed
    inner join strengths using (evidence)
    group by gezin
),
events as (
    select $day as day, concat('gezin_', what) as what, old_id as from_id, gezin_id as to_id, why
    from work.name_claim
    inner join work.family_pseudonym on family_pseudonym.gezin = cluster
    inner join formed on formed.gezin = cluster
    where what <> 'kept' and old_id <> gezin_id
)
select * from events order by what, from_id, to_id
