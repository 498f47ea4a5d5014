-- grain:   one row a child and gezin_ref (a district team's own number of a gezin).
-- purpose: which gezin_ref counts for the child's household (reason is null). A household takes one: the most recent,
--          then the one most of its children have, then the one recorded first, so that it can never hang two
--          gezinnen together. Reasons:
--          gezin_ref_of_many  more than $most_children children: a default value, not a gezin
--          other_gezin_ref    the household took another one
-- inputs:  staging.records_wijkteam, work.family_version, work.family_sighting, work.family_child,
--          work.family_household; $most_children.
with refs as (
    select
        child,
        concat_ws('|', records.supplier, gezin_ref) as gezin_ref,
        min(records.peildatum) as first_seen,
        max(records.peildatum) as last_seen,
        min((records.peildatum, records.delivery_id, records.row_number)) as first_place
    from staging.records_wijkteam as records
    inner join work.family_version using (delivery_id, record_key)
    inner join work.family_sighting as sightings using (delivery_id, record_key)
    inner join work.family_child using (person_id)
    where gezin_ref is not null and family_version.current and sightings.as_child
    group by all
),
of_households as (
    select refs.*, grp, count(*) over (partition by gezin_ref) as children
    from refs
    inner join work.family_household using (child)
),
chosen as (
    select grp, first(gezin_ref order by newest desc, times desc, first_place, gezin_ref) as chosen
    from (
        select grp, gezin_ref, max(last_seen) as newest, count(*) as times, min(first_place) as first_place
        from of_households
        where children <= $most_children
        group by grp, gezin_ref
    )
    group by grp
),
judged as (
    select
        of_households.* exclude (children, first_place),
        case
            when children > $most_children then 'gezin_ref_of_many'
            when gezin_ref <> chosen then 'other_gezin_ref'
        end as reason
    from of_households
    left join chosen using (grp)
)
select * from judged
