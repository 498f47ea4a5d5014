"""Reading releases: the newest one, whether one is still what it was, and its figures. Never anything else."""

from __future__ import annotations

import hashlib
import re
from datetime import date
from pathlib import Path
from typing import Any

from integration.errors import IntegrationError, UsageError
from integration.names import InvalidName, Period
from integration.reasons import Reason
from integration.releases.model import Release, Row, Verification
from integration.storage import Zones, read_json

MANIFEST = "manifest.json"
FORMAT = "integration-release/1"
FIGURES = "indicators.parquet"

_NUMBER = re.compile(r"\d{4,6}")


def newest(zones: Zones) -> Release | None:
    """The release with the highest number, None when there is none."""
    numbers = [int(path.name) for path in _folders(zones.releases)]
    return read_release(zones, max(numbers)) if numbers else None


def latest(zones: Zones) -> Release:
    """The release with the highest number; :class:`UsageError` (NOTHING_PUBLISHED) when there is none."""
    release = newest(zones)
    if release is None:
        raise UsageError(Reason.NOTHING_PUBLISHED)
    return release


def read_release(zones: Zones, number: int) -> Release:
    """A release by number.

    Raises :class:`UsageError` (RELEASE_UNKNOWN) when there is none, :class:`IntegrationError` (RELEASE_CHANGED)
    when its manifest cannot be read.
    """
    path = zones.releases / f"{number:04d}"
    if not (path / MANIFEST).is_file():
        raise UsageError(Reason.RELEASE_UNKNOWN)
    try:
        manifest = read_json(path / MANIFEST)
        well = manifest["format"] == FORMAT and manifest["number"] == number and bool(manifest["files"])
    except (OSError, ValueError, KeyError, TypeError):
        well = False
    if not well:
        raise IntegrationError(Reason.RELEASE_CHANGED, file=MANIFEST)
    return Release(number, path, manifest)


def verify(zones: Zones, number: int) -> Verification:
    """Hash every file of a release again and compare with its manifest."""
    release = read_release(zones, number)
    expected = release.manifest["files"]
    found = {name: sha256(release.path / name) for name in _names(release.path)}
    return Verification(
        number=number,
        missing=tuple(sorted(set(expected) - set(found))),
        changed=tuple(sorted(n for n in expected if n in found and found[n] != expected[n]["sha256"])),
        added=tuple(sorted(set(found) - set(expected))),
    )


def query(
    zones: Zones, indicator: str | None = None, municipality: str | None = None, period: str | None = None
) -> list[Row]:
    """The newest release's figures, of all or one indicator, municipality (``ALLE``: all together) and period.

    Rows come in the published order; days as ISO text. Raises :class:`UsageError` for what the release does not
    hold (INDICATOR_UNKNOWN, MUNICIPALITY_UNKNOWN, PERIOD_UNKNOWN), :class:`IntegrationError` (RELEASE_CHANGED)
    when the file is not the published one.
    """
    every = rows = _figures(latest(zones))
    for column, wanted, reason in (
        ("indicator", indicator, Reason.INDICATOR_UNKNOWN),
        ("municipality", municipality, Reason.MUNICIPALITY_UNKNOWN),
        ("period", _period(period), Reason.PERIOD_UNKNOWN),
    ):
        if wanted is not None and wanted not in {row[column] for row in every}:
            raise UsageError(reason)
        rows = [row for row in rows if wanted is None or row[column] == wanted]
    return rows


def _period(text: str | None) -> str | None:
    try:
        return None if text is None else Period.parse(text).text
    except InvalidName:
        raise UsageError(Reason.PERIOD_UNKNOWN) from None


def _figures(release: Release) -> list[Row]:
    from integration import parquet

    content = (release.path / FIGURES).read_bytes() if (release.path / FIGURES).is_file() else b""
    if hashlib.sha256(content).hexdigest() != release.manifest["files"].get(FIGURES, {}).get("sha256"):
        raise IntegrationError(Reason.RELEASE_CHANGED, file=FIGURES)
    rows: list[dict[str, Any]] = parquet.read(content).to_pylist()
    return [{name: _plain(value) for name, value in row.items()} for row in rows]


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date) else value


def sha256(path: Path) -> str:
    """The SHA-256 of a file, in hex."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _folders(releases: Path) -> list[Path]:
    if not releases.is_dir():
        return []
    return [
        path for path in releases.iterdir() if _NUMBER.fullmatch(path.name) and (path / MANIFEST).exists()
    ]


def _names(folder: Path) -> list[str]:
    """All files under a folder but the manifest, by their path with forward slashes."""
    found = [path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()]
    return [name for name in found if name != MANIFEST]
