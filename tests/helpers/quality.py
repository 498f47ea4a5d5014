"""Tiny encoded deliveries for the quality tests: rows as dicts in, the staging zone's files out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from integration.contracts import load_contract
from integration.contracts.model import Contract
from integration.names import DeliveryId
from integration.quality.layout import ENVELOPE, must_be_checked
from integration.storage import Zones, write_json

Row = Mapping[str, Any]

TYPES = {
    "string": pa.string(),
    "code": pa.string(),
    "date": pa.date32(),
    "integer": pa.int32(),
    "codes": pa.list_(pa.string()),
    "dates": pa.list_(pa.date32()),
}

PLAIN: dict[str, Row] = {
    "onderwijs": {
        "verzuimsoort": "LUXE",
        "verzuim_begin": date(2026, 1, 12),
        "verzuim_eind": date(2026, 1, 13),
        "melding_status": "GEREGISTREERD",
        "onderwijssoort": "PO",
        "zorgsignaal": "GEEN",
        "meldcode_stap": 0,
    },
    "jeugdhulp": {
        "toewijzingnummer": "sleutel",
        "productcategorie": "45",
        "verwijzer": "01",
        "toewijzing_datum": date(2026, 1, 12),
        "gestart_met_crisis": "2",
        "juridische_status": "GEEN",
    },
    "huisarts": {
        "patient_rol": "KIND",
        "signaalgroep": "KIND_GEDRAG",
        "contact_datum": date(2026, 1, 12),
        "kindcheck_uitkomst": "NIET_VAN_TOEPASSING",
        "meldcode_stap": 0,
        "verwijzing_naar": "GEEN",
    },
    "politie": {
        "incident_type": "HG_FYSIEK",
        "incident_datum": date(2026, 1, 12),
        "persoon_rol": "SLACHTOFFER",
        "kind_aanwezig": "1",
        "huisverbod": "GEEN",
    },
    "veilig_thuis": {
        "casus_ref": "sleutel",
        "melding_datum": date(2026, 1, 12),
        "melder_organisatie": "POLITIE",
        "eerdere_betrokkenheid": "EERSTE",
        "beoordeling_datum": date(2026, 1, 13),
        "beoordeling_uitkomst": "OVERDRACHT",
        "veiligheidstaxatie": "STRUCTUREEL",
        "dienst": "GEEN",
        "overdracht_datum": date(2026, 1, 14),
        "overdracht_aan": "WIJKTEAM",
    },
    "wijkteam": {
        "casus_ref": "sleutel",
        "aanmeld_datum": date(2026, 1, 12),
        "aanmelder": "SCHOOL",
        "eerste_contact_datum": date(2026, 1, 13),
        "regisseur_org": "WIJKTEAM",
        "regisseur_toegewezen_datum": date(2026, 1, 13),
        "leefgebieden": ["OPVOEDING"],
        "contactmomenten": [date(2026, 1, 13), date(2026, 1, 15)],
        "doorverwijzing_naar": "GEEN",
    },
    "kinderopvang": {
        "opvangsoort": "KDV",
        "signaal_datum": date(2026, 1, 12),
        "signaal_soort": "KIND_GEDRAG",
        "meldcode_stap": 0,
        "doorgegeven_aan": "GEEN",
    },
}
"""One row of each source in which nothing is wrong, for a period that holds 12 to 16 January 2026."""


def rows(source: str, number: int, *different: Row) -> list[dict[str, Any]]:
    """``number`` plain rows of a source, each of a case of its own; the first ones differ as given."""
    plain = PLAIN[source]
    cases = [{"casus_ref": f"casus-{i}"} if "casus_ref" in plain else {} for i in range(number)]
    return [{**plain, **cases[i], **(different[i] if i < len(different) else {})} for i in range(number)]


def write_delivery(
    zones: Zones,
    delivery_id: str,
    content: Sequence[Row],
    *,
    refused: int = 0,
    nulled: int = 0,
    nil_return: bool = False,
    leave_out: Iterable[str] = (),
) -> Path:
    """Write an encoded delivery as encoding does, and return its staging folder."""
    delivery = DeliveryId.parse(delivery_id)
    contract = load_contract(delivery.source)
    staging = zones.staging_dir(delivery)
    staging.mkdir(parents=True)
    pq.write_table(table(contract, content).drop_columns(list(leave_out)), staging / "records.parquet")
    facts = {
        "delivery_id": delivery_id,
        "rows_in": len(content) + refused,
        "rows_ok": len(content),
        "rows_refused": refused,
        "fields_nulled": nulled,
        "nil_return": nil_return,
    }
    write_json(staging / "encode.json", facts)
    return staging


def table(contract: Contract, content: Sequence[Row]) -> pa.Table:
    """Rows as an encoded table: no parents, and every identifier of the child usable unless a row says so."""
    kinds = {column.name: column.kind for column in ENVELOPE}
    kinds |= {name: contract.field(name).type for name in must_be_checked(contract)}
    kinds |= {f"{field.name}_status": "code" for field in contract.identifiers}
    usual: dict[str, Any] = {"status_aanlevering": "1", "peildatum": date(2026, 1, 12)}
    usual |= {
        name: "missing" if name.startswith("ouder") else "ok" for name in kinds if name.endswith("_status")
    }
    usual.pop("melding_status", None)
    filled = [{"record_key": f"sleutel-{i:06d}", **usual, **row} for i, row in enumerate(content)]
    columns = {name: pa.array([row.get(name) for row in filled], TYPES[kind]) for name, kind in kinds.items()}
    return pa.table(columns)
