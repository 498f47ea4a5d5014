"""Restriction (AVG art. 18): what is kept of a person but used for nothing.

Their data stays in the linked zone and is left out when the warehouse is built, as if it had been erased: no table
of persons, families or facts has it, and no figure made from then on counts it. This is not the mark
``restricted`` of a gezin, which says that an address is secret.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from integration import inputs
from integration.rights import lists
from integration.rights.leaving_out import make_cut
from integration.rights.locate import listed_mentions
from integration.rights.marks import marker

if TYPE_CHECKING:
    import duckdb

    from integration.names import DomainCode
    from integration.pseudonyms.keyring import Keyring
    from integration.storage import Zones


def hide_restricted(
    con: duckdb.DuckDBPyConnection,
    zones: Zones,
    keys: Keyring,
    gathered: inputs.Inputs,
    listed: Zones | None = None,
) -> bool:
    """Hide restricted persons from tonight's ``staging``, by the linkage that was just made; False when nobody is.

    The linkage must be made anew after this. ``listed`` are other zones to read the list from: a rotation's.
    """
    domain: DomainCode = gathered.domain
    entries = lists.read_list(listed or zones, lists.RESTRICTIONS, domain)
    if not entries:
        return False
    wanted = lists.wanted(marker(keys, domain), entries)
    theirs = listed_mentions(con, "staging.mentions", wanted, "link.mention_person")
    if not theirs:
        return False
    deliveries = sorted({name for name, _, _ in theirs})
    named = con.execute(
        "select delivery_id, row_number, role from staging.mentions where delivery_id in (select unnest($1))",
        [deliveries],
    ).fetchall()
    cuts = {}
    for delivery in deliveries:
        cut = make_cut(
            [(row, role) for name, row, role in named if name == delivery],
            [(row, role) for name, row, role in theirs if name == delivery],
        )
        cuts[delivery] = (cut.rows, cut.mentions)
    inputs.hide(con, gathered, zones, cuts)
    return True
