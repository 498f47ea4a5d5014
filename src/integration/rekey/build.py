"""A domain under its new keys, built whole in a folder of its own: tables, warehouse file, and who followed whom."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from integration import inputs, night, warehouse
from integration.audit import subject_token
from integration.audit.subjects import subjects_file, write_followed
from integration.errors import IntegrationError
from integration.families import refuse_scores
from integration.ledger import Ledger
from integration.names import DomainCode
from integration.reasons import Reason
from integration.rekey.link_file import rekey_link_file
from integration.rekey.survey import Found, survey
from integration.rekey.tokens import Rekeyer, rekey_folder
from integration.rights import lists
from integration.storage import Zones, atomic_directory, read_json, write_json

if TYPE_CHECKING:
    import duckdb

    from integration.pseudonyms.keyring import Keyring
    from integration.settings import Settings

ZONES = ("linked", "staging")
FILES, COUNTS = "files", "counts.json"
"""In a domain's work folder: single files as they will lie under the installation's folder, and what was counted."""
Carry = Callable[[Zones, DomainCode, "Keyring", "Keyring", Zones], object]
CARRIED: tuple[Carry, ...] = (lists.rekey,)
"""What else is held under tokens, besides deliveries and the warehouse. Each is called with the zones, the domain, the
keyring without and with the new version, and the zones to write its fresh files to."""
_MEMBERS = "select person_id, gezin_id from link.gezin_member where role = 'kind'"
_MENTIONS = "select delivery_id, row_number, role, person_id from link.mention_person"
_BOTH = """
    select old_mentions.person_id as old_id, new_mentions.person_id as new_id
    from link.mention_person as new_mentions
    inner join old_mentions using (delivery_id, row_number, role)
"""
_HOMES = f"""
    select old_homes.gezin_id, new_homes.gezin_id, count(*)
    from (select distinct old_id, new_id from ({_BOTH})) as pairs
    inner join old_homes on old_homes.person_id = old_id
    inner join ({_MEMBERS}) as new_homes on new_homes.person_id = new_id
    group by all
"""


@dataclass(frozen=True)
class Rekeyed:
    """What was re-keyed of one domain. Persons and families are 0 where nothing was linked yet.

    ``tokens_only`` are the linked mentions whose filters were left out: until their suppliers deliver them again they
    link on tokens only.
    """

    domain: str
    from_version: int
    to_version: int
    files: int
    tokens: int
    persons_before: int = 0
    persons_after: int = 0
    families_before: int = 0
    families_after: int = 0
    tokens_only: int = 0


def prepare(
    settings: Settings,
    domain: DomainCode,
    work: Zones,
    old: Keyring,
    new: Keyring,
    passed: Callable[[str], None],
) -> Rekeyed:
    """Build the domain in ``work``; what an earlier, killed run made whole there is kept.

    Nothing outside ``work`` changes. Raises :class:`IntegrationError`: ROTATION_DIFFERS when persons or families would
    not be the same, INTERNAL when a token of another version was left, and what the stages raise.
    """
    done = work.home / COUNTS
    if done.exists():
        return Rekeyed(**read_json(done))
    rekeyer, zones = Rekeyer(domain, old, new), settings.zones
    files = tokens = only = 0
    for zone in ZONES:
        source, target = getattr(zones, zone) / domain, getattr(work, zone) / domain
        for folder in sorted(source.glob("*/*")):
            into = target / folder.parent.name / folder.name
            if folder.is_dir() and not folder.name.startswith(".") and not into.exists():
                with atomic_directory(into) as made:
                    rekey_folder(folder, made, rekeyer)
                passed("folder")
        found = survey(target, source, rekeyer) if target.exists() else Found()
        files, tokens = files + found.files, tokens + found.tokens
        only += found.tokens_only if zone == "linked" else 0
        passed(zone)
    rekey_link_file(settings, domain, rekeyer, new, Zones(work.home / FILES))
    for carry in CARRIED:
        carry(zones, domain, old, new, Zones(work.home / FILES))
    rekeyed = Rekeyed(domain, rekeyer.old_version, rekeyer.version, files, tokens, tokens_only=only)
    if zones.published(domain).exists():
        rekeyed = _build(settings, work, old, new, rekeyed, passed)
    write_json(done, vars(rekeyed))
    passed("prepared")
    return rekeyed


def _build(
    settings: Settings,
    work: Zones,
    old: Keyring,
    new: Keyring,
    so_far: Rekeyed,
    passed: Callable[[str], None],
) -> Rekeyed:
    """The domain's file, linked, modelled and calculated from the re-keyed tables, with the day's own run date.

    Whose processing is restricted is not in it, but the audit log may speak of them, and of their gezin under the name
    it has with them: who followed whom is also asked of a linkage of everybody, of which nothing else is kept.
    """
    domain = DomainCode(so_far.domain)
    gathered = inputs.gather(domain, settings, Ledger(settings.ledger()))
    with (
        warehouse.connect(None, settings) as before,
        warehouse.connect(warehouse.start_building(work, domain), settings) as con,
    ):
        fresh = Zones(work.home / FILES)
        followed: list[dict[str, str]] = []
        if lists.read_list(settings.zones, lists.RESTRICTIONS, domain):
            night.link(before, gathered, settings.zones, old, everybody=True, keep=False)
            night.link(con, gathered, work, new, fresh, everybody=True, keep=False)
            followed += _pairs(before, con)
        night.link(before, gathered, settings.zones, old, keep=False)
        night.link(con, gathered, work, new, fresh)
        passed("linked again")
        persons, families = _pairs(before, con)
        _write_followed(work, so_far, old, new, [*followed, persons, families])
        night.run_folders(con, ("staging", "core", "families"))
        refuse_scores(con)
        night.run_folders(con, ("indicators",))
    passed("built")
    night.publish(settings, work, domain, new)
    passed("published aside")
    return replace(
        so_far,
        persons_before=len(persons),
        persons_after=len(set(persons.values())),
        families_before=len(families),
        families_after=len(set(families.values())),
    )


def _pairs(
    before: duckdb.DuckDBPyConnection, after: duckdb.DuckDBPyConnection
) -> tuple[dict[str, str], dict[str, str]]:
    """Old to new pseudonyms of persons and of families, through delivered rows and roles and through children.

    Raises :class:`IntegrationError` (ROTATION_DIFFERS) unless each old one has one new one, and the other way round.
    """

    def count(rows: str) -> int:
        return int(after.execute(f"select count(*) from {rows}").fetchall()[0][0])

    with warehouse.sealed_errors("rotation"):
        for name, query in (("old_mentions", _MENTIONS), ("old_homes", _MEMBERS)):
            after.register(name, before.sql(query).to_arrow_table())
        held = [
            [count(query) for query in (f"({_MENTIONS})", "old_mentions", f"({_BOTH})")],
            [count(query) for query in (f"({_MEMBERS})", "old_homes")],
        ]
        persons = _one_to_one(after.execute(f"select distinct old_id, new_id from ({_BOTH})").fetchall())
        families = after.execute(_HOMES).fetchall()
        for name in ("old_mentions", "old_homes"):
            after.unregister(name)
    if any(len(set(numbers)) != 1 for numbers in held) or sum(row[2] for row in families) != held[1][0]:
        raise IntegrationError(Reason.ROTATION_DIFFERS)
    return persons, _one_to_one([row[:2] for row in families])


def _one_to_one(pairs: Sequence[tuple[str, str]]) -> dict[str, str]:
    """Different pairs as a mapping; ROTATION_DIFFERS unless it can be read both ways."""
    found = dict(pairs)
    if len(found) != len(pairs) or len(set(found.values())) != len(pairs):
        raise IntegrationError(Reason.ROTATION_DIFFERS)
    return found


def _write_followed(
    work: Zones, so_far: Rekeyed, old: Keyring, new: Keyring, pairs: Sequence[dict[str, str]]
) -> None:
    domain = DomainCode(so_far.domain)
    tokens = [
        (subject_token(old, domain, before), subject_token(new, domain, after))
        for before, after in sorted({pair for one in pairs for pair in one.items()})
    ]
    versions = so_far.from_version, so_far.to_version
    path = subjects_file(Zones(work.home / FILES).audit, domain, *versions)
    write_followed(path, domain, *versions, tokens)
