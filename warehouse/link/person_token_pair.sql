-- grain:   one row a pair of records, at least one of them new, that share a token of names and at least one of which
--          has no filters; never two that have a number.
-- purpose: evidence where likeness cannot be measured: the strongest token that is shared, and what speaks against it
--          (veto): twins (same birth date, sex, surname and address, other first names), two_sexes.
--          A token that many carry ($most_carriers) is a default value and no evidence.
-- inputs:  work.person_encoded, work.person_new, work.token_weight; $threshold, $most_carriers.
with carried as (
    select record, 'demographic_first' as rule, token_demographic_first as token from work.person_encoded
    union all
    select record, 'demographic', token_demographic from work.person_encoded
    union all
    select record, 'name_first', token_birth_first from work.person_encoded
    union all
    select record, 'name', token_name from work.person_encoded
),
few as (
    select rule, token
    from carried
    where token is not null
    group by rule, token
    having count(*) between 2 and $most_carriers
),
shared as (
    select carried.record, carried.rule, carried.token, person_new.record is not null as new
    from carried
    inner join few using (rule, token)
    left join work.person_new using (record)
),
met as (
    select a.record as left_record, b.record as right_record, a.rule
    from shared as a
    inner join shared as b using (rule, token)
    where a.record < b.record and (a.new or b.new)
),
rules as (
    select left_record, right_record, max(weight) as weight, bool_or(rule = 'demographic') as demographic
    from met
    inner join work.token_weight using (rule)
    group by left_record, right_record
),
pairs as (
    select
        left_record as "left",
        right_record as "right",
        $threshold + weight as match_weight,
        case
            when
                demographic and a.token_demographic_first <> b.token_demographic_first
                and coalesce(a.token_birth_first <> b.token_birth_first, true)
                then 'twins'
            when nullif(a.sex, '0') <> nullif(b.sex, '0') then 'two_sexes'
        end as veto,
        true as on_tokens
    from rules
    inner join work.person_encoded as a on a.record = left_record
    inner join work.person_encoded as b on b.record = right_record
    where not (a.filters and b.filters) and not (a.numbered and b.numbered)
)
select * from pairs
