-- grain:   one row a person found.
-- purpose: the text a person's pseudonym is made from, so that the person keeps it when more records arrive: the BSN
--          token, else the strongest token of the earliest mention that belongs to nobody else, else that record.
-- inputs:  work.person_mention, work.person_slot, work.person_unit, work.person_token, work.person_cluster.
with units as (
    select unit, unit_key, bsn, coalesce(cluster, unit) as cluster
    from work.person_unit
    left join work.person_cluster using (unit)
),
with_bsn as (
    select cluster, unit_key as anchor from units where bsn
),
without_bsn as (
    select unit, unit_key, cluster from units anti join with_bsn using (cluster)
),
own_tokens as (
    select rule, token
    from work.person_token
    inner join units using (unit)
    group by rule, token
    having count(distinct cluster) = 1
),
spoken as (
    select cluster, unit_key, peildatum, token_demographic_first, token_demographic, token_birth_first, token_name
    from without_bsn
    inner join work.person_slot using (unit)
    inner join work.person_mention using (mention)
),
candidates as (
    select cluster, peildatum, 1 as strength, 'demographic_first' as rule, token_demographic_first as token from spoken
    union all
    select cluster, peildatum, 2, 'demographic', token_demographic from spoken
    union all
    select cluster, peildatum, 3, 'name_first', token_birth_first from spoken
    union all
    select cluster, peildatum, 4, 'name', token_name from spoken
),
best_token as (
    select cluster, arg_min(token, (peildatum, strength, token)) as anchor
    from candidates
    semi join own_tokens using (rule, token)
    group by cluster
),
best_record as (
    select cluster, arg_min(unit_key, (peildatum, unit_key)) as anchor from spoken group by cluster
),
anchors as (
    select cluster, anchor from with_bsn
    union all
    select cluster, coalesce(best_token.anchor, best_record.anchor)
    from best_record
    left join best_token using (cluster)
)
select * from anchors
