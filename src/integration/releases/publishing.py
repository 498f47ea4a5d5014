"""Publish a release: a numbered folder that appears whole, never changes, and is not made twice."""

from __future__ import annotations

import fcntl
import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from datetime import datetime
from importlib.resources import files
from pathlib import Path
from typing import Any

from integration.errors import IntegrationError, UsageError
from integration.pictures.pages import LANGUAGES, STYLE, style
from integration.reasons import Reason
from integration.releases.model import Place, Protected, ReleaseResult, Row, RunSummary
from integration.releases.read import FORMAT, MANIFEST, newest, sha256, verify
from integration.releases.site import DOWNLOADS, pages
from integration.releases.tables import (
    columns,
    delivery_rows,
    dictionary,
    figure_rows,
    may_be_seen,
    to_csv,
    to_parquet,
)
from integration.releases.view import Content
from integration.releases.words import Words
from integration.storage import Zones, atomic_directory, write_json

MARK = "SYNTHETISCH"
_MANIFEST_ONLY = ("domains", "checks")
"""What a summary tells of how a release was made; no part of what it says."""


def publish(
    zones: Zones,
    protected: Protected,
    definitions: Mapping[str, Any],
    places: Sequence[Place],
    summary: RunSummary,
    *,
    now: datetime,
    synthetic: bool,
    code_version: str,
) -> ReleaseResult:
    """Write the next release, unless the newest one already says the same.

    ``definitions`` are the indicators' definitions by id, ``places`` the municipalities in the order of the
    pages (by name, never by figure), ``now`` the moment by the one clock. Raises :class:`UsageError`
    (NOTHING_PUBLISHED) when there is no closed period, :class:`IntegrationError` (INPUT_INVALID) for a count that
    may not be seen, (RELEASE_CHANGED) when the newest release was tampered with.
    """
    if not protected.cells:
        raise UsageError(Reason.NOTHING_PUBLISHED, "no closed period")
    _refuse_summary(summary)
    zones.releases.mkdir(parents=True, exist_ok=True)
    with _alone(zones.releases):
        last = newest(zones)
        number = last.number + 1 if last else 1
        rows = figure_rows(protected, definitions, places, number)
        said = _fingerprint(rows, definitions, summary, places, synthetic=synthetic)
        if last and last.manifest["content_sha256"] == said:
            if not verify(zones, last.number).intact:
                raise IntegrationError(Reason.RELEASE_CHANGED, file=last.path.name)
            return ReleaseResult(last.number, last.path, existing=True)
        contents = [
            Content(rows, definitions, places, summary, Words(language), synthetic, number, now, code_version)
            for language in LANGUAGES
        ]
        path = zones.releases / f"{number:04d}"
        with atomic_directory(path) as folder:
            _write(folder, rows, delivery_rows(summary, places), contents)
            manifest = _manifest(folder, contents[0], protected, said)
            write_json(folder / MANIFEST, manifest)
            _lock(folder)
    return ReleaseResult(number, path, existing=False)


def _refuse_summary(summary: RunSummary) -> None:
    for field in ("persons", "families"):
        if not all(may_be_seen(count) for count in getattr(summary, field).values()):
            raise IntegrationError(Reason.INPUT_INVALID, "a count that may not be published", field=field)


@contextmanager
def _alone(releases: Path) -> Iterator[None]:
    """Let one publisher at a time choose a number."""
    with (releases / ".lock").open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def _fingerprint(
    rows: Sequence[Row],
    definitions: Mapping[str, Any],
    summary: RunSummary,
    places: Sequence[Place],
    *,
    synthetic: bool,
) -> str:
    """What a release says, without its number and moment: figures, definitions, deliveries, words and looks."""
    said = {
        "rows": [{name: value for name, value in row.items() if name != "release"} for row in rows],
        "definitions": {id_: _plain(definition) for id_, definition in sorted(definitions.items())},
        "summary": {name: value for name, value in asdict(summary).items() if name not in _MANIFEST_ONLY},
        "places": [asdict(place) for place in places],
        "synthetic": synthetic,
        "looks": _looks(),
    }
    text = json.dumps(said, sort_keys=True, default=str, ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


def _plain(definition: Any) -> Any:
    """A definition as plain data, whether it is a pydantic model, a dataclass or another object."""
    if hasattr(definition, "model_dump"):
        return definition.model_dump(mode="json")
    if hasattr(definition, "__dict__"):
        return {name: _plain(value) for name, value in vars(definition).items()}
    return [_plain(one) for one in definition] if isinstance(definition, list) else definition


def _looks() -> str:
    """A hash of templates, labels, columns and style sheet: other words or looks are another release."""
    digest = hashlib.sha256()
    package = files(__package__)
    digest.update(style())
    named = [package / name for name in ("labels.yml", "columns.yml", "themes.yml")]
    for path in [*named, *sorted((package / "templates").iterdir(), key=lambda p: p.name)]:
        digest.update(path.read_bytes())
    return digest.hexdigest()


def _write(folder: Path, rows: Sequence[Row], deliveries: Sequence[Row], contents: Sequence[Content]) -> None:
    tables = {
        "indicators.parquet": to_parquet("indicators", rows),
        "indicators.csv": to_csv(columns()["indicators"], rows),
        "deliveries.csv": to_csv(columns()["deliveries"], deliveries),
        "data-dictionary.csv": dictionary(),
    }
    for name, table in tables.items():
        (folder / name).write_bytes(table)
    site = folder / "site"
    (site / "bestanden").mkdir(parents=True)
    for name in DOWNLOADS:
        (site / "bestanden" / name).write_bytes(tables[name])
    (site / STYLE).write_bytes(style())
    for content in contents:
        for name, page in pages(content):
            path = site / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(page)


def _manifest(folder: Path, content: Content, protected: Protected, said: str) -> dict[str, Any]:
    listed = sorted(path for path in folder.rglob("*") if path.is_file())
    return {
        "format": FORMAT,
        "number": content.number,
        "mark": MARK if content.synthetic else None,
        "synthetic": content.synthetic,
        "created_at": content.now.isoformat(),
        "code_version": content.code_version,
        "content_sha256": said,
        "inputs": {"domains": dict(content.summary.domains), "indicators": sorted(content.definitions)},
        "periods": content.periods,
        "municipalities": [place.code for place in content.places],
        "cells": len(content.rows),
        "suppression": dict(protected.suppression),
        "checks": dict(content.summary.checks),
        "files": {
            path.relative_to(folder).as_posix(): {"sha256": sha256(path), "bytes": path.stat().st_size}
            for path in listed
        },
    }


def _lock(folder: Path) -> None:
    """Let all read and nobody write: a release never changes."""
    folder.chmod(0o755)
    for path in folder.rglob("*"):
        if path.is_file():
            path.chmod(0o444)
