"""The declaration of the link encoding: what is in force, and what is refused because it would name people."""

from __future__ import annotations

import re
from importlib.resources import files
from typing import Any

import pytest
import yaml

from integration.errors import DeclarationError
from integration.pseudonyms.link_parameters import (
    NAMES,
    PARTS,
    is_filter_column,
    load_parameters,
    read_parameters,
)
from integration.reasons import Reason

SHIPPED = files("integration.pseudonyms").joinpath("link_encoding.yml").read_text(encoding="utf-8")


def changed(path: str, value: Any) -> str:
    content = yaml.safe_load(SHIPPED)
    *parents, last = path.split(".")
    place = content
    for name in parents:
        place = place[name]
    place[last] = value
    return yaml.safe_dump(content, sort_keys=False)


def test_the_shipped_version_names_its_columns() -> None:
    parameters = load_parameters()
    assert parameters.version == 1
    assert {"link_number", "link_birth", "link_surname_birth"} <= set(parameters.token_columns)
    assert parameters.filter_columns == tuple(
        f"link_{field}_{channel}_{word}"
        for field in ("given", "surname")
        for channel in ("birth", "post", "year", "pc4")
        for word in (0, 1)
    )
    assert all(map(is_filter_column, parameters.filter_columns))
    assert not any(map(is_filter_column, parameters.token_columns))


def test_a_channel_may_be_of_one_name_salted_by_the_other() -> None:
    parameters = read_parameters(changed("filters.channels.other", {"surname": ["given", "birth_year"]}))
    assert parameters.filter_columns[-2:] == ("link_surname_other_0", "link_surname_other_1")
    assert len(parameters.filter_columns) == len(load_parameters().filter_columns) + 2


def test_no_shipped_token_holds_a_name_alone() -> None:
    for token in load_parameters().tokens:
        if NAMES.intersection(token.parts):
            assert set(token.parts) - NAMES - {"sex", "birth_decade"}


def test_the_order_of_lines_is_part_of_the_fingerprint_and_comments_are_not() -> None:
    assert read_parameters(re.sub("#.*", "", SHIPPED)).canonical() == load_parameters().canonical()
    assert read_parameters(changed("version", 2)).canonical() != load_parameters().canonical()


@pytest.mark.parametrize(
    "parts", [["surname"], ["given"], ["surname", "given"], ["surname", "sex", "birth_decade"]]
)
def test_a_name_alone_is_refused_as_token_and_as_salt(parts: list[str]) -> None:
    for path in ("tokens.mine", "filters.channels.mine"):
        with pytest.raises(DeclarationError) as refused:
            read_parameters(changed(path, parts))
        assert refused.value.reason is Reason.LINK_ENCODING_INVALID
        assert refused.value.field == "mine"


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("version", 0),
        ("version", "1"),
        ("version", True),
        ("tokens.Mine", ["number"]),
        ("tokens.mine", []),
        ("tokens.mine", ["nickname"]),
        ("tokens.mine", ["number", "number"]),
        ("tokens.mine", {"parts": ["number"]}),
        ("tokens.surname_birth_0", ["number"]),
        ("filters.bits", 64),
        ("filters.bits", "many"),
        ("filters.lanes", 3),
        ("filters.q", 1),
        ("filters.padding", 0),
        ("filters.padding", 2),
        ("filters.fields", ["place"]),
        ("filters.fields", []),
        ("filters.channels.mine", []),
        ("filters.channels.mine", {}),
        ("filters.channels.mine", {"place": ["birth"]}),
        ("filters.channels.mine", ["given", "birth"]),
        ("filters.channels.mine", {"surname": ["given"]}),
        ("filters.channels.mine", ["birth", "birth"]),
        ("filters.channels.Mine", ["birth"]),
        ("filters", None),
        ("tokens", None),
    ],
)
def test_other_forms_are_refused_by_name(path: str, value: Any) -> None:
    with pytest.raises(DeclarationError) as refused:
        read_parameters(changed(path, value))
    assert refused.value.reason is Reason.LINK_ENCODING_INVALID


@pytest.mark.parametrize("text", ["", "- 1", "version: [", "a: b"])
def test_what_is_no_declaration_is_refused(text: str) -> None:
    with pytest.raises(DeclarationError):
        read_parameters(text)


def test_every_part_can_be_a_token() -> None:
    for part in set(PARTS) - NAMES:
        assert read_parameters(changed("tokens.mine", [part])).tokens[-1].parts == (part,)
