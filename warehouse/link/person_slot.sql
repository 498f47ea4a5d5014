-- grain:   one row a mention.
-- purpose: give every mention its unit. Mentions of one unit are one person before any other rule is tried:
--          rule 1 `bsn`    the same BSN token;
--          rule `record`   the versions of one record of one supplier speak, in one role ("place"), of one person. A
--                          version without a BSN takes the record's BSN if the record knows only one. Versions that
--                          contradict each other in sex or birth year (parents swapped, numbers used again) part.
-- inputs:  work.person_mention.
with mentions as (
    select mention, supplier, municipality, record_key, role, sex, birth_year, bsn_token
    from work.person_mention
),
places as (
    select
        supplier, municipality, record_key, role,
        row_number() over () as place,
        coalesce(
            min(nullif(sex, '0')) <> max(nullif(sex, '0')) or min(birth_year) <> max(birth_year), false
        ) as contradicts
    from mentions
    group by supplier, municipality, record_key, role
),
placed as (
    select
        mention, place, bsn_token,
        if(contradicts, concat_ws('/', coalesce(sex, '0'), coalesce(birth_year, 0)), '') as part
    from mentions
    inner join places using (supplier, municipality, record_key, role)
),
asking as (
    select distinct place, part from placed where bsn_token is null
),
record_bsn as (
    select place, part, min(bsn_token) as bsn_token
    from placed
    semi join asking using (place, part)
    group by place, part
    having min(bsn_token) = max(bsn_token)
),
keyed as (
    select
        mention,
        place,
        coalesce(placed.bsn_token, record_bsn.bsn_token) as bsn_token,
        if(placed.bsn_token is null and record_bsn.bsn_token is null, part, null) as part,
        case
            when placed.bsn_token is not null then 'bsn'
            when record_bsn.bsn_token is not null then 'record'
        end as unit_rule
    from placed
    left join record_bsn using (place, part)
),
units as (
    select row_number() over () as unit, bsn_token, place, part
    from (
        select distinct bsn_token, if(bsn_token is null, place, null) as place, part from keyed
    )
),
slots as (
    select mention, keyed.place, keyed.part, unit, unit_rule
    from keyed
    inner join units using (bsn_token)
    where keyed.bsn_token is not null
    union all
    select mention, keyed.place, keyed.part, unit, unit_rule
    from keyed
    inner join units using (place, part)
    where keyed.bsn_token is null
)
select * from slots
