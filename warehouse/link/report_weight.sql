-- grain:   one row a bit of match weight (rounded down), from $least to $most.
-- purpose: how many compared pairs lie there, of those that nothing forbids. Pairs beyond either end count at that end.
-- inputs:  work.held_pair; $least, $most.
with weights as (
    select
        cast(greatest($least, least($most, floor(match_weight))) as integer) as bits,
        count(*) as pairs
    from work.held_pair
    where veto is null
    group by bits
)
select * from weights order by bits
