"""Looking after a domain's linkage by hand: training its model anew, reading its history, undoing an event.

``linking/<domain>.model.json`` is the model that a domain's nights link with; without it they use the shipped one.
Training uses the encoded records of the link file, without labels; what it moved is told in bits before anybody
decides to use it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

from integration.errors import IntegrationError
from integration.linkage import decisions, history
from integration.linkage.link_file import HELD, open_link_file
from integration.linkage.scoring import encoding_version, model_in_use, nightly_model
from integration.reasons import Reason
from integration.warehouse import sealed_errors

if TYPE_CHECKING:
    import duckdb

    from integration.linkage.decisions import Decision
    from integration.linkage.model import Drift, Model
    from integration.names import DomainCode
    from integration.storage import Zones

MOST_RECORDS = 1_000_000
"""Training takes a sample by hash above this: chances of levels do not change with more."""


@dataclass(frozen=True)
class Retrained:
    """A model newly trained on so many records, and how far it moved from the one in use."""

    model: Model
    drift: Drift
    records: int


@dataclass(frozen=True)
class Event:
    """One merge or split: its number, day, what, from which name to which, and what it rests on."""

    event: int
    day: date
    what: str
    from_id: str
    to_id: str
    why: str


def retrain(con: duckdb.DuckDBPyConnection, zones: Zones, domain: DomainCode) -> Retrained:
    """Train the shipped model on the records that a domain's last night kept; nothing is written.

    It starts from the shipped model, not from the one in use: what the records cannot tell would else move a little
    further each time. The same records give the same model.
    Raises :class:`IntegrationError`: LINK_NOTHING_HELD when no night linked this domain, LINK_FILE_UNREADABLE,
    and :class:`DeclarationError` (LINK_MODEL_INVALID, LINK_VERSIONS_MIXED) when the model in use cannot be used.
    """
    from integration.linkage.model import compare_models, train

    used = model_in_use(zones.link_model(domain))
    _held(zones, domain)
    with sealed_errors("linkage train"), open_link_file(con, zones, domain, date.min, keep=False):
        (size,) = con.execute(f"select count(*) from {HELD}.record").fetchall()[0]
        keep = min(1_000_000, MOST_RECORDS * 1_000_000 // max(size, 1))
        con.execute(
            "create or replace temp table train_record as select record, sex, columns('^link_.*') "
            f"from {HELD}.record where hash(record) % 1000000 < {keep}"
        )
        trained = train(con, nightly_model(), "train_record")
        (records,) = con.execute("select count(*) from train_record").fetchall()[0]
    model = replace(trained, rules=None, encoding=encoding_version())
    return Retrained(model, compare_models(used, model), records)


def use(zones: Zones, domain: DomainCode, model: Model) -> Path:
    """Let the domain's nights link with this model from now on: the next one compares all records again."""
    from integration.linkage.model import save_model

    path = zones.link_model(domain)
    save_model(model, path)
    path.chmod(0o600)
    return path


def events(con: duckdb.DuckDBPyConnection, zones: Zones, domain: DomainCode) -> list[Event]:
    """The merges and splits that are remembered of a domain, the newest first; raises as :func:`retrain`."""
    _held(zones, domain)
    with sealed_errors("linkage events"), open_link_file(con, zones, domain, date.min, keep=False):
        rows = con.execute(
            f"select event, day, what, from_id, to_id, coalesce(why, '') from {HELD}.event order by event desc"
        ).fetchall()
    return [Event(*row) for row in rows]


def undo(
    con: duckdb.DuckDBPyConnection,
    zones: Zones,
    domain: DomainCode,
    event: int,
    *,
    at: str,
    by: str,
    why: str,
) -> Decision:
    """Write the decision that undoes a merge or split of persons; the next night carries it out.

    Raises :class:`UsageError` (INPUT_INVALID) when there is no such event or not enough is held of it; else as
    :func:`retrain`.
    """
    _held(zones, domain)
    with sealed_errors("linkage undo"), open_link_file(con, zones, domain, date.min, keep=False):
        decision = history.undo(con, event, at=at, by=by, why=why)
    decisions.add(decisions.path(zones, domain), decision)
    return decision


def told_by_hand(zones: Zones, domain: DomainCode) -> list[str]:
    """Digests of the reviewers' decisions and of the domain's own model: either, changed, makes a new night."""
    found = (decisions.path(zones, domain), zones.link_model(domain))
    return [sha256(path.read_bytes()).hexdigest() if path.exists() else "" for path in found]


def _held(zones: Zones, domain: DomainCode) -> None:
    if not zones.link_file(domain).exists():
        raise IntegrationError(Reason.LINK_NOTHING_HELD, str(domain))
