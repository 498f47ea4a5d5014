-- grain:   one row per local team case (supplier, case_ref) and gezin
-- purpose: the case as the local team last recorded it: lead, plan, adopted conditions, recovery goal,
--          closure. With several children the newest record of the case speaks. A case of which no child is
--          in a gezin keeps one row.
-- inputs:  staging.stg_wijkteam, core.record_gezin

with wijkteam as (
    select * from staging.stg_wijkteam
),

child as (
    select delivery_id, record_key, person_id, gezin_id, effective_from, effective_to
    from core.record_gezin
    where is_child
),

-- a case belongs to the gezin of its child on the day it closed, or else on the day of its intake
located as (
    select wijkteam.*, child.gezin_id
    from wijkteam
    left join child
        on child.delivery_id = wijkteam.delivery_id
        and child.record_key = wijkteam.record_key
        and coalesce(wijkteam.afsluit_datum, wijkteam.aanmeld_datum) >= child.effective_from
        and coalesce(wijkteam.afsluit_datum, wijkteam.aanmeld_datum) < child.effective_to
),

newest as (
    select *
    from located
    qualify row_number() over (
        partition by municipality, supplier, casus_ref, gezin_id order by period_end desc, delivery_id, row_number
    ) = 1
),

local_case as (
    select
        municipality, supplier, casus_ref as case_ref, gezin_id,
        aanmeld_datum as intake_date,
        aanmelder as referred_by,
        ontvangst_overdracht_vt as received_date,
        eerste_contact_datum as first_contact_date,
        regisseur_org as case_lead,
        regisseur_toegewezen_datum as case_lead_date,
        leefgebieden as life_domains,
        veiligheidsplan_datum as plan_date,
        voorwaarden_overgenomen as conditions_adopted,
        voorwaarden_versie as conditions_version,
        laatste_veiligheidscheck as last_safety_check,
        herstel_doel as recovery_goal,
        warme_overdracht as warm_handover,
        afsluit_datum as closure_date,
        afsluit_veiligheid as closure_safety,
        source, delivery_id, record_key, period_end
    from newest
    qualify gezin_id is not null or count(gezin_id) over (partition by municipality, supplier, casus_ref) = 0
)

select * from local_case
