-- grain:   one row a child that has a home: a usable main address.
-- purpose: where the child counts, and whether it is shared (co-parenting): another possible home in the same time.
-- inputs:  work.family_address, work.family_crowd.
with possible as (
    select * from work.family_address where reason is null
),
shared as (
    select distinct main.child
    from possible as main
    inner join possible as other using (child)
    where main.preference = 1
        and main.building <> other.building
        and main.first_seen <= other.last_seen
        and other.first_seen <= main.last_seen
),
homes as (
    select
        possible.child,
        possible.address,
        if(crowds.place is null, possible.building, null) as building,
        possible.first_seen,
        shared.child is not null as shared
    from possible
    left join shared using (child)
    left join work.family_crowd as crowds on crowds.place = possible.building
    where possible.preference = 1
)
select * from homes
