-- grain:   one row a unit.
-- purpose: the person of each unit, what joined it to others (model, reviewed; null: nothing did, or a number or record
--          alone), whether tokens alone did, and why nothing did (reason):
--          too_large           it was in a cluster above the cap, which was taken apart
--          twins, two_sexes... the veto against the one it is most alike
--          same_delivery       whom it is alike is another row of one deduplicated delivery
--          several_persons     it is as alike to several persons, or to one that cannot be joined
--          grey_zone           somebody is alike, not enough: a reviewer may say
--          nobody_alike, nothing_to_link_on
-- inputs:  work.person_unit, work.person_cluster, work.person_node, work.person_edge, work.person_told,
--          work.person_name; $threshold.
with sizes as (
    select cluster, count(*) as size from work.person_cluster group by cluster
),
both_ways as (
    select left_node as node, right_node as other, * from work.person_edge
    union all
    select right_node, left_node, * from work.person_edge
),
judged as (
    select
        both_ways.node,
        mine.cluster = theirs.cluster as joined,
        on_tokens,
        weight,
        veto,
        loudest,
        len(list_intersect(a.slots, b.slots)) > 0 as same_delivery
    from both_ways
    inner join work.person_cluster as mine on mine.node = both_ways.node
    inner join work.person_cluster as theirs on theirs.node = both_ways.other
    inner join work.person_node as a on a.node = both_ways.node
    inner join work.person_node as b on b.node = both_ways.other
),
told as (
    select
        node,
        arg_max(veto, (loudest, veto)) filter (veto is not null and loudest >= $threshold) as veto,
        coalesce(bool_or(veto is null and weight >= $threshold), false) as alike,
        coalesce(bool_or(veto is null and weight >= $threshold and same_delivery), false) as same_delivery,
        coalesce(bool_or(veto is null and weight < $threshold), false) as grey,
        coalesce(bool_and(on_tokens) filter (joined and veto is null and weight >= $threshold), false) as on_tokens
    from judged
    group by node
),
reviewed as (
    select left_node as node from work.person_told where decision = 'same'
    union
    select right_node from work.person_told where decision = 'same'
),
found as (
    select
        units.unit,
        node,
        person_name.person_id,
        case
            when sizes.size = 1 then null
            when reviewed.node is not null then 'reviewed'
            else 'model'
        end as joined_by,
        coalesce(sizes.size > 1 and told.on_tokens, false) as on_tokens,
        case
            when clusters.why is not null then clusters.why
            when told.veto is not null and not told.alike then told.veto
            when told.same_delivery then 'same_delivery'
            when told.alike then 'several_persons'
            when told.grey then 'grey_zone'
            when nodes.linkable then 'nobody_alike'
            else 'nothing_to_link_on'
        end as reason
    from work.person_unit as units
    inner join work.person_cluster as clusters using (node)
    inner join work.person_node as nodes using (node)
    inner join sizes using (cluster)
    inner join work.person_name using (cluster)
    left join told using (node)
    left join reviewed using (node)
)
select * from found
