-- grain:   one row a mention (a delivered row speaks of a person in a role).
-- purpose: number the mentions for this run; content is a digest of all that linkage compares of the mention.
-- inputs:  staging.mentions.
with numbered as (
    select
        row_number() over () as mention,
        delivery_id, row_number, source, supplier, municipality, record_key, role, patient_rol, peildatum,
        sex, birth_year, birth_known, pc4, secret, departure_date,
        bsn_token, token_demographic, token_demographic_first, token_name, token_birth_first,
        md5(cast(
            row(*columns('^(sex|birth_year|birth_known|bsn_token|token_.*|link_.*)$')) as varchar
        )) as content
    from staging.mentions
)
select * from numbered
