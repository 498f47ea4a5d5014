"""Every key of a synthetic installation: the receiver's keyring, and a keeper that hands out first-pass keys.

The keeper lies in the installation's own folder, as the sample's truth does; in a real one it is somebody else's.
"""

from __future__ import annotations

from integration.contracts import load_supplier, supplier_codes
from integration.pseudonyms.keeper import make_demo_keeper
from integration.pseudonyms.keyring import make_demo_keyring
from integration.storage import Zones


def make_demo_keys(zones: Zones) -> None:
    """Make the keys that are not there yet; suppliers must be, for their municipalities are the domains."""
    make_demo_keyring(zones)
    hand_out_demo_keys(zones)


def hand_out_demo_keys(zones: Zones) -> None:
    """Make the first-pass keys of every municipality that somebody delivers for."""
    found = {str(m) for code in supplier_codes(zones) for m in load_supplier(zones, code).municipalities}
    make_demo_keeper(zones.keeper, zones.first_pass_keys, sorted(found))
