-- grain:   one row a record.
-- purpose: the records that carry a token which is evidence tonight and was not the night before, or the other way
--          round, because the number of its carriers passed $most_carriers: their pairs are made anew.
-- inputs:  work.person_encoded, work.held_record; $most_carriers.
with carried as (
    select record, unnest([token_demographic_first, token_demographic, token_birth_first, token_name]) as token
    from work.person_encoded
),
carried_before as (
    select unnest([token_demographic_first, token_demographic, token_birth_first, token_name]) as token
    from work.held_record
),
many as (
    select token from carried where token is not null group by token having count(*) > $most_carriers
),
many_before as (
    select token from carried_before where token is not null group by token having count(*) > $most_carriers
),
changed as (
    select token from (from many except from many_before)
    union all
    select token from (from many_before except from many)
),
crossed as (
    select distinct record from carried semi join changed using (token)
)
select * from crossed
