"""Persons and families from pseudonymised mentions.

:func:`link_persons` says which mentions speak of one person, :func:`build_families` which children form one
gezin. Both read and write named tables of a domain's DuckDB file; docs/explanation/linkage.md tells the rules.
"""

from integration.linkage.families import FamiliesBuilt, build_families
from integration.linkage.persons import PersonsLinked, link_persons

__all__ = ["FamiliesBuilt", "PersonsLinked", "build_families", "link_persons"]
