-- grain:   one row per row of core.transfer
-- purpose: transfers for their suite: rows that share a key, references that lead nowhere. Transfers of an
--          unknown gezin are not told apart by a key.
-- inputs:  core.transfer, core.family, meta.delivery

with transfer as (
    select * from core.transfer
),

family as (
    select distinct gezin_id from core.family
),

accepted as (
    select delivery_id, source as from_source, supplier as from_organisation, municipality
    from meta.delivery
    where state = 'loaded'
),

checked as (
    select
        transfer.*,
        count(*) over (
            partition by
                transfer.municipality, transfer.gezin_id, transfer.kind, transfer.transfer_date,
                transfer.from_organisation, transfer.to_organisation,
                case when transfer.gezin_id is null then transfer.record_key end
        ) as key_rows,
        case when transfer.gezin_id is not null and family.gezin_id is null then true end as gezin_dangling,
        case when accepted.delivery_id is null then true end as delivery_dangling,
        cast($run_date as date) as run_date
    from transfer
    left join family using (gezin_id)
    left join accepted using (delivery_id, from_source, from_organisation, municipality)
)

select * from checked
