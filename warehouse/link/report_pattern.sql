-- grain:   one row a pattern: the level of each comparison, as pairs of one zone have it.
-- purpose: what pairs above, in and below the grey zone typically have in common; no pair and no value.
--          zone: link (above the grey zone), grey_link and grey (in it, from the threshold and below it), below.
-- inputs:  work.held_pair; $threshold, $low, $high.
with zoned as (
    select
        case
            when match_weight >= $high then 'link'
            when match_weight >= $threshold then 'grey_link'
            when match_weight >= $low then 'grey'
            else 'below'
        end as zone,
        match_weight,
        columns('^gamma_.*$')
    from work.held_pair
    where veto is null and not on_tokens
),
patterns as (
    select zone, columns('^gamma_.*$'), count(*) as pairs, avg(match_weight) as bits
    from zoned
    group by all
)
select * from patterns
