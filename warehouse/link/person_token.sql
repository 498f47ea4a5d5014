-- grain:   one row a unit, rule and token, for tokens that at least one unit without BSN carries.
-- purpose: the evidence of rules 2 and 3. A first name makes the stronger variant of each rule:
--          demographic_first  birth date, sex, surname, postcode, house number, first name
--          demographic        the same without first name; first_name tells whether the mention had one
--          name_first         birth date, surname, first name
--          name               birth date, surname, initial
-- inputs:  work.person_mention, work.person_slot, work.person_unit.
with mentions as (
    select * from work.person_mention inner join work.person_slot using (mention)
),
carried as (
    select unit, 'demographic_first' as rule, token_demographic_first as token, true as first_name from mentions
    union all
    select unit, 'demographic', token_demographic, token_demographic_first is not null from mentions
    union all
    select unit, 'name_first', token_birth_first, true from mentions
    union all
    select unit, 'name', token_name, false from mentions
),
wanted as (
    select distinct rule, token
    from carried
    semi join (select unit from work.person_unit where not bsn) as without_bsn using (unit)
    where token is not null
),
kept as (
    select unit, rule, token, bool_or(first_name) as first_name
    from carried
    semi join wanted using (rule, token)
    group by unit, rule, token
)
select * from kept
