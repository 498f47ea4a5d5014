"""How fast persons and families are found: ``bench_linkage.py [MENTIONS ...]`` prints one JSON line a size.

The mentions are made up in SQL: children of two a family in four records each over seven sources, 20% of the
mentions without a BSN, 10% without a first name. Tokens have the length of real ones.
"""

from __future__ import annotations

import json
import resource
import sys
import tempfile
import time
from datetime import date
from pathlib import Path

from integration.contracts import contract_ids
from integration.linkage import build_families, link_persons
from integration.linkage.pseudonym import PseudonymKey
from integration.names import DomainCode
from integration.settings import Settings
from integration.warehouse import connect

DOMAIN, DAY = DomainCode("GM0321"), "2025-10-31"
SIZES = (100_000, 1_000_000)

_PEOPLE = """
create table spoken as
with rows_of as (
    select kid, kid // 2 as family, turn, hash(kid) % 2 + 1 as sex, 2008 + hash(kid * 7) % 17 as born,
        $sources[(kid + turn) % 7 + 1] as source, random() as first_known
    from range($mentions // 10) as kids (kid), range(4) as turns (turn)
),
spoken as (
    select *, if(role = 'kind', kid, family) as who, random() < 0.8 as bsn_known
    from rows_of, (values ('kind'), ('ouder1'), ('ouder2')) as roles (role)
    where role <> 'ouder2' or kid % 2 = 0
)
select * from spoken
"""
_MENTIONS = """
create table staging.mentions as
select
    concat(source, '.', upper(source[:2]), '01.GM0321.stand-', $day, '.0001') as delivery_id,
    source, concat(upper(source[:2]), '01') as supplier, 'GM0321' as municipality, concat('stand-', $day) as period,
    concat('1.GM0321.key.', md5(concat(kid, turn))) as record_key,
    cast(row_number() over () as integer) as row_number, cast($day as date) as peildatum, role,
    cast(null as varchar) as patient_rol, if(role = 'kind', null, '10') as relation,
    case role when 'kind' then cast(sex as varchar) when 'ouder1' then '2' else '1' end as sex,
    cast(if(role = 'kind', born, 1980) as smallint) as birth_year, 'full' as birth_known, '3991' as pc4,
    if(role = 'kind', '01', null) as address_kind, false as secret, cast(null as date) as departure_date,
    if(bsn_known, concat('1.GM0321.person.', md5(concat(role, 'bsn', who))), null) as bsn_token, 'ok' as bsn_status,
    concat('1.GM0321.person.', md5(concat(role, 'demographic', who))) as token_demographic,
    if(first_known < 0.9, concat('1.GM0321.person.', md5(concat(role, 'first', who))), null) as token_demographic_first,
    concat('1.GM0321.person.', md5(concat(role, 'name', who))) as token_name,
    if(first_known < 0.9, concat('1.GM0321.person.', md5(concat(role, 'birth', who))), null) as token_birth_first,
    if(role = 'kind', concat('1.GM0321.address.', md5(concat('address', family))), null) as address_token,
    if(role = 'kind', concat('1.GM0321.address.', md5(concat('base', family))), null) as address_token_base,
    role <> 'kind' as address_inherited
from spoken
"""
_RECORDS = """
create table staging.records_{source} as
select
    delivery_id, source, supplier, municipality, record_key, '1' as status_aanlevering, peildatum,
    if(hash(record_key) % 2 = 0, md5(address_token), null) as gezin_ref,
    if(hash(record_key) % 20 = 0, '35', '45') as productcategorie, date '2025-01-01' as start_datum,
    cast(null as varchar) as reden_wijziging
from staging.mentions
where source = '{source}' and role = 'kind'
"""


def measure(mentions: int, home: Path) -> dict[str, object]:
    """Make the mentions, link them, and tell seconds, mentions a second and what was found."""
    with connect(None, Settings(home=home)) as con:
        con.execute("create schema staging; create schema meta; select setseed(0.5)")
        con.execute(_PEOPLE, {"mentions": mentions, "sources": contract_ids()})
        con.execute(_MENTIONS, {"day": DAY})
        for source in contract_ids():
            con.execute(_RECORDS.format(source=source))
        con.execute(
            "create table meta.delivery as select distinct delivery_id, supplier, municipality, 'loaded' as state, "
            "peildatum as period_end, 1 as sequence, false as superseded from staging.mentions"
        )
        start, cpu = time.perf_counter(), time.process_time()
        persons = link_persons(con, DOMAIN, PseudonymKey(1, b"output"))
        middle = time.perf_counter()
        families = build_families(con, DOMAIN, PseudonymKey(1, b"family"), date(2026, 2, 16))
        end = time.perf_counter()
        return {
            "benchmark": "linkage",
            "mentions": persons.mentions,
            "persons": persons.persons,
            "families": families.families,
            "seconds": {"persons": round(middle - start, 2), "families": round(end - middle, 2)},
            "cpu_seconds": round(time.process_time() - cpu, 2),
            "mentions_per_second": round(persons.mentions / (end - start)),
            "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
        }


if __name__ == "__main__":
    for size in [int(text) for text in sys.argv[1:]] or SIZES:
        with tempfile.TemporaryDirectory() as folder:
            print(json.dumps(measure(size, Path(folder))), flush=True)
