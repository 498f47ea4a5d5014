-- The truth as the measures read it. $truth is replaced by the folder. Nothing is copied: these are views on Parquet.

create view person as
select
    person_id, municipality, geslacht as sex, geboortedatum as born, household_id, household, household_place,
    greatest(coalesce(geboortedatum, date '0001-01-01'), coalesce(vestiging_datum, date '0001-01-01')) as since,
    least(coalesce(vertrek_datum, date '9999-12-31'), coalesce(overlijden_datum, date '9999-12-31')) as until
from read_parquet('$truth/persons.parquet');

-- Who lives in a municipality on a day.
create macro lives_on(day) as table select * from person where since <= day and until > day;

create view event as
select municipality, kind, date as day, source, case_id, person_ids, attributes
from read_parquet('$truth/events.parquet');

-- One line per case of youth care, with the child it is about. Case numbers are a municipality's own.
create view care as
select
    municipality, case_id,
    min(day) filter (kind = 'care_start') as start,
    min(day) filter (kind = 'care_stop') as stop,
    max(attributes ->> 'category') filter (kind = 'care_assignment') as category,
    coalesce(
        max(attributes ->> 'verwijzer') filter (kind = 'care_assignment'),
        max(attributes ->> 'verwijzer') filter (kind = 'care_request')
    ) as referrer,
    min(day) filter (kind = 'measure_start' and attributes ->> 'status' in ('OTS', 'VOTS', 'VOOGDIJ', 'VVOOGDIJ'))
        as measure_start,
    arg_max(attributes ->> 'status', day) filter (kind = 'measure_start' and day <= date '2025-01-01')
        as status,
    any_value(person_ids) filter (kind in ('care_assignment', 'care_start')) as children
from event
where source = 'jeugdhulp' and kind in ('care_request', 'care_assignment', 'care_start', 'care_stop', 'measure_start')
group by municipality, case_id;

-- Trajectories of youth care that ran in the first half of 2025; categories 47 and 48 are measures, not care.
create view trajectory as
select * from care
where start <= date '2025-06-30' and coalesce(stop >= date '2025-01-01', true)
    and coalesce(category, '') not in ('47', '48');

-- Cases of youth protection that ran in it.
create view protection as
select * from care
where category = '48' and measure_start <= date '2025-06-30' and coalesce(stop >= date '2025-01-01', true);

create view minor as
select * from lives_on(date '2025-06-30') where date_sub('year', born, date '2025-06-30') between 0 and 17;

-- Homes on the population's reference day: how many live there, and how many of them as a child.
create view home as
select
    municipality, household_id, any_value(household) as household, count(*) as people,
    count(*) filter (household_place = 'child') as children
from lives_on(date '2026-01-31')
where household_id is not null
group by municipality, household_id;

create view home_with_children as
select * from home
where children > 0 and household in (
    'one_parent', 'two_parents', 'co_parents', 'blended', 'grown_children', 'grown_children_one');

-- Reports to Veilig Thuis received in 2025.
create view report as
select
    municipality, case_id,
    attributes ->> 'eerdere_betrokkenheid' as involvement, attributes ->> 'melder_organisatie' as reporter
from event
where source = 'veilig_thuis' and kind = 'report' and day between date '2025-01-01' and date '2025-12-31';
