-- grain:   one row per dated activity in a record, per person it is about and gezin of that person on that
--          day
-- purpose: every date that any source records about a gezin, with its kind; what in view or out of view
--          rests on. gezin_id is NULL when the person is in no gezin.
-- inputs:  staging.stg_onderwijs, staging.stg_jeugdhulp, staging.stg_huisarts, staging.stg_politie,
--          staging.stg_veilig_thuis, staging.stg_wijkteam, staging.stg_kinderopvang, seed.activity,
--          core.record_gezin

with onderwijs as (
    select
        source, supplier, municipality, delivery_id, period, period_end, record_key, contract_field,
        contact_date,
        case contract_field when 'verzuim_begin' then verzuimsoort end as detail
    from staging.stg_onderwijs
    unpivot (contact_date for contract_field in (verzuim_begin, verzuim_eind, meldcode_datum))
),

jeugdhulp as (
    select
        source, supplier, municipality, delivery_id, period, period_end, record_key, contract_field,
        contact_date,
        case contract_field
            when 'verzoek_datum' then verzoek_uitkomst
            when 'toewijzing_datum' then verwijzer
            when 'start_datum' then productcategorie
            when 'stop_datum' then reden_beeindiging
            when 'maatregel_start' then juridische_status
        end as detail
    from staging.stg_jeugdhulp
    unpivot (
        contact_date for contract_field in (
            verzoek_datum, toewijzing_datum, start_datum, stop_datum, maatregel_start, gi_plan_datum
        )
    )
),

jeugdhulp_contact as (
    select
        source, supplier, municipality, delivery_id, period, period_end, record_key,
        'contactmomenten' as contract_field,
        unnest(list_distinct(contactmomenten)) as contact_date,
        null as detail
    from staging.stg_jeugdhulp
),

jeugdhulp_check as (
    select
        source, supplier, municipality, delivery_id, period, period_end, record_key,
        'veiligheidschecks' as contract_field,
        unnest(list_distinct(veiligheidschecks)) as contact_date,
        null as detail
    from staging.stg_jeugdhulp
),

huisarts as (
    select
        source, supplier, municipality, delivery_id, period, period_end, record_key,
        'contact_datum' as contract_field, contact_datum as contact_date,
        case when verwijzing_naar <> 'GEEN' then verwijzing_naar end as detail
    from staging.stg_huisarts
),

politie as (
    select
        source, supplier, municipality, delivery_id, period, period_end, record_key, contract_field,
        contact_date,
        case contract_field when 'huisverbod_start' then huisverbod end as detail
    from staging.stg_politie
    unpivot (contact_date for contract_field in (incident_datum, zorgmelding_vt_datum, huisverbod_start))
),

veilig_thuis_case as (
    select *, monitor2_datum is null as monitored_once from staging.stg_veilig_thuis
),

veilig_thuis as (
    select
        source, supplier, municipality, delivery_id, period, period_end, record_key, contract_field,
        contact_date,
        case contract_field
            when 'melding_datum' then melder_organisatie
            when 'beoordeling_datum' then beoordeling_uitkomst
            when 'dienst_start' then dienst
            when 'dienst_eind' then dienst
            when 'veiligheidsvoorwaarden_datum' then voorwaarden_versie
            when 'overdracht_datum' then overdracht_aan
            when 'monitor1_datum' then case when monitored_once then monitor_uitkomst end
            when 'monitor2_datum' then monitor_uitkomst
        end as detail
    from veilig_thuis_case
    unpivot (
        contact_date for contract_field in (
            melding_datum, beoordeling_datum, dienst_start, dienst_eind, veiligheidsvoorwaarden_datum,
            overdracht_datum, terugkoppeling_melder_datum, monitor1_datum, monitor2_datum, rvdk_verzoek_datum
        )
    )
),

wijkteam as (
    select
        source, supplier, municipality, delivery_id, period, period_end, record_key, contract_field,
        contact_date,
        case contract_field
            when 'aanmeld_datum' then aanmelder
            when 'regisseur_toegewezen_datum' then regisseur_org
            when 'veiligheidsplan_datum' then voorwaarden_overgenomen
            when 'mdo_datum' then array_to_string(mdo_deelnemers, ' ')
            when 'doorverwijzing_datum' then doorverwijzing_naar
            when 'afsluit_datum' then afsluit_veiligheid
        end as detail
    from staging.stg_wijkteam
    unpivot (
        contact_date for contract_field in (
            aanmeld_datum, ontvangst_overdracht_vt, eerste_contact_datum, regisseur_toegewezen_datum,
            veiligheidsplan_datum, laatste_veiligheidscheck, mdo_datum, besluit_datum, doorverwijzing_datum,
            afsluit_datum
        )
    )
),

wijkteam_contact as (
    select
        source, supplier, municipality, delivery_id, period, period_end, record_key,
        'contactmomenten' as contract_field,
        unnest(list_distinct(contactmomenten)) as contact_date,
        null as detail
    from staging.stg_wijkteam
),

wijkteam_check as (
    select
        source, supplier, municipality, delivery_id, period, period_end, record_key,
        'veiligheidschecks' as contract_field,
        unnest(list_distinct(veiligheidschecks)) as contact_date,
        null as detail
    from staging.stg_wijkteam
),

kinderopvang as (
    select
        source, supplier, municipality, delivery_id, period, period_end, record_key, contract_field,
        contact_date,
        case contract_field when 'doorgegeven_datum' then doorgegeven_aan end as detail
    from staging.stg_kinderopvang
    unpivot (contact_date for contract_field in (signaal_datum, gesprek_ouders_datum, doorgegeven_datum))
),

dated as (
    select * from onderwijs
    union all by name
    select * from jeugdhulp
    union all by name
    select * from jeugdhulp_contact
    union all by name
    select * from jeugdhulp_check
    union all by name
    select * from huisarts
    union all by name
    select * from politie
    union all by name
    select * from veilig_thuis
    union all by name
    select * from wijkteam
    union all by name
    select * from wijkteam_contact
    union all by name
    select * from wijkteam_check
    union all by name
    select * from kinderopvang
),

activity as (
    select source, contract_field, kind from seed.activity
),

subject as (
    select * from core.record_gezin
),

contact as (
    select
        dated.source, dated.supplier, dated.municipality, dated.delivery_id, dated.period, dated.period_end,
        dated.record_key, activity.kind, dated.contract_field, dated.contact_date, dated.detail,
        subject.person_id, subject.is_child, subject.gezin_id
    from dated
    join activity using (source, contract_field)
    left join subject
        on subject.delivery_id = dated.delivery_id
        and subject.record_key = dated.record_key
        and dated.contact_date >= subject.effective_from
        and dated.contact_date < subject.effective_to
    where dated.contact_date <= $run_date
)

select * from contact
