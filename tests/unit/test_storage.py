"""Writes are whole or absent."""

from __future__ import annotations

from pathlib import Path

import pytest

from integration import storage


def test_an_atomic_directory_appears_whole(tmp_path: Path) -> None:
    target = tmp_path / "a" / "b"
    with storage.atomic_directory(target) as work:
        (work / "x").write_text("1")
        assert not target.exists()
    assert (target / "x").read_text() == "1"
    assert [p.name for p in target.parent.iterdir()] == ["b"]


def test_a_failure_leaves_the_old_content_and_no_remains(tmp_path: Path) -> None:
    target = tmp_path / "b"
    with storage.atomic_directory(target) as work:
        (work / "x").write_text("old")
    with pytest.raises(RuntimeError), storage.atomic_directory(target) as work:
        (work / "x").write_text("new")
        raise RuntimeError
    assert (target / "x").read_text() == "old"
    assert [p.name for p in tmp_path.iterdir()] == ["b"]


def test_replacing_takes_the_new_content(tmp_path: Path) -> None:
    target = tmp_path / "b"
    for text in ("old", "new"):
        with storage.atomic_directory(target) as work:
            (work / text).write_text(text)
    assert [p.name for p in target.iterdir()] == ["new"]


def test_a_failed_write_leaves_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "f.json"
    storage.write_json(path, {"a": 1}, mode=0o600)

    def refuse(*args: object) -> None:
        raise OSError

    monkeypatch.setattr(storage.os, "replace", refuse)
    with pytest.raises(OSError):
        storage.write_json(path, {"a": 2})
    assert storage.read_json(path) == {"a": 1}
    assert [p.name for p in tmp_path.iterdir()] == ["f.json"]
    assert path.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("name", ["warehouse", "expectations", "dags"])
def test_resources_are_found(name: str) -> None:
    assert storage.resource(name).is_dir()
