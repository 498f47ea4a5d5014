-- grain:   one row a unit: all mentions with one BSN, or the versions of one record's role when no BSN is known.
-- purpose: what the unit knows of BSN and sex, and the key it has in every run.
-- inputs:  work.person_mention, work.person_slot.
with units as (
    select
        unit,
        coalesce(
            min(bsn_token),
            min(if(unit_rule is null, concat_ws('|', 'record', supplier, municipality, record_key, role, part), null))
        ) as unit_key,
        count(bsn_token) > 0 as bsn,
        bool_or(coalesce(sex = '1', false)) as man,
        bool_or(coalesce(sex = '2', false)) as woman
    from work.person_mention
    inner join work.person_slot using (mention)
    group by unit
)
select * from units
