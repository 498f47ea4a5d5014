-- grain:   one row a merge or split, of persons or of gezinnen.
-- purpose: the history that stays: of names that live, or live on in another. What tells of somebody of whom nothing is
--          held any more goes with them.
-- inputs:  work.all_event, work.live_name.
with recursive living as (
    select name from work.live_name
    union
    select from_id
    from work.all_event
    inner join living on living.name = to_id
    where what in ('merge', 'gezin_merge')
),
events as (
    select all_event.*
    from work.all_event
    semi join living as a on a.name = from_id
    semi join living as b on b.name = to_id
)
select * from events order by event
