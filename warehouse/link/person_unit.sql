-- grain:   one row a unit: all mentions with one BSN, or the versions of one record's role when no BSN is known.
-- purpose: what the unit knows of BSN, the key it has in every run, and its node: its number in an order that lasts
--          (first seen, then the delivery and row it was first seen in). slots: the deliveries of deduplicated
--          sources (work.one_row) that have a row of it, so that no other row of them can be it.
-- inputs:  work.person_mention, work.person_slot, work.one_row.
with units as (
    select
        unit,
        coalesce(
            min(bsn_token),
            min(if(unit_rule is null, concat_ws('|', 'record', supplier, municipality, record_key, role, part), null))
        ) as unit_key,
        count(bsn_token) > 0 as bsn,
        count(distinct place) as places,
        min(row(peildatum, delivery_id, row_number, role, record_key)) as first_mention,
        min(row(peildatum, delivery_id, row_number, role)) as first_place,
        list_sort(list_distinct(list(delivery_id) filter (one_row.source is not null))) as slots
    from work.person_mention
    inner join work.person_slot using (mention)
    left join work.one_row using (source, role)
    group by unit
),
numbered as (
    select row_number() over (order by first_mention, unit_key) - 1 as node, units.* from units
)
select * from numbered
