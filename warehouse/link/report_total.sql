-- grain:   one row a thing that is counted, and a code within it (empty: all of it).
-- purpose: the figures of a run that are one number: what was compared, what is asked of reviewers, what was forbidden, what
--          became of persons and gezinnen on $day, and what was taken apart.
-- inputs:  work.held_record, work.held_pair, work.held_cluster, work.held_review, work.held_event, work.held_gezin;
--          $threshold, $low, $high, $day.
with totals as (
    select 'records' as thing, '' as code, count(*) as number from work.held_record
    union all
    select 'numbered', '', count(*) from work.held_record where numbered
    union all
    select 'persons', '', count(distinct person_id) from work.held_cluster
    union all
    select 'families', '', count(*) from work.held_gezin
    union all
    select 'pairs', '', count(*) from work.held_pair
    union all
    select 'pairs_linking', '', count(*) from work.held_pair where veto is null and match_weight >= $threshold
    union all
    select 'pairs_on_tokens', '', count(*) from work.held_pair where veto is null and on_tokens
    union all
    select 'pairs_grey', '', count(*) from work.held_pair where veto is null and match_weight between $low and $high
    union all
    select 'review', why, count(*) from work.held_review group by why
    union all
    select 'veto', veto, count(*) from work.held_pair where veto is not null group by veto
    union all
    select what, why, count(*) from work.held_event where day = $day group by what, why
    union all
    select 'taken_apart', why, count(*) from work.held_cluster where why is not null group by why
)
select * from totals
