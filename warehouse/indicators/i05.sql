-- grain:   one row per handover (case and gezin), counted by gezin
-- purpose: I05, was the gezin out of view after the handover: more than 60 days on end without any dated
--          activity at a local source within 180 days, or until the local team closed the case as stably
--          safe? A gezin of which a child left the municipality in those days is not counted. Missing when
--          no child of the case is in a gezin.
-- inputs:  core.handover, core.contact, core.local_case, core.membership, core.person

with handover as (
    select
        municipality, gezin_id, handover_date,
        municipality || ':' || supplier || ':' || case_ref || ':' || coalesce(gezin_id, '') as handover_id,
        handover_date + 180 as closes_on
    from core.handover
),

activity as (
    select distinct gezin_id, contact_date
    from core.contact
    where source in ('wijkteam', 'jeugdhulp', 'onderwijs', 'huisarts', 'kinderopvang')
),

stable_closure as (
    select distinct gezin_id, closure_date
    from core.local_case
    where closure_safety = 'STABIEL_VEILIG' and closure_date is not null and gezin_id is not null
),

departed as (
    select distinct handover.handover_id
    from handover
    join core.membership as member
        on member.gezin_id = handover.gezin_id
        and member.is_child
        and handover.handover_date >= member.effective_from
        and handover.handover_date < member.effective_to
    join core.person as person
        on person.person_id = member.person_id
        and person.departure_date between handover.handover_date and handover.closes_on
),

observed as (
    select
        handover.*,
        least(handover.closes_on, stable_closure.closure_date) as observed_until
    from handover
    asof left join stable_closure
        on stable_closure.gezin_id = handover.gezin_id
        and handover.handover_date <= stable_closure.closure_date
    where handover.handover_id not in (select handover_id from departed)
),

seen as (
    select handover_id, handover_date as seen_on from observed
    union
    select handover_id, observed_until from observed
    union
    select observed.handover_id, activity.contact_date
    from observed
    join activity
        on activity.gezin_id = observed.gezin_id
        and activity.contact_date between observed.handover_date and observed.observed_until
),

silence as (
    select
        handover_id,
        seen_on - lag(seen_on) over (partition by handover_id order by seen_on) - 1 as days_without
    from seen
),

longest as (
    select handover_id, coalesce(max(days_without), 0) as longest_silence
    from silence
    group by handover_id
),

unit as (
    select
        observed.municipality,
        coalesce(observed.gezin_id, observed.handover_id) as unit_id,
        observed.closes_on,
        observed.gezin_id is not null and longest.longest_silence > 60 as hit,
        observed.gezin_id is null as missing
    from observed
    join longest using (handover_id)
)

select * from unit
