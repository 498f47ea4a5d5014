-- grain:   one row per gezin, kind of transfer, day, from and to
-- purpose: each time a gezin goes from one organisation to another: handed over by Veilig Thuis, referred
--          on by the local team, or youth care stopped because another provider takes over (JZ588 reason
--          38).
-- inputs:  staging.stg_wijkteam, staging.stg_jeugdhulp, core.handover, core.record_gezin

with referral as (
    select
        municipality, supplier, source, delivery_id, record_key,
        'referral' as kind,
        doorverwijzing_datum as transfer_date,
        doorverwijzing_naar as to_organisation,
        warme_overdracht = 'JA' as is_warm
    from staging.stg_wijkteam
    where doorverwijzing_naar <> 'GEEN' and doorverwijzing_datum is not null
),

provider_change as (
    select
        municipality, supplier, source, delivery_id, record_key,
        'provider_change' as kind,
        stop_datum as transfer_date,
        'JEUGDHULP' as to_organisation,
        cast(null as boolean) as is_warm
    from staging.stg_jeugdhulp
    where reden_beeindiging = '38' and stop_datum is not null
),

handover as (
    select
        municipality, supplier, source, delivery_id, record_key, gezin_id,
        'handover' as kind,
        handover_date as transfer_date,
        coalesce(handed_to, 'ONBEKEND') as to_organisation,
        cast(null as boolean) as is_warm
    from core.handover
),

child as (
    select delivery_id, record_key, person_id, gezin_id, effective_from, effective_to
    from core.record_gezin
    where is_child
),

moved as (
    select * from referral
    union all
    select * from provider_change
),

located as (
    select moved.*, child.gezin_id
    from moved
    left join child
        on child.delivery_id = moved.delivery_id
        and child.record_key = moved.record_key
        and moved.transfer_date >= child.effective_from
        and moved.transfer_date < child.effective_to
),

every as (
    select * from located
    union all by name
    select * from handover
),

transfer as (
    select
        municipality, gezin_id, kind, transfer_date,
        source as from_source, supplier as from_organisation, to_organisation, is_warm, delivery_id,
        record_key
    from every
    where transfer_date <= $run_date
    qualify gezin_id is null or row_number() over (
        partition by municipality, gezin_id, kind, transfer_date, supplier, to_organisation
        order by delivery_id, is_warm, record_key
    ) = 1
)

select * from transfer
