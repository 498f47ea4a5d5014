-- grain:   one row a record: a distinct content of a place (supplier, municipality, record key, role).
-- purpose: number the records. One that was held before keeps its number; known: it was, and had a BSN (its own or that
--          of its place's other versions) or not, as it does now. mention: the one it was first said in.
-- inputs:  work.person_mention, work.person_slot, work.person_unit, work.held_record; $next_record.
with contents as (
    select
        supplier, municipality, record_key, role, content,
        any_value(source) as source,
        any_value(unit) as unit,
        arg_min(mention, (peildatum, delivery_id, row_number)) as mention,
        min(row(peildatum, delivery_id, row_number, role, record_key)) as first_mention,
        min(peildatum) as first_seen,
        max(peildatum) as last_seen
    from work.person_mention
    inner join work.person_slot using (mention)
    group by supplier, municipality, record_key, role, content
),
told as (
    select
        contents.*,
        units.node,
        units.bsn as numbered,
        held.record as held_record,
        coalesce(held.numbered = units.bsn, false) as known
    from contents
    inner join work.person_unit as units using (unit)
    left join work.held_record as held using (supplier, municipality, record_key, role, content)
),
records as (
    select
        coalesce(
            held_record,
            $next_record - 1 + row_number() over (
                partition by held_record is null order by first_mention, content
            )
        ) as record,
        told.* exclude (held_record, first_mention)
    from told
)
select * from records
