-- grain:   one row a unit.
-- purpose: what growing clusters asks of a unit, and a signature of all of it: with equal signatures and equal edges the
--          same clusters come out.
-- inputs:  work.person_unit, work.person_record, work.person_encoded.
with records as (
    select
        node,
        list_sort(list(record)) as records,
        min(record) as first_record,
        bool_or(linkable) as linkable
    from work.person_record
    inner join work.person_encoded using (record)
    group by node
),
nodes as (
    select
        node,
        first_record,
        linkable,
        units.bsn,
        units.places,
        units.slots,
        hash(records, units.bsn, units.places, units.slots, units.first_place) as signature
    from work.person_unit as units
    inner join records using (node)
)
select * from nodes order by node
