"""From identifiers to keyed pseudonyms: keys, normalisation, tokens, encoding in two passes.

Only :mod:`integration.pseudonyms.encode`, the first pass, holds identifiers and a key at once.
"""
