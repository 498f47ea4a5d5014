-- grain:   one row a child who had a gezin the night before.
-- purpose: who that child is tonight: a person that was merged into another lives on in that one.
-- inputs:  work.held_gezin_member, work.fresh_event, work.fresh_person.
with recursive merges as (
    select from_id, arg_max(to_id, event) as to_id from work.fresh_event where what = 'merge' group by from_id
),
steps as (
    select gezin_id, person_id as was, person_id as name, 0 as step from work.held_gezin_member
    union
    select gezin_id, was, merges.to_id, step + 1
    from steps
    inner join merges on merges.from_id = steps.name
    anti join work.fresh_person on fresh_person.person_id = steps.name
    where step < 50
),
followed as (
    select gezin_id, was, arg_max(name, step) as person_id from steps group by gezin_id, was
)
select * from followed
