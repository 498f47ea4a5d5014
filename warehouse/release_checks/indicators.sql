-- grain:   one row per published cell: indicator, measure, municipality and period
-- purpose: what a release is about to say, for its suite: cells told twice, counts of people that may not be
--          seen (below 10, no multiple of five, or exact; only deliveries are counted exactly), hidden values
--          that are filled all the same, a verdict on what is hidden or unreliable, and percentages apart.
-- inputs:  release.indicators

with cell as (
    select * from release.indicators
),

part as (
    select indicator, measure, municipality, period, about, numerator as number, numerator_state as state
    from cell
    union all
    select indicator, measure, municipality, period, about, denominator, denominator_state from cell
    union all
    select indicator, measure, municipality, period, about, missing, missing_state from cell
),

unseen as (
    select
        indicator, measure, municipality, period,
        bool_or(
            number is not null
            and state <> 'exact'
            and (state <> 'shown' or number < 10 or number % 5 <> 0)
        ) as too_precise,
        bool_or(state = 'exact' and about <> 'deliveries') as exact_people
    from part
    group by indicator, measure, municipality, period
),

checked as (
    select
        cell.*,
        count(*) over (
            partition by cell.indicator, cell.measure, cell.municipality, cell.period
        ) as key_rows,
        case when unseen.too_precise then true end as count_too_precise,
        case when unseen.exact_people then true end as people_counted_exactly,
        case when cell.value_state <> 'shown' and cell.value is not null then true end as hidden_value_filled,
        case when cell.value_state = 'shown' and cell.value is null then true end as shown_value_empty,
        case
            when cell.verdict in ('met', 'missed') and cell.value_state in ('suppressed', 'protects') then true
        end as verdict_on_hidden,
        case when cell.verdict in ('met', 'missed') and not cell.reliable then true end as verdict_on_unreliable,
        case when cell.unit = 'percent' then cell.value end as percentage
    from cell
    left join unseen using (indicator, measure, municipality, period)
)

select * from checked
