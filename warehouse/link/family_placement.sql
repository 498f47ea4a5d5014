-- grain:   one row a child and building where the child was placed.
-- purpose: foster care, family-like and residential care (iJw JZ020: 35 to 38, 43, 44) and records that name a foster
--          parent give the address of the placement, which is no home. It is the home after all when a parent
--          lives there, or a brother or sister who was not placed there.
-- inputs:  work.family_sighting, work.family_version, work.family_child, work.family_guardian,
--          staging.records_jeugdhulp; $run_date.
with placement_records as (
    select delivery_id, record_key
    from staging.records_jeugdhulp
    inner join work.family_version using (delivery_id, record_key)
    where current
        and productcategorie in ('35', '36', '37', '38', '43', '44')
        and start_datum <= $run_date
        and reden_wijziging is distinct from '13'
    union
    select delivery_id, record_key from work.family_sighting where current and relation = '13'
),
homes as (
    select child, building, delivery_id, record_key
    from work.family_sighting
    inner join work.family_child using (person_id)
    where as_child and current and not incident and building is not null and address_kind is distinct from '02'
),
placed as (
    select distinct child, building from homes semi join placement_records using (delivery_id, record_key)
),
parents as (
    select child, adult from work.family_guardian where reason is null and role = 'ouder'
),
with_parent as (
    select child, building
    from parents
    inner join work.family_sighting on person_id = adult
    where current and not incident and building is not null
),
with_sibling as (
    select parents.child, at_home.building
    from parents
    inner join parents as siblings on siblings.adult = parents.adult and siblings.child <> parents.child
    inner join homes as at_home on at_home.child = siblings.child
    anti join placed on placed.child = at_home.child and placed.building = at_home.building
),
placements as (
    select child, building from placed
    anti join with_parent using (child, building)
    anti join with_sibling using (child, building)
)
select * from placements
