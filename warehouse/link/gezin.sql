-- grain:   one row a gezin: the unit that is counted.
-- purpose: its size, when it was seen and how it was formed (the weakest evidence that holds its children together).
-- inputs:  link.gezin_member.
with strengths (evidence, strength) as (
    values ('household', 1), ('moved_together', 2), ('gezin_ref', 3), ('guardian_only', 4), ('alone', 5)
),
gezinnen as (
    select
        gezin_id,
        count(*) filter (role = 'kind') as children,
        count(*) filter (role <> 'kind') as adults,
        min(valid_from) filter (role = 'kind') as first_seen,
        max(last_seen) filter (role = 'kind') as last_seen,
        arg_max(evidence, strength) filter (role = 'kind') as formed_by,
        coalesce(bool_or(shared) filter (role = 'kind'), false) as shared,
        bool_or(restricted) as restricted
    from link.gezin_member
    left join strengths using (evidence)
    group by gezin_id
)
select * from gezinnen order by gezin_id
