-- grain:   one row a record.
-- purpose: what the link file keeps of a record: where it stands, and all its encoded columns. filters: it has filters
--          that likeness of names is measured on (a rotation of keys leaves them behind). linkable: it has
--          anything that somebody could be found by.
-- inputs:  work.person_record, work.person_mention, staging.mentions.
with placed as (
    select
        records.record, records.supplier, records.municipality, records.source, records.record_key, records.role,
        records.content, records.numbered, records.first_seen, records.last_seen,
        mentions.delivery_id, mentions.row_number
    from work.person_record as records
    inner join work.person_mention as mentions using (mention)
),
encoded as (
    select
        delivery_id, row_number, record_key, role,
        columns('^(sex|birth_year|birth_known|bsn_token|token_.*|link_.*)$'),
        coalesce(*columns('^link_(given|surname)_[a-z0-9]+_[01]$')) as some_filter,
        coalesce(*columns('^token_(demographic|demographic_first|name|birth_first)$')) as some_text,
        coalesce(*columns('^link_(birth|phone|email|extra|(surname|given|names)_[a-z0-9]+)$')) as some_token
    from staging.mentions
),
records as (
    select
        placed.* exclude (delivery_id, row_number),
        encoded.* exclude (delivery_id, row_number, record_key, role, some_filter, some_text, some_token),
        some_filter is not null as filters,
        some_text is not null or some_token is not null as linkable
    from placed
    inner join encoded using (delivery_id, row_number, record_key, role)
)
select * from records
