"""Re-keying what is held: a rotation of keys without identifiers, and what it needs around it.

:mod:`integration.rekey.rotate` is the whole of it; ``guard`` keeps stages and rotation apart.
"""
