-- grain:   one row per gezin, kind of decision and day, per case that records it
-- purpose: decisions and what they rested on: the local team's decision on help with the number of sources
--          and the consultation before it, and Veilig Thuis' request to the Child Protection Board. Several
--          children: one row.
-- inputs:  staging.stg_wijkteam, staging.stg_veilig_thuis, core.record_gezin

with help as (
    select
        municipality, supplier, source, delivery_id, record_key, casus_ref as case_ref,
        'help' as kind,
        besluit_datum as decision_date,
        bronnen_bij_besluit as sources_used,
        mdo_datum as consultation_date,
        mdo_deelnemers as consulted
    from staging.stg_wijkteam
    where besluit_datum is not null
),

board_request as (
    select
        municipality, supplier, source, delivery_id, record_key, casus_ref as case_ref,
        'board_request' as kind,
        rvdk_verzoek_datum as decision_date,
        cast(null as integer) as sources_used,
        cast(null as date) as consultation_date,
        cast(null as varchar[]) as consulted
    from staging.stg_veilig_thuis
    where rvdk_verzoek_datum is not null
),

child as (
    select delivery_id, record_key, person_id, gezin_id, effective_from, effective_to
    from core.record_gezin
    where is_child
),

decided as (
    select * from help
    union all
    select * from board_request
),

located as (
    select decided.*, child.gezin_id
    from decided
    left join child
        on child.delivery_id = decided.delivery_id
        and child.record_key = decided.record_key
        and decided.decision_date >= child.effective_from
        and decided.decision_date < child.effective_to
),

decision as (
    select *
    from located
    where decision_date <= $run_date
    qualify row_number() over (
        partition by municipality, supplier, case_ref, gezin_id, kind, decision_date
        order by delivery_id, sources_used, consultation_date, consulted, record_key
    ) = 1
)

select * from decision
