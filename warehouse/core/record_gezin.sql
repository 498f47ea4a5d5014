-- grain:   one row per record in force, person through whom it finds its gezin, gezin and stretch of days
-- purpose: the one place that says to which gezin a record's facts belong: on each day the gezin of its child
--          or patient. A record that names only adults belongs where most of them are together, so that a
--          couple's incident does not enter the other gezin that one of them has. gezin_id is NULL when the
--          person is in no gezin.
-- inputs:  core.mention, core.membership

with subject as (
    select distinct source, delivery_id, record_key, person_id, is_child
    from core.mention
    where is_subject
),

member as (
    select gezin_id, person_id, is_child, effective_from, effective_to from core.membership
),

placed as (
    select
        subject.*,
        member.gezin_id,
        coalesce(member.effective_from, date '1900-01-01') as effective_from,
        coalesce(member.effective_to, date '9999-12-31') as effective_to
    from subject
    left join member using (person_id, is_child)
),

adults_together as (
    select
        *,
        case
            when gezin_id is null then 0
            else count(*) over (partition by delivery_id, record_key, gezin_id)
        end as together
    from placed
    where not is_child
),

adults_placed as (
    select * exclude (together)
    from adults_together
    qualify together = max(together) over (partition by delivery_id, record_key)
),

record_gezin as (
    select * from placed where is_child
    union all
    select * from adults_placed
)

select * from record_gezin
