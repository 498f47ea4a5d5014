-- grain:   one row a merge or split of persons and a record that it was about.
-- purpose: whose the record was (merge) or became (split), so that it can be undone. Records that went are left out.
-- inputs:  work.held_event_record, work.numbered_event, work.live_event, work.person_before, work.person_name,
--          work.person_record.
with mine as (
    select record, old_id, person_id
    from work.person_before
    inner join work.person_name using (cluster)
    where old_id is not null
),
tonight as (
    select event, record, old_id as side
    from work.numbered_event
    inner join mine on mine.person_id = to_id and old_id in (from_id, to_id)
    where what = 'merge'
    union all
    select event, record, person_id
    from work.numbered_event
    inner join mine on old_id = from_id and person_id in (from_id, to_id)
    where what = 'split'
),
records as (
    select * from work.held_event_record
    union all
    select * from tonight
),
kept as (
    select event, record, side
    from records
    semi join work.live_event using (event)
    semi join work.person_record using (record)
)
select * from kept
