-- grain:   one row a mention in a record that was not withdrawn.
-- purpose: who was seen where, in which role. A person is seen as a child when a record is about them as a child;
--          a patient of unknown role counts as a child under 18. Addresses are a person's own: what was borrowed
--          from the row's child is left out, and so is any address of a police incident (it is no home).
-- inputs:  staging.mentions, link.mention_person, work.family_version; $run_date.
with sightings as (
    select
        mentions.delivery_id,
        mentions.record_key,
        mentions.row_number,
        mentions.source,
        mentions.role,
        mentions.relation,
        mention_person.person_id,
        mentions.peildatum,
        mentions.address_kind,
        coalesce(mentions.secret, false) as secret,
        family_version.current,
        mentions.role = 'kind'
        or (
            mentions.role = 'patient'
            and (
                mentions.patient_rol = 'KIND'
                or (mentions.patient_rol = 'ONBEKEND' and mentions.birth_year > year($run_date) - 18)
            )
        ) as as_child,
        mentions.source = 'politie' as incident,
        if(coalesce(mentions.address_inherited, false), null, mentions.address_token) as address,
        if(
            coalesce(mentions.address_inherited, false),
            null,
            coalesce(mentions.address_token_base, mentions.address_token)
        ) as building
    from staging.mentions
    inner join link.mention_person using (delivery_id, record_key, role)
    inner join work.family_version using (delivery_id, record_key)
)
select * from sightings
