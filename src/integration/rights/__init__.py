"""Rights of data subjects: erase, object, restrict, export.

``marks`` and ``lists`` keep who used a right, ``locate`` finds a person's mentions, ``leaving_out`` takes them out
of one delivery, ``carrying_out`` does and finishes it, ``hiding`` restricts, ``export`` tells a person what is held,
``search`` looks for traces, ``commands`` is what the command line calls. (docs/how-to/rights-of-persons.md)
"""

from __future__ import annotations

from integration.rights.lists import rekey
from integration.rights.search import traces

__all__ = ["rekey", "traces"]
