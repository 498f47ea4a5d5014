-- grain:   one row per gezin and dated fact: a signal or an activity, with the person it is about
-- purpose: everything known of a gezin as dated facts, side by side and without weight: what class, who
--          delivered it, in which contract field, in which delivery, and how many days old it is on the day
--          of the run.
-- inputs:  core.signal, core.contact, seed.signal, seed.activity

with signal as (
    select * from core.signal where gezin_id is not null
),

contact as (
    select * from core.contact where gezin_id is not null
),

signal_text as (
    select code, class, about, harm_visible, label_nl, label_en from seed.signal
),

activity_text as (
    select source, contract_field, fact_class, label_nl, label_en from seed.activity
),

signal_fact as (
    select
        signal.gezin_id, signal.person_id, signal.signal_date as fact_date,
        signal_text.class as fact_class, signal.code as fact_code, signal_text.about,
        signal_text.harm_visible, signal_text.label_nl, signal_text.label_en, cast(null as varchar) as detail,
        signal.municipality, signal.source, signal.supplier, signal.contract_field, signal.delivery_id,
        signal.period, signal.period_end
    from signal
    join signal_text using (code)
),

activity_fact as (
    select
        contact.gezin_id, contact.person_id, contact.contact_date as fact_date,
        activity_text.fact_class, contact.kind as fact_code,
        case when contact.is_child then 'kind' else 'ouder' end as about,
        false as harm_visible, activity_text.label_nl, activity_text.label_en, contact.detail,
        contact.municipality, contact.source, contact.supplier, contact.contract_field, contact.delivery_id,
        contact.period, contact.period_end
    from contact
    join activity_text using (source, contract_field)
),

fact as (
    select * from signal_fact
    union all
    select * from activity_fact
),

dated as (
    select
        *,
        $run_date - fact_date as freshness_days
    from fact
)

select * from dated
