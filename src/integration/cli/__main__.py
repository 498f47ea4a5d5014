"""``python -m integration.cli``."""

from integration.cli import main

main()
