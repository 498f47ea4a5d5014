-- grain:   one row a token of rule $rule and person so far ("cluster") that carries it; only tokens that two or more
--          carry, at least one of them without BSN.
-- purpose: which tokens say that their carriers are one person, and which must not (reason):
--          several_persons  two BSNs carry the token
--          twins            same birth date, sex, surname and address, but different first names
--          two_sexes        a man and a woman carry the name token: it belongs to two persons
-- inputs:  work.person_token, work.person_unit, work.person_cluster; $rule.
with units as (
    select person_unit.*, coalesce(cluster, unit) as cluster
    from work.person_unit
    left join work.person_cluster using (unit)
),
clusters as (
    select cluster, bool_or(bsn) as bsn, bool_or(man) as man, bool_or(woman) as woman
    from units
    group by cluster
),
carried as (
    select rule, token, cluster, bool_or(first_name) as named
    from work.person_token
    inner join units using (unit)
    group by rule, token, cluster
),
shared as (
    select
        carried.*,
        clusters.bsn,
        count(*) over token as carriers,
        count_if(bsn) over token as bsns,
        count_if(named) over token as names,
        bool_or(man) over token and bool_or(woman) over token as two_sexes
    from carried
    inner join clusters using (cluster)
    where rule = $rule
    window token as (partition by carried.token)
    qualify carriers > 1 and bsns < carriers
),
named_at_place as (
    select cluster, token as place from carried where rule = 'demographic' and named
),
twin_names as (
    select distinct token
    from (
        select token, place
        from shared
        inner join named_at_place using (cluster)
        where $rule = 'name'
        group by token, place
        having count(*) > 1
    )
),
judged as (
    select
        shared.token,
        shared.cluster,
        shared.bsn,
        case
            when shared.bsns > 1 then 'several_persons'
            when shared.rule = 'demographic' and shared.names > 1 then 'twins'
            when shared.rule = 'name' and twin_names.token is not null then 'twins'
            when shared.rule = 'name' and shared.two_sexes then 'two_sexes'
        end as reason
    from shared
    left join twin_names using (token)
),
numbered as (
    select dense_rank() over (order by token) as token, cluster, bsn, reason from judged
)
select * from numbered
