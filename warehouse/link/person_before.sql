-- grain:   one row a record.
-- purpose: whose it was the night before (old_id; null: nobody's). A record whose content is new was its place's person's,
--          where that was one.
-- inputs:  work.person_record, work.person_cluster, work.held_record, work.held_cluster.
with before as (
    select record, supplier, municipality, record_key, role, person_id
    from work.held_record
    inner join work.held_cluster using (record)
),
places as (
    select supplier, municipality, record_key, role, min(person_id) as person_id
    from before
    group by supplier, municipality, record_key, role
    having min(person_id) = max(person_id)
),
found as (
    select
        records.record,
        records.node,
        records.first_seen,
        records.numbered,
        cluster,
        coalesce(before.person_id, places.person_id) as old_id
    from work.person_record as records
    inner join work.person_cluster using (node)
    left join before using (record)
    left join places
        on places.supplier = records.supplier and places.municipality = records.municipality
        and places.record_key = records.record_key and places.role = records.role
)
select * from found
