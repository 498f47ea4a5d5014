"""Linkage measured on anyone's data: a TOML says what the columns are, the answer is JSON."""
