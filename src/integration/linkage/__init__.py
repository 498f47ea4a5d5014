"""Persons and families from pseudonymised mentions.

:func:`link_persons` says which mentions speak of one person, :func:`build_families` which children form one
gezin. Both read and write named tables of a domain's DuckDB file, and remember in its :func:`open_link_file`;
docs/explanation/linkage.md tells the rules.
"""

from integration.linkage.families import FamiliesBuilt, build_families
from integration.linkage.history import MERGED
from integration.linkage.link_file import LinkFile, open_link_file
from integration.linkage.persons import PersonsLinked, link_persons

__all__ = [
    "MERGED",
    "FamiliesBuilt",
    "LinkFile",
    "PersonsLinked",
    "build_families",
    "link_persons",
    "open_link_file",
]
