-- grain:   one row a cluster that keeps no name of the night before.
-- purpose: the text a new person's pseudonym is made from: the BSN token, else the strongest token of the earliest mention
--          that belongs to nobody else, else that record.
-- inputs:  work.person_mention, work.person_slot, work.person_unit, work.person_cluster, work.name_claim.
with units as (
    select unit, node, unit_key, bsn, cluster from work.person_unit inner join work.person_cluster using (node)
),
kept as (
    select cluster from work.name_claim where what = 'kept'
),
nameless as (
    select units.* from units anti join kept using (cluster)
),
with_bsn as (
    select cluster, unit_key as anchor, node from nameless where bsn
),
without_bsn as (
    select * from nameless anti join with_bsn using (cluster)
),
spoken as (
    select
        cluster, unit_key, node, bsn, peildatum, token_demographic_first, token_demographic, token_birth_first, token_name
    from units
    inner join work.person_slot using (unit)
    inner join work.person_mention using (mention)
),
candidates as (
    select cluster, peildatum, 1 as strength, token_demographic_first as token from spoken
    union all
    select cluster, peildatum, 2, token_demographic from spoken
    union all
    select cluster, peildatum, 3, token_birth_first from spoken
    union all
    select cluster, peildatum, 4, token_name from spoken
),
own_tokens as (
    select strength, token from candidates group by strength, token having count(distinct cluster) = 1
),
best_token as (
    select cluster, arg_min(token, (peildatum, strength, token)) as anchor
    from candidates
    semi join own_tokens using (strength, token)
    semi join without_bsn using (cluster)
    where token is not null
    group by cluster
),
best_record as (
    select cluster, arg_min(unit_key, (peildatum, unit_key)) as anchor, min(node) as node
    from spoken
    semi join without_bsn using (cluster)
    group by cluster
),
anchors as (
    select cluster, anchor, node from with_bsn
    union all
    select cluster, coalesce(best_token.anchor, best_record.anchor), node
    from best_record
    left join best_token using (cluster)
)
select * from anchors order by node
