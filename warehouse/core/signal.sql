-- grain:   one row per person, signal code, day and source, with the contract field that says so
-- purpose: dated signals by the rules of seed.signal_rule. A rule on the child or the parent needs that
--          person in the record; what a source records of the household hangs on the record's child
--          (seed.signal.about says whom it concerns), because naming a parent whom the source did not name
--          would be a false fact about that parent. Withdrawn absence counts for nothing. A police incident
--          is the child's when the child is its victim, and else concerns the adults named.
-- inputs:  staging.stg_onderwijs, staging.stg_jeugdhulp, staging.stg_huisarts, staging.stg_politie,
--          staging.stg_veilig_thuis, staging.stg_wijkteam, staging.stg_kinderopvang, seed.signal_rule,
--          core.record_gezin, core.mention, core.membership, core.measure

with onderwijs as (
    select
        *,
        verzuim_begin as signal_date,
        cast(null as varchar) as passed_on_to,
        cast(null as date) as passed_on_date
    from staging.stg_onderwijs
    where melding_status <> 'INGETROKKEN'
),

long_absence as (
    select * from onderwijs
    where verzuimsoort = 'LRV' and coalesce(verzuim_eind, peildatum) - verzuim_begin > 28
),

jeugdhulp as (
    select *, coalesce(start_datum, toewijzing_datum) as signal_date from staging.stg_jeugdhulp
),

huisarts as (
    select
        *,
        contact_datum as signal_date,
        case when verwijzing_naar <> 'GEEN' then verwijzing_naar end as passed_on_to,
        case when verwijzing_naar <> 'GEEN' then contact_datum end as passed_on_date
    from staging.stg_huisarts
),

politie as (
    select *, incident_datum as signal_date, zorgmelding_vt_datum as passed_on_date from staging.stg_politie
),

veilig_thuis as (
    select *, melding_datum as signal_date from staging.stg_veilig_thuis
),

wijkteam as (
    select *, coalesce(eerste_contact_datum, aanmeld_datum) as signal_date from staging.stg_wijkteam
),

kinderopvang as (
    select
        *,
        signaal_datum as signal_date,
        case when doorgegeven_aan <> 'GEEN' then doorgegeven_aan end as passed_on_to,
        doorgegeven_datum as passed_on_date
    from staging.stg_kinderopvang
),

observed as (
    select *, 'zorgsignaal' as contract_field, zorgsignaal as value from onderwijs
    union all by name
    select *, 'verzuimsoort' as contract_field, verzuimsoort as value from onderwijs
    union all by name
    select *, 'vrijstelling' as contract_field, 'ABSOLUUT_ZONDER_VRIJSTELLING' as value from onderwijs
    where verzuimsoort = 'ABSOLUUT' and coalesce(vrijstelling, 'GEEN') = 'GEEN'
    union all by name
    select * replace (verzuim_begin + 28 as signal_date),
        'verzuim_eind' as contract_field, 'LRV_LANGER_DAN_4_WEKEN' as value
    from long_absence
    union all by name
    select *, 'schoolwisselingen_12m' as contract_field, '2_OF_MEER' as value from onderwijs
    where schoolwisselingen_12m >= 2
    union all by name
    select *, 'gestart_met_crisis' as contract_field, gestart_met_crisis as value from jeugdhulp
    union all by name
    select *, 'productcategorie' as contract_field, productcategorie as value from jeugdhulp
    union all by name
    select *, 'signaalgroep' as contract_field, signaalgroep as value from huisarts
    union all by name
    select *, 'kindcheck_uitkomst' as contract_field, kindcheck_uitkomst as value from huisarts
    union all by name
    select *, 'incident_type' as contract_field, incident_type as value from politie
    union all by name
    select * replace (coalesce(huisverbod_start, incident_datum) as signal_date),
        'huisverbod' as contract_field, huisverbod as value
    from politie
    union all by name
    select *, 'aard_geweld' as contract_field, aard_geweld as value from veilig_thuis
    union all by name
    select *, 'eerdere_betrokkenheid' as contract_field, eerdere_betrokkenheid as value from veilig_thuis
    union all by name
    select * replace (coalesce(monitor2_datum, monitor1_datum) as signal_date),
        'monitor_uitkomst' as contract_field, monitor_uitkomst as value
    from veilig_thuis
    union all by name
    select *, 'leefgebieden' as contract_field, unnest(leefgebieden) as value from wijkteam
    union all by name
    select *, 'steunfactoren' as contract_field, unnest(steunfactoren) as value from wijkteam
    union all by name
    select *, 'signaal_soort' as contract_field, signaal_soort as value from kinderopvang
),

rule as (
    select * from seed.signal_rule
),

matched as (
    select
        rule.code, rule.subject as rule_subject,
        observed.source, observed.supplier, observed.municipality, observed.delivery_id, observed.record_key,
        observed.period, observed.period_end, observed.contract_field, observed.value, observed.signal_date,
        observed.persoon_rol, observed.meldcode_stap, observed.passed_on_to, observed.passed_on_date
    from observed
    join rule using (source, contract_field, value)
    where observed.signal_date <= $run_date
),

subject as (
    select * from core.record_gezin
),

named_adult as (
    select delivery_id, record_key, person_id from core.mention where not is_child
),

child_member as (
    select gezin_id, person_id, effective_from, effective_to from core.membership where is_child
),

located as (
    select
        matched.*,
        subject.person_id,
        subject.is_child,
        subject.gezin_id
    from matched
    join subject
        on subject.delivery_id = matched.delivery_id
        and subject.record_key = matched.record_key
        and matched.signal_date >= subject.effective_from
        and matched.signal_date < subject.effective_to
),

about_subject as (
    select * exclude (is_child)
    from located
    where rule_subject = 'huishouden'
       or (rule_subject = 'kind' and is_child and (source <> 'politie' or persoon_rol = 'SLACHTOFFER'))
       or (rule_subject = 'ouder' and not is_child)
),

about_named_adults as (
    select located.* exclude (is_child) replace (named_adult.person_id as person_id)
    from located
    join named_adult
        on named_adult.delivery_id = located.delivery_id
        and named_adult.record_key = located.record_key
    where located.rule_subject = 'ouder'
      and located.is_child
      and located.source = 'politie'
      and located.persoon_rol <> 'SLACHTOFFER'
),

-- H6: every other child of a gezin in which a child has a measure
sibling as (
    select
        'H6' as code,
        measure.source, measure.supplier, measure.municipality, measure.delivery_id, measure.record_key,
        delivery.period, measure.period_end, 'juridische_status' as contract_field, measure.kind as value,
        measure.start_date as signal_date, child_member.person_id, measure.gezin_id
    from core.measure as measure
    join child_member
        on child_member.gezin_id = measure.gezin_id
        and child_member.person_id <> measure.person_id
        and measure.start_date >= child_member.effective_from
        and measure.start_date < child_member.effective_to
    join jeugdhulp as delivery
        on delivery.delivery_id = measure.delivery_id
        and delivery.record_key = measure.record_key
    where measure.start_date <= $run_date
),

every as (
    select * from about_subject
    union all by name
    select * from about_named_adults
    union all by name
    select * from sibling
),

signal as (
    select
        code, person_id, gezin_id, signal_date, source, supplier, municipality, contract_field, value,
        meldcode_stap as reporting_step, passed_on_to, passed_on_date, delivery_id, record_key, period,
        period_end
    from every
    qualify row_number() over (
        partition by person_id, gezin_id, code, signal_date, source
        order by
            contract_field, value, period_end desc, delivery_id, meldcode_stap, passed_on_to, passed_on_date,
            record_key
    ) = 1
)

select * from signal
