-- grain:   one row a pair of units with scored records between them, never of two that have a number.
-- purpose: what their records say together: the strongest evidence that they are one, and a veto unless evidence
--          stronger than what it stands beside speaks against it. on_tokens: the evidence is tokens alone.
-- inputs:  work.pair, work.person_record.
with placed as (
    select
        least(a.node, b.node) as left_node,
        greatest(a.node, b.node) as right_node,
        pairs."left" as left_record,
        pairs."right" as right_record,
        match_weight,
        veto,
        on_tokens
    from work.pair as pairs
    inner join work.person_record as a on a.record = pairs."left"
    inner join work.person_record as b on b.record = pairs."right"
    where a.node <> b.node and not (a.numbered and b.numbered)
),
edges as (
    select
        left_node,
        right_node,
        round(max(match_weight) filter (veto is null), 6) as weight,
        round(max(match_weight) filter (veto is not null), 6) as veto_weight,
        arg_max(veto, (match_weight, veto)) filter (veto is not null) as veto,
        arg_max(on_tokens, (match_weight, not on_tokens)) filter (veto is null) as on_tokens,
        arg_max(
            struct_pack(l := left_record, r := right_record), (match_weight, -left_record, -right_record)
        ) as strongest
    from placed
    group by left_node, right_node
),
judged as (
    select
        left_node, right_node, weight, on_tokens,
        if(veto_weight >= coalesce(weight, veto_weight), veto, null) as veto,
        strongest.l as left_record,
        strongest.r as right_record,
        greatest(weight, veto_weight) as loudest
    from edges
)
select * from judged
