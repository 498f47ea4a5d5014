-- grain:   one row per person mentioned in a record in force (record and role)
-- purpose: the mentions that belong to the newest version of each record, without any token.
-- inputs:  staging.mentions, staging.stg_onderwijs, staging.stg_jeugdhulp, staging.stg_huisarts,
--          staging.stg_politie, staging.stg_veilig_thuis, staging.stg_wijkteam, staging.stg_kinderopvang

with mention as (
    select * from staging.mentions
),

record as (
    select delivery_id, record_key, period_end from staging.stg_onderwijs
    union all
    select delivery_id, record_key, period_end from staging.stg_jeugdhulp
    union all
    select delivery_id, record_key, period_end from staging.stg_huisarts
    union all
    select delivery_id, record_key, period_end from staging.stg_politie
    union all
    select delivery_id, record_key, period_end from staging.stg_veilig_thuis
    union all
    select delivery_id, record_key, period_end from staging.stg_wijkteam
    union all
    select delivery_id, record_key, period_end from staging.stg_kinderopvang
),

in_force as (
    select
        mention.delivery_id, mention.source, mention.supplier, mention.municipality, mention.record_key,
        mention.peildatum, record.period_end, mention.role, mention.patient_rol, mention.relation,
        mention.sex, mention.birth_year, mention.birth_known, mention.secret, mention.departure_date
    from mention
    join record using (delivery_id, record_key)
)

select * from in_force
