-- grain:   one row a record of a source in a role (supplier, municipality, record key, role), all its versions together.
-- purpose: whose it is, and whether no other record is known of that person.
-- inputs:  work.held_record, work.held_cluster.
with owned as (
    select
        supplier, municipality, record_key, role,
        any_value(source) as source,
        arg_max(person_id, record) as person_id
    from work.held_record
    inner join work.held_cluster using (record)
    group by supplier, municipality, record_key, role
),
places as (
    select source, person_id, count(*) over (partition by person_id) = 1 as alone from owned
)
select * from places
