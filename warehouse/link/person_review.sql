-- grain:   one row a pair of records, for reviewers: the strongest of two units that nobody decided on. No value, only how
--          alike they are in each field (the columns of work.pair).
-- purpose: why it is asked: grey (alike, not enough), several_persons (alike enough, but one of them is as alike to
--          somebody else or has another number), too_large (their cluster was taken apart), bridge (all that holds two
--          parts of a person together).
-- inputs:  work.person_edge, work.person_told, work.person_cluster, work.bridge, work.pair; $threshold.
with asked as (
    select
        left_record as "left",
        right_record as "right",
        case
            when bridge.left_node is not null then 'bridge'
            when mine.cluster = theirs.cluster then null
            when mine.why is not null and theirs.why is not null then mine.why
            when edges.weight >= $threshold then 'several_persons'
            else 'grey'
        end as why
    from work.person_edge as edges
    inner join work.person_cluster as mine on mine.node = edges.left_node
    inner join work.person_cluster as theirs on theirs.node = edges.right_node
    left join work.bridge as bridge
        on bridge.left_node = edges.left_node and bridge.right_node = edges.right_node
    anti join work.person_told as told
        on told.left_node = edges.left_node and told.right_node = edges.right_node
    where edges.veto is null
),
pairs as (
    select work_pair.* exclude (veto, on_tokens), asked.why
    from work.pair as work_pair
    inner join asked using ("left", "right")
    where asked.why is not null
)
select * from pairs
