"""A real Chromium, without a window, and pages of every kind to show in it.

Chromium and its driver are Debian's packages chromium and chromium-driver.
"""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import pytest
from selenium import webdriver
from selenium.webdriver.chrome.service import Service

from reports.locale.catalogue import LANGUAGES

TESTS = Path(__file__).parents[1]
sys.path.append(str(TESTS / "unit/reports"))  # made_histories, made_operations, made_surveys
import made_pages  # noqa: E402 - it imports those


@pytest.fixture(scope="session")
def chromium():
    """A browser that logs its console and its requests."""
    options = webdriver.ChromeOptions()
    options.binary_location = shutil.which("chromium") or ""
    assert options.binary_location, "install the package chromium"
    # in a container, and as root, Chromium cannot make a sandbox of its own
    for argument in ("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"):
        options.add_argument(argument)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    driver_path = shutil.which("chromedriver")
    assert driver_path, "install the package chromium-driver"
    driver = webdriver.Chrome(options=options, service=Service(driver_path))
    yield driver
    driver.quit()


@pytest.fixture(scope="session")
def pages(tmp_path_factory):
    """Return a page of every kind in every language: (kind, language) -> path."""
    return {
        (kind, lang): page
        for lang in LANGUAGES
        for kind, page in made_pages.written(tmp_path_factory.mktemp(lang), lang).items()
    }


@pytest.fixture
def show(chromium):
    """Open a page in a window of `width` to `height` pixels, dark or light."""

    def call(page, width=1280, height=900, *, dark=False, scripts=True):
        command = chromium.execute_cdp_cmd
        size = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 500}
        command("Emulation.setDeviceMetricsOverride", size)
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        command("Emulation.setEmulatedMedia", {"media": "", "features": [scheme]})
        command("Emulation.setScriptExecutionDisabled", {"value": not scripts})
        for kind in ("browser", "performance"):
            chromium.get_log(kind)  # drop the logs of earlier pages
        chromium.get(page.as_uri())
        return chromium

    yield call
    chromium.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": False})
