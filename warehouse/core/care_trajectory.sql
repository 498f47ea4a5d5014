-- grain:   one row per youth care assignment in force
-- purpose: what care a child was assigned, whether and when it started and stopped, and how it ended.
--          Categories and reasons are those of iJw 3.2 (JZ020, JZ588).
-- inputs:  staging.stg_jeugdhulp, core.record_gezin

with jeugdhulp as (
    select * from staging.stg_jeugdhulp
),

child as (
    select delivery_id, record_key, person_id, gezin_id, effective_from, effective_to
    from core.record_gezin
    where is_child
),

located as (
    select jeugdhulp.*, child.person_id, child.gezin_id
    from jeugdhulp
    left join child
        on child.delivery_id = jeugdhulp.delivery_id
        and child.record_key = jeugdhulp.record_key
        and coalesce(jeugdhulp.start_datum, jeugdhulp.toewijzing_datum) >= child.effective_from
        and coalesce(jeugdhulp.start_datum, jeugdhulp.toewijzing_datum) < child.effective_to
),

trajectory as (
    select
        municipality, supplier, toewijzingnummer as assignment_ref, person_id, gezin_id,
        productcategorie as category,
        productcode as product,
        productcategorie in ('35', '36', '37', '38', '43', '44') as is_residential,
        verwijzer as referrer,
        verzoek_datum as request_date,
        verzoek_uitkomst as request_outcome,
        toewijzing_datum as assignment_date,
        reden_wijziging as change_reason,
        start_datum as start_date,
        stop_datum as stop_date,
        reden_beeindiging as stop_reason,
        coalesce(reden_beeindiging in ('32', '33', '34', '35'), false) as stopped_early,
        gestart_met_crisis = '1' as started_in_crisis,
        voorwaarden_versie as conditions_version,
        source, delivery_id, record_key, period_end
    from located
)

select * from trajectory
