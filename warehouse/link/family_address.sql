-- grain:   one row a child and address.
-- purpose: the addresses a child was seen at, which of them could be its home (reason is null) and in which order.
--          The registered address (soort_adres 01) goes first, then residence or unknown, then temporary; of several
--          registered ones the most recent, of others the one most records name; what is alike in all that, by the
--          place of the record that named it first, never by its token: keys may change. Reasons:
--          secret_address          the child has a secret address now: none of its addresses is used
--          police_address          seen at a police incident only
--          correspondence_address  post goes there, nobody lives there (02)
--          not_in_newest_version   an earlier address
--          placement_address       foster or residential care
--          crowded_address         more persons than a household: shelter, institution, flat without addition
-- inputs:  work.family_sighting, work.family_child, work.family_placement, work.family_crowd.
with seen as (
    select
        child, address, building, delivery_id, row_number, peildatum, secret_now, incident, current,
        case address_kind when '01' then 1 when '04' then 3 when '02' then 9 else 2 end as rank
    from work.family_sighting
    inner join (select child, person_id, secret as secret_now from work.family_child) as children using (person_id)
    where as_child and address is not null
),
addresses as (
    select
        child,
        address,
        min(building) as building,
        bool_or(secret_now) as secret,
        bool_and(incident) as incident_only,
        min(if(incident, 9, rank)) as best_rank,
        min(rank) filter (current and not incident) as rank,
        count(*) filter (current and not incident and rank < 9) as times,
        max(peildatum) filter (current and not incident and rank < 9) as newest,
        min((peildatum, delivery_id, row_number)) as first_place,
        min(peildatum) as first_seen,
        max(peildatum) as last_seen
    from seen
    group by child, address
),
judged as (
    select
        addresses.* exclude (secret, incident_only, best_rank),
        case
            when secret then 'secret_address'
            when incident_only then 'police_address'
            when best_rank = 9 then 'correspondence_address'
            when times = 0 then 'not_in_newest_version'
            when family_placement.child is not null then 'placement_address'
            when crowds.place is not null then 'crowded_address'
        end as reason
    from addresses
    left join work.family_placement
        on family_placement.child = addresses.child and family_placement.building = addresses.building
    left join work.family_crowd as crowds on crowds.place = addresses.address
),
ordered as (
    select
        judged.* exclude (first_place),
        row_number() over (
            partition by child, reason is null
            order by rank, if(rank = 1, newest, null) desc, times desc, newest desc, first_place, address
        ) as preference
    from judged
)
select * from ordered
