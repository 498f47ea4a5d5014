"""From identifiers to keyed pseudonyms: keyring, normalisation, tokens, encoding.

Only :mod:`integration.pseudonyms.encode` holds identifiers and keys at once.
"""
