-- grain:   one row a mention: delivered row and role.
-- purpose: which person each delivered row speaks of, by which rule: bsn, record, demographic_first, demographic,
--          name_first, name; or `own` with the reason why it was joined to nobody:
--          nothing_to_link_on, nobody_alike, several_persons, twins, two_sexes.
-- inputs:  work.person_mention, work.person_slot, work.person_found.
with told as (
    select
        delivery_id, row_number, source, supplier, municipality, record_key, role, person_id,
        coalesce(unit_rule, joined_by, 'own') as rule,
        if(unit_rule is null and joined_by is null, reason, null) as reason
    from work.person_mention
    inner join work.person_slot using (mention)
    inner join work.person_found using (unit)
)
select * from told order by delivery_id, row_number, record_key, role
