"""One domain's file, step by step: what the nightly stages do, and what a rotation of keys does beside them.

Each step gets the zones it works in, so that a rotation can build a whole domain in a folder of its own from
re-keyed tables before anything that readers see changes.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict
from datetime import date
from typing import TYPE_CHECKING, Any

from integration import inputs, warehouse
from integration.errors import KeyUnavailable
from integration.linkage import FamiliesBuilt, PersonsLinked, build_families, link_persons, open_link_file
from integration.linkage.pseudonym import PseudonymKey
from integration.names import DomainCode
from integration.pseudonyms.first_pass import known_first_pass
from integration.pseudonyms.link_mark import link_mark
from integration.rights.hiding import hide_restricted
from integration.storage import Zones, write_json

if TYPE_CHECKING:
    import duckdb

    from integration.pseudonyms.keyring import Keyring
    from integration.settings import Settings


def link(
    con: duckdb.DuckDBPyConnection,
    gathered: inputs.Inputs,
    zones: Zones,
    keys: Keyring,
    listed: Zones | None = None,
    *,
    everybody: bool = False,
    keep: bool = True,
) -> tuple[PersonsLinked, FamiliesBuilt]:
    """Fill a fresh file from the linked zone, and link its records into persons and families.

    What linkage remembers is taken from the domain's link file and, with ``keep``, written to it. Whose processing is
    restricted is remembered (nothing may be lost of them) and left out of the result, unless ``everybody`` is asked
    for, which is never published. ``listed`` are other zones to read that list and the link file from.
    """
    domain = gathered.domain
    output, family = (
        PseudonymKey(keys.version_of(domain), keys.subkey(domain, purpose))
        for purpose in ("output", "family")
    )
    encoding = link_mark(keys, domain)
    inputs.load_inputs(con, gathered, zones)
    with (
        warehouse.sealed_errors("link"),
        open_link_file(con, listed or zones, domain, gathered.run_date, keep=keep) as file,
    ):
        persons = link_persons(con, domain, output, file, encoding=encoding)
        if not everybody and hide_restricted(con, zones, keys, gathered, listed):
            persons = link_persons(con, domain, output, file.second_look(), encoding=encoding)
        families = build_families(con, domain, family, gathered.run_date, file)
    return persons, families


def run_date(con: duckdb.DuckDBPyConnection) -> date:
    """The day that a file's models are run for."""
    found: date = con.execute("select run_date from meta.run").fetchall()[0][0]
    return found


def run_folders(con: duckdb.DuckDBPyConnection, folders: Iterable[str]) -> dict[str, int]:
    """Run the models of some folders on a file that was linked; rows by table."""
    params = {"run_date": run_date(con)}
    counts: dict[str, int] = {}
    for folder in folders:
        counts |= warehouse.run_models(con, folder, params)
    return counts


def publish(settings: Settings, zones: Zones, domain: DomainCode, keys: Keyring) -> str:
    """Publish the domain's file and its manifest; return the fingerprint of what it was built from.

    The keys are asked first: without them nothing is published.
    """
    marks = keys.fingerprints(domain) | _first_pass(settings, domain)
    with warehouse.connect(zones.building(domain), settings) as con:
        run = con.execute("select run_date, fingerprint from meta.run").fetchall()[0]
        rows = {name: warehouse.count(con, name) for name in warehouse.tables(con)}
        rests_on = what_it_rests_on(con)
    warehouse.publish(zones, domain, settings)
    manifest = {
        "domain": domain,
        "run_date": run[0],
        "fingerprint": run[1],
        "rests_on": rests_on,
        "tables": rows,
        "key_fingerprints": marks,
    }
    write_json(zones.warehouse / f"{domain}.json", manifest)
    return str(run[1])


def what_it_rests_on(con: duckdb.DuckDBPyConnection) -> list[dict[str, Any]]:
    """A row a source: periods expected, missing and late, deliveries loaded, held and refused, the latest used."""
    found = con.execute("select * from meta.rests_on order by source")
    names = [column[0] for column in found.description or ()]
    return [dict(zip(names, row, strict=True)) for row in found.fetchall()]


def _first_pass(settings: Settings, domain: DomainCode) -> dict[str, str]:
    """The fingerprint of the first-pass key that a domain uses; empty when none was handed out."""
    try:
        return known_first_pass(settings.first_pass_folder, domain).fingerprints
    except KeyUnavailable:
        return {}


def counts_of(result: Any) -> dict[str, int]:
    """The whole numbers of a result."""
    return {name: value for name, value in asdict(result).items() if isinstance(value, int)}
