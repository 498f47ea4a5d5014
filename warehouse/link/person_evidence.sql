-- grain:   one row a pair of units that may become one person or must not: scored at least $threshold, vetoed, or decided.
-- purpose: what clusters are grown from. told: a reviewer's decision (same, different). signature: of all of it.
-- inputs:  work.person_edge, work.person_told, work.person_node; $threshold.
with pairs as (
    select
        coalesce(edges.left_node, told.left_node) as left_node,
        coalesce(edges.right_node, told.right_node) as right_node,
        if(edges.veto is null and edges.weight >= $threshold, edges.weight, null) as weight,
        edges.veto,
        told.decision as told
    from work.person_edge as edges
    full join work.person_told as told
        on told.left_node = edges.left_node and told.right_node = edges.right_node
),
evidence as (
    select pairs.*, hash(a.first_record, b.first_record, weight, veto is null, told) as signature
    from pairs
    inner join work.person_node as a on a.node = left_node
    inner join work.person_node as b on b.node = right_node
    where weight is not null or veto is not null or told is not null
)
select * from evidence order by left_node, right_node
