-- grain:   one row a mention: delivered row and role.
-- purpose: which person each delivered row speaks of, by which rule: bsn, record, model, reviewed; or `own` with the
--          reason why it was joined to nobody (told in work.person_found).
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
