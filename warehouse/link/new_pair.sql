-- grain:   one row a pair of records that was compared tonight.
-- purpose: the evidence of likeness and that of tokens as one; where there are both, the stronger (a veto of likeness
--          stands). Pairs below $low are kept only when something speaks against them.
-- inputs:  work.scored, work.person_token_pair, work.person_encoded; $low.
with both_kinds as (
    select scored.*, false as on_tokens from work.scored
    union all by name
    select * from work.person_token_pair
),
ranked as (
    select
        both_kinds.*,
        row_number() over (
            partition by "left", "right" order by veto is null, match_weight desc, on_tokens
        ) as place
    from both_kinds
),
pairs as (
    select ranked.* exclude (place)
    from ranked
    inner join work.person_encoded as a on a.record = "left"
    inner join work.person_encoded as b on b.record = "right"
    where place = 1 and (match_weight >= $low or veto is not null) and not (a.numbered and b.numbered)
)
select * from pairs
