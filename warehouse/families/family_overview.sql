-- grain:   one row per gezin
-- purpose: what is known of a gezin on the day of the run, and what is not: who is involved since when, who
--          leads, the last report, conditions, handover, safety check and contact, what protects, and what
--          is missing. Facts only: nothing is weighed, summed over signals or put in order of concern.
--          phase follows Vogtländer and Van Arum (first safety, then risk-driven care, then recovery) and
--          stays 'onbekend' unless a rule below holds:
--          herstel             open local case with a recovery goal, monitored STABIEL_VEILIG after the
--                              last report
--          risicogestuurd      open local case with a plan that took over the conditions, made after the
--                              last report
--          directe_veiligheid  a report with safety estimate ACUUT or BEIDE in the last 90 days, without
--                              conditions set since
-- inputs:  core.family, core.report, core.assessment, core.handover, core.local_case, core.care_trajectory,
--          core.contact, core.measure, core.decision, core.transfer, core.signal, seed.signal,
--          meta.delivery, meta.expected_delivery

with family as (
    select * from core.family
),

contact as (
    select * from core.contact where gezin_id is not null
),

signal_text as (
    select code, class, label_nl from seed.signal
),

organisation as (
    select gezin_id, source, supplier, min(contact_date) as since, max(contact_date) as last_seen
    from contact
    group by gezin_id, source, supplier
),

involved as (
    select
        gezin_id,
        list(
            struct_pack(source := source, supplier := supplier, since := since, last_seen := last_seen)
            order by since, source, supplier
        ) as organisations
    from organisation
    group by gezin_id
),

last_dates as (
    select
        gezin_id,
        max(contact_date) filter (source not in ('veilig_thuis', 'politie')) as last_contact_date,
        max(contact_date) filter (kind = 'safety_check') as last_safety_check_date,
        max(contact_date) filter (kind = 'monitoring') as last_monitoring_date,
        max(contact_date) filter (kind = 'consultation') as last_consultation_date,
        arg_max(detail, (contact_date, detail)) filter (kind = 'monitoring') as last_monitoring_outcome
    from contact
    group by gezin_id
),

reported as (
    select
        report.gezin_id,
        max(report.report_date) as last_report_date,
        arg_max(report.history, (report.report_date, report.history)) as last_report_history,
        arg_max(report.safety_estimate, (report.report_date, report.safety_estimate)) as last_report_safety_estimate,
        max(assessment.assessment_date) as last_assessment_date,
        arg_max(assessment.outcome, (assessment.assessment_date, assessment.outcome)) filter (
            assessment.assessment_date is not null
        ) as last_assessment_outcome,
        max(report.report_date) filter (assessment.assessment_date is not null)
        is distinct from max(report.report_date) as last_report_not_assessed,
        max(assessment.conditions_date) as last_conditions_date
    from core.report as report
    join core.assessment as assessment
        on assessment.municipality = report.municipality
        and assessment.supplier = report.supplier
        and assessment.case_ref = report.case_ref
    group by report.gezin_id
),

handed_over as (
    select *
    from core.handover
    where gezin_id is not null
    qualify row_number() over (
        partition by gezin_id
        order by handover_date desc, delivery_id, conditions_date, service, handed_to, received_date, case_ref
    ) = 1
),

local_case as (
    select *
    from core.local_case
    where gezin_id is not null
    qualify row_number() over (
        partition by gezin_id
        order by
            closure_date is null desc, intake_date desc, delivery_id, case_lead, case_lead_date,
            conditions_adopted, plan_date, recovery_goal, case_ref
    ) = 1
),

closed as (
    select
        gezin_id,
        max(closure_date) as last_closure_date,
        arg_max_null(closure_safety, closure_date) as last_closure_safety
    from core.local_case
    group by gezin_id
),

stated_version as (
    select gezin_id, source, supplier, conditions_version from core.handover
    union
    select gezin_id, source, supplier, conditions_version from core.local_case where closure_date is null
    union
    select gezin_id, source, supplier, conditions_version from core.care_trajectory where stop_date is null
),

versions as (
    select
        gezin_id,
        list(
            struct_pack(source := source, supplier := supplier, version := conditions_version)
            order by source, supplier, conditions_version
        ) as conditions_versions
    from stated_version
    where conditions_version is not null
    group by gezin_id
),

care as (
    select gezin_id, list(distinct category order by category) as care_now
    from core.care_trajectory
    where start_date <= $run_date and (stop_date is null or stop_date > $run_date)
    group by gezin_id
),

protected as (
    select gezin_id, list(distinct kind order by kind) as measures_now
    from core.measure
    where start_date <= $run_date and (end_date is null or end_date > $run_date)
    group by gezin_id
),

decided as (
    select gezin_id, max(decision_date) as last_decision_date
    from core.decision
    group by gezin_id
),

moved as (
    select gezin_id, max(transfer_date) as last_transfer_date
    from core.transfer
    group by gezin_id
),

protective_fact as (
    select distinct signal.gezin_id, signal.code, signal_text.label_nl, signal.signal_date, signal.source
    from core.signal as signal
    join signal_text using (code)
    where signal_text.class = 'beschermend'
),

protective as (
    select
        gezin_id,
        list(
            struct_pack(code := code, label_nl := label_nl, fact_date := signal_date, source := source)
            order by signal_date, code, source
        ) as protective_facts
    from protective_fact
    group by gezin_id
),

accepted as (
    select distinct supplier, municipality, period from meta.delivery where state = 'loaded'
),

undelivered as (
    select
        expected.municipality,
        list(distinct expected.source order by expected.source) as sources_not_delivered
    from meta.expected_delivery as expected
    left join accepted using (supplier, municipality, period)
    where expected.due_date <= $run_date and accepted.supplier is null
    group by expected.municipality
),

joined as (
    select
        family.gezin_id, family.municipality, family.children, family.parents, family.shared,
        family.restricted,
        coalesce(involved.organisations, []) as organisations,
        local_case.intake_date is not null and local_case.closure_date is null as has_open_case,
        case when local_case.closure_date is null then nullif(local_case.case_lead, 'GEEN') end as case_lead,
        case when local_case.closure_date is null then local_case.case_lead_date end as case_lead_since,
        reported.* exclude (gezin_id),
        handed_over.conditions_date as handover_conditions_date,
        handed_over.service as handover_service,
        coalesce(versions.conditions_versions, []) as conditions_versions,
        local_case.conditions_adopted, local_case.plan_date, local_case.recovery_goal,
        handed_over.handover_date as last_handover_date,
        handed_over.handed_to as last_handover_to,
        handed_over.received_date as last_handover_received_date,
        last_dates.* exclude (gezin_id),
        coalesce(care.care_now, []) as care_now,
        coalesce(protected.measures_now, []) as measures_now,
        decided.last_decision_date, moved.last_transfer_date,
        closed.last_closure_date, closed.last_closure_safety,
        coalesce(protective.protective_facts, []) as protective_facts,
        coalesce(undelivered.sources_not_delivered, []) as sources_not_delivered
    from family
    left join involved using (gezin_id)
    left join last_dates using (gezin_id)
    left join reported using (gezin_id)
    left join handed_over using (gezin_id)
    left join local_case using (gezin_id)
    left join closed using (gezin_id)
    left join versions using (gezin_id)
    left join care using (gezin_id)
    left join protected using (gezin_id)
    left join decided using (gezin_id)
    left join moved using (gezin_id)
    left join protective using (gezin_id)
    left join undelivered on undelivered.municipality = family.municipality
),

phased as (
    select
        *,
        case
            when has_open_case and recovery_goal = 'JA' and last_monitoring_outcome = 'STABIEL_VEILIG'
                and last_monitoring_date >= coalesce(last_report_date, date '1900-01-01')
                then 'herstel'
            when has_open_case and conditions_adopted = 'JA'
                and plan_date >= coalesce(last_report_date, date '1900-01-01')
                then 'risicogestuurd'
            when last_report_safety_estimate in ('ACUUT', 'BEIDE') and last_report_date >= $run_date - 90
                and coalesce(last_conditions_date, date '1900-01-01') < last_report_date
                then 'directe_veiligheid'
            else 'onbekend'
        end as phase
    from joined
),

explained as (
    select
        *,
        list_filter(
            [
                case when coalesce(last_report_not_assessed, false) then 'beoordeling_onbekend' end,
                case when has_open_case and case_lead is null then 'geen_regisseur' end,
                case when handover_service <> 'GEEN' and handover_conditions_date is null
                    then 'voorwaarden_onbekend' end,
                case when last_handover_to = 'OVERIG' and last_handover_received_date is null
                    then 'ontvanger_levert_niet' end,
                case when last_handover_date is not null and last_handover_to is distinct from 'OVERIG'
                    and last_handover_received_date is null then 'ontvangst_onbekend' end,
                case when has_open_case and last_safety_check_date is null
                    then 'veiligheidscheck_onbekend' end,
                case when has_open_case and last_safety_check_date < $run_date - 90
                    then 'veiligheidscheck_verouderd' end,
                case when last_closure_date is not null
                    and coalesce(last_closure_safety, 'NIET_BEOORDEELD') = 'NIET_BEOORDEELD'
                    then 'afsluiting_zonder_oordeel' end,
                case when phase = 'onbekend' then 'fase_onbekend' end,
                case when len(sources_not_delivered) > 0 then 'levering_ontbreekt' end
            ],
            lambda reason: reason is not null
        ) as missing
    from phased
)

select * from explained
