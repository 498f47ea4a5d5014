"""A real browser and axe for tests of pages; a test that needs them is skipped, by name, where they are absent."""

from __future__ import annotations

import importlib.util
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from selenium import webdriver
from selenium.webdriver.chrome.options import Options
from selenium.webdriver.chrome.service import Service

ROOT = Path(__file__).resolve().parents[2]

BROWSERS = ("chromium", "chromium-browser", "google-chrome")
AXE_PACKAGES = ("axe_playwright_python", "axe_core_python")
AXE_FILES = (ROOT / "node_modules" / "axe-core" / "axe.min.js",)

RULES = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice")


def axe_source() -> str:
    """The text of axe: from ``INTEGRATION_AXE``, an installed package that ships it, or ``node_modules``."""
    named = [Path(os.environ["INTEGRATION_AXE"])] if "INTEGRATION_AXE" in os.environ else []
    specs = [importlib.util.find_spec(name) for name in AXE_PACKAGES]
    shipped = [
        Path(place) / "axe.min.js"
        for spec in specs
        if spec
        for place in spec.submodule_search_locations or ()
    ]
    for path in (*named, *shipped, *AXE_FILES):
        if path.is_file():
            return path.read_text(encoding="utf-8")
    pytest.skip("no axe found (set INTEGRATION_AXE to an axe.min.js)")


@contextmanager
def browser() -> Iterator[Any]:
    """Chromium without a window, through its own driver."""
    binary = next((path for name in BROWSERS if (path := shutil.which(name))), None)
    driver = shutil.which("chromedriver")
    if not binary or not driver:
        pytest.skip("no chromium with its driver found")
    options = Options()
    options.binary_location = binary
    for argument in ("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"):
        options.add_argument(argument)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    started = webdriver.Chrome(service=Service(driver), options=options)
    try:
        yield started
    finally:
        started.quit()


def look(driver: Any, width: int, scheme: str) -> None:
    """Show pages ``width`` pixels wide in the ``light`` or ``dark`` scheme."""
    size = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": False}
    driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
    wish = {"features": [{"name": "prefers-color-scheme", "value": scheme}]}
    driver.execute_cdp_cmd("Emulation.setEmulatedMedia", wish)


def violations(driver: Any, axe: str) -> list[str]:
    """What axe finds on the page that is open: rule and places, one line each."""
    driver.execute_script(axe)
    found = driver.execute_async_script(
        "const done = arguments[arguments.length - 1];"
        "axe.run(document, {runOnly: {type: 'tag', values: arguments[0]}, resultTypes: ['violations']})"
        ".then(result => done(result.violations), error => done([{id: String(error), nodes: []}]));",
        list(RULES),
    )
    return [f"{rule['id']}: {', '.join(str(node['target']) for node in rule['nodes'][:5])}" for rule in found]
