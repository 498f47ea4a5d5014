-- grain:   one row a merge or split of persons tonight: from_id's records are (all: merge, some: split) to_id's now.
-- purpose: what happened and why. Of a merge the evidence between the two: bsn, record (units became one), reviewed,
--          model (with the strongest pair and its weight) or chain (through a third). Of a split: reviewed, model_changed,
--          records_changed (some of its records went or changed), evidence (somebody else's weighed more).
-- inputs:  work.name_claim, work.person_name, work.person_before, work.person_edge, work.person_told,
--          work.held_cluster, work.person_record; $model_changed, $day.
with moves as (
    select claims.old_id as from_id, person_id as to_id, what, cluster
    from work.name_claim as claims
    inner join work.person_name using (cluster)
    where what <> 'kept' and claims.old_id <> person_id
),
sides as (
    select distinct cluster, node, old_id, numbered from work.person_before where old_id is not null
),
met as (
    select cluster, from_id, a.node as from_node, b.node as to_node, a.numbered
    from moves
    inner join sides as a using (cluster)
    inner join sides as b using (cluster)
    where what = 'merge' and a.old_id = from_id and b.old_id = to_id
),
spoken as (
    select
        cluster,
        from_id,
        bool_or(from_node = to_node and numbered) as bsn,
        bool_or(from_node = to_node and not numbered) as record,
        bool_or(coalesce(told.decision = 'same', false)) as reviewed,
        max(edges.weight) as weight,
        arg_max(edges.left_record, (edges.weight, -edges.left_record)) as left_record,
        arg_max(edges.right_record, (edges.weight, -edges.left_record)) as right_record
    from met
    left join work.person_edge as edges
        on edges.left_node = least(from_node, to_node) and edges.right_node = greatest(from_node, to_node)
    left join work.person_told as told
        on told.left_node = least(from_node, to_node) and told.right_node = greatest(from_node, to_node)
    group by cluster, from_id
),
changed as (
    select distinct held.person_id as from_id
    from work.held_cluster as held
    left join work.person_record as records using (record)
    where not coalesce(records.known, false)
),
parted as (
    select distinct sides.old_id as from_id
    from work.person_told as told
    inner join sides on sides.node in (told.left_node, told.right_node)
    where told.decision = 'different'
),
events as (
    select
        $day as day,
        what,
        from_id,
        to_id,
        case
            when what = 'merge' then case
                when bsn then 'bsn'
                when record then 'record'
                when reviewed then 'reviewed'
                when weight is not null then 'model'
                else 'chain'
            end
            when parted.from_id is not null then 'reviewed'
            when $model_changed then 'model_changed'
            when changed.from_id is not null then 'records_changed'
            else 'evidence'
        end as why,
        left_record,
        right_record,
        weight
    from moves
    left join spoken using (cluster, from_id)
    left join changed using (from_id)
    left join parted using (from_id)
)
select * from events order by what, from_id, to_id
