-- grain:   one row per person mentioned in a record in force (record and role)
-- purpose: who a record speaks of, and through whom it finds its gezin (is_subject): its child or patient;
--          when it names neither, the adults it names. A patient of unknown role is a child when some gezin
--          has it as a child.
-- inputs:  staging.stg_mention, link.mention_person, link.gezin_member

with mention as (
    select * from staging.stg_mention
),

linked as (
    select delivery_id, record_key, role, person_id from link.mention_person
),

known_child as (
    select distinct person_id from link.gezin_member where role = 'kind'
),

named as (
    select
        mention.*,
        linked.person_id,
        mention.role = 'kind'
        or (mention.role = 'patient' and mention.patient_rol = 'KIND')
        or (
            mention.role = 'patient' and mention.patient_rol = 'ONBEKEND'
            and known_child.person_id is not null
        ) as is_child
    from mention
    join linked using (delivery_id, record_key, role)
    left join known_child using (person_id)
),

placed as (
    select
        *,
        role in ('kind', 'patient')
        or not bool_or(role in ('kind', 'patient')) over (partition by delivery_id, record_key) as is_subject
    from named
)

select * from placed
