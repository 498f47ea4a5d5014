-- grain:   one row a unit.
-- purpose: the person of each unit, the rule that joined it (null: none) and the reason why none did.
-- inputs:  work.person_unit, work.person_cluster, work.person_refusal, work.person_token, work.person_pseudonym.
with refused as (
    select cluster as unit, arg_min(reason, (step, reason)) as reason
    from work.person_refusal
    group by cluster
),
tokens as (
    select distinct unit from work.person_token
),
found as (
    select
        person_unit.unit,
        person_pseudonym.person_id,
        person_cluster.joined_by,
        case
            when refused.reason is not null then refused.reason
            when tokens.unit is not null then 'nobody_alike'
            else 'nothing_to_link_on'
        end as reason
    from work.person_unit
    left join work.person_cluster using (unit)
    left join refused using (unit)
    left join tokens using (unit)
    inner join work.person_pseudonym
        on person_pseudonym.cluster = coalesce(person_cluster.cluster, person_unit.unit)
)
select * from found
