-- grain:   one row a record.
-- purpose: whose it was the night before (old_id; null: nobody's). A record that is new speaks for its number's person, else
--          for its place's, where that was one and does not contradict it (another number, sex or birth year), else for
--          whoever had exactly its content elsewhere (a source numbered its records anew).
-- inputs:  work.person_record, work.person_cluster, work.person_encoded, work.held_record, work.held_cluster.
with before as (
    select
        record, supplier, municipality, record_key, role, person_id, content, bsn_token,
        nullif(sex, '0') as sex, birth_year
    from work.held_record
    inner join work.held_cluster using (record)
),
numbers as (
    select bsn_token, min(person_id) as person_id
    from before
    where bsn_token is not null
    group by bsn_token
    having min(person_id) = max(person_id)
),
contents as (
    select content, min(person_id) as person_id
    from before
    group by content
    having min(person_id) = max(person_id)
),
places as (
    select
        supplier, municipality, record_key, role,
        min(person_id) as person_id, min(bsn_token) as bsn_token, min(sex) as sex, min(birth_year) as birth_year
    from before
    group by supplier, municipality, record_key, role
    having min(person_id) = max(person_id)
),
found as (
    select
        records.record,
        records.node,
        records.first_seen,
        records.numbered,
        cluster,
        coalesce(
            before.person_id,
            numbers.person_id,
            places.person_id,
            if(encoded.linkable, contents.person_id, null)
        ) as old_id
    from work.person_record as records
    inner join work.person_cluster using (node)
    inner join work.person_encoded as encoded using (record)
    left join before using (record)
    left join numbers on numbers.bsn_token = encoded.bsn_token
    left join contents on contents.content = records.content
    left join places
        on places.supplier = records.supplier and places.municipality = records.municipality
        and places.record_key = records.record_key and places.role = records.role
        and coalesce(places.bsn_token = encoded.bsn_token, true)
        and coalesce(places.sex = nullif(encoded.sex, '0'), true)
        and coalesce(places.birth_year = encoded.birth_year, true)
)
select * from found
