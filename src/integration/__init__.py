"""Pseudonymised, linked and publishable picture of the network around families.

Read :mod:`integration.pipeline` first: it is the whole system in order.
"""

__version__ = "0.1.0"
