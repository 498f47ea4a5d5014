-- grain:   one row a pair of units that reviewers decided on.
-- purpose: the decisions that stand: of each pair of places the last one counts; unsure decides nothing. Where a unit
--          has several places, "same" wins nothing from "different".
-- inputs:  work.decision, work.person_record.
with places as (
    select distinct supplier, municipality, record_key, role, node from work.person_record
),
decided as (
    select
        least(a.node, b.node) as left_node,
        greatest(a.node, b.node) as right_node,
        arg_max(decision, number) as decision
    from work.decision
    inner join places as a
        on a.supplier = left_supplier and a.municipality = left_municipality
        and a.record_key = left_key and a.role = left_role
    inner join places as b
        on b.supplier = right_supplier and b.municipality = right_municipality
        and b.record_key = right_key and b.role = right_role
    where a.node <> b.node
    group by
        least(a.node, b.node), greatest(a.node, b.node),
        left_supplier, left_municipality, left_key, left_role,
        right_supplier, right_municipality, right_key, right_role
),
told as (
    select left_node, right_node, min(decision) as decision
    from decided
    where decision in ('different', 'same')
    group by left_node, right_node
)
select * from told
