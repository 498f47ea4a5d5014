"""Reading declarations: YAML without surprises, and refusals that say where."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from integration.errors import DeclarationError
from integration.reasons import Reason

MAX_BYTES = 1024**2
"""No contract or supplier file comes near this; a larger one is a mistake."""

_Base: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class _Loader(_Base):  # type: ignore[misc]
    """The safe loader, refusing what YAML lets pass silently: a key that occurs twice."""

    def construct_mapping(self, node: Any, deep: bool = False) -> dict[Any, Any]:
        keys = [key.value for key, _ in node.value if isinstance(key, yaml.ScalarNode)]
        if len(keys) != len(set(keys)):
            raise yaml.constructor.ConstructorError(None, None, "a key occurs twice", node.start_mark)
        found: dict[Any, Any] = super().construct_mapping(node, deep)
        return found


def invalid(where: str, why: str, *, reason: Reason | None = None) -> DeclarationError:
    """Make the error for an unusable contract: ``where`` is contract and version, ``why`` one clause."""
    return DeclarationError(reason or Reason.CONTRACT_INVALID, f"{where}: {why}")


def read_yaml(path: Path, *, reason: Reason | None = None) -> dict[str, Any]:
    """Return the mapping in a YAML file.

    Raises :class:`~integration.errors.DeclarationError` (``reason``, else CONTRACT_INVALID) when the file is
    absent, too large, not UTF-8, not YAML, repeats a key, or is not a mapping.
    """
    where = f"{path.parent.name}/{path.name}"
    try:
        if path.stat().st_size > MAX_BYTES:
            raise invalid(where, "larger than 1 MB", reason=reason)
        found = yaml.load(path.read_text(encoding="utf-8"), Loader=_Loader)  # noqa: S506 - derives from the safe loader
    except yaml.MarkedYAMLError as error:
        line = f" at line {error.problem_mark.line + 1}" if error.problem_mark else ""
        raise invalid(where, f"not readable YAML{line}", reason=reason) from None
    except (OSError, UnicodeDecodeError, yaml.YAMLError, RecursionError):
        raise invalid(where, "not a readable YAML file", reason=reason) from None
    if not isinstance(found, dict):
        raise invalid(where, "not a mapping", reason=reason)
    return found
