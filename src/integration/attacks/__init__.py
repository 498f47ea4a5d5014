"""Attacks on what this system makes: each suite tries, and counts what was survived.

``integration privacy attack`` runs them; docs/explanation/privacy.md says which promise each one holds to.
"""
