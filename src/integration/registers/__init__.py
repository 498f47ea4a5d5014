"""Registers that the law or good practice asks for, made from what the code declares.

``processing``: the register of processing (AVG art. 30). ``algorithm``: the entry for the Dutch government's
register of algorithms. ``python -m integration.reference`` writes both; a test holds them equal.
"""
