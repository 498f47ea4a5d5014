-- grain:   one row per child, measure and start date; one per gezin and start date for a home ban
-- purpose: child protection and youth probation measures, and home bans (Wet tijdelijk huisverbod: 10 days,
--          extended to at most 28). A measure without a start date starts with the care, or else with the
--          assignment, that names it.
-- inputs:  staging.stg_jeugdhulp, staging.stg_politie, core.record_gezin

with jeugdhulp as (
    select * from staging.stg_jeugdhulp where juridische_status <> 'GEEN'
),

politie as (
    select * from staging.stg_politie where huisverbod <> 'GEEN'
),

subject as (
    select * from core.record_gezin
),

protection as (
    select
        municipality, supplier, source, delivery_id, record_key, period_end,
        juridische_status as kind,
        coalesce(maatregel_start, start_datum, toewijzing_datum) as start_date,
        stop_datum as end_date,
        gi_plan_datum as plan_date
    from jeugdhulp
),

home_ban as (
    select
        municipality, supplier, source, delivery_id, record_key, period_end,
        'HUISVERBOD' as kind,
        coalesce(huisverbod_start, incident_datum) as start_date,
        coalesce(huisverbod_start, incident_datum)
        + case huisverbod when 'VERLENGD_28D' then 28 else 10 end as end_date,
        cast(null as date) as plan_date
    from politie
),

recorded as (
    select * from protection
    union all
    select * from home_ban
),

located as (
    select
        recorded.*,
        case when recorded.kind <> 'HUISVERBOD' then subject.person_id end as person_id,
        subject.gezin_id
    from recorded
    left join subject
        on subject.delivery_id = recorded.delivery_id
        and subject.record_key = recorded.record_key
        and recorded.start_date >= subject.effective_from
        and recorded.start_date < subject.effective_to
),

-- several assignments carry out one measure
measure as (
    select *
    from located
    qualify row_number() over (
        partition by
            municipality, person_id, gezin_id, coalesce(person_id, gezin_id, record_key), kind, start_date
        order by end_date desc nulls first, plan_date, period_end desc, delivery_id, record_key
    ) = 1
)

select * from measure
