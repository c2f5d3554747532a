"""A real Chromium follows a run in the console, decides at its gate, and axe looks on."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from tests.support.cloud import ROOT, Cloud, eventually

DIRTY = ROOT / "sample_data" / "customers_dirty.csv"

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]


@pytest.fixture(scope="module")
def address(cloud: Cloud) -> Iterator[str]:
    """The line that `sluice console` prints: an address with a key."""
    process = subprocess.Popen(
        [str(Path(sys.executable).with_name("sluice")), "console"],
        env={**os.environ, **cloud.environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    assert process.stdout
    yield process.stdout.readline().strip()
    process.terminate()
    process.wait(10)
    process.stdout.close()


def waiting_run(cloud: Cloud, name: str) -> str:
    cloud.drop("customers", name, DIRTY.read_bytes())
    slug = name.replace(".", "-").replace("_", "-")

    def asked() -> str | None:
        approvals = cloud.sluice("approvals")
        return next((a["run_id"] for a in approvals if slug in a["run_id"]), None)

    return eventually(asked, what=f"an approval for {name}")


def test_a_run_is_followed_live_and_approved(cloud: Cloud, address: str, page: Page) -> None:
    run = waiting_run(cloud, "console_approve.csv")
    page.goto(address)
    expect(page).to_have_url(address.partition("/sign-in")[0] + "/")
    page.get_by_role("link", name=run).click()
    expect(page.get_by_role("status")).to_have_text("waiting")
    asking = page.get_by_role("link", name="Request Approval, Task, waiting")
    expect(asking).to_be_visible()

    cloud.sluice("approvals", "approve", run, "--no-follow")
    expect(page.get_by_role("status")).to_have_text("loaded")
    expect(page.get_by_role("link", name="Load Batches, Map, succeeded")).to_be_visible()


def test_the_gate_is_answered_in_the_console(cloud: Cloud, address: str, page: Page) -> None:
    run = waiting_run(cloud, "console_reject.csv")
    page.goto(address)
    page.get_by_role("row", name=run).get_by_role("link", name="decide").click()
    expect(page.get_by_role("heading", name="Rules broken")).to_be_visible()
    page.get_by_label("Comment").fill("not these")
    page.get_by_role("button", name="Reject: load nothing").click()
    expect(page.get_by_role("status")).to_have_text("rejected")
    expect(page.get_by_text("not these").first).to_be_visible()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_to_complain_about(
    cloud: Cloud, address: str, browser: Browser, scheme: Any
) -> None:
    run = waiting_run(cloud, f"console_{scheme}.csv")
    context = browser.new_context(color_scheme=scheme, viewport={"width": 390, "height": 800})
    page = context.new_page()
    page.goto(address.partition("#")[0])
    assert Axe().run(page).response["violations"] == []
    page.goto(address)
    page.get_by_role("row", name=run).wait_for()
    assert Axe().run(page).response["violations"] == []
    page.get_by_role("row", name=run).get_by_role("link", name="decide").click()
    page.get_by_role("heading", name="Rules broken").wait_for()
    assert Axe().run(page).response["violations"] == []
    page.get_by_role("link", name=run).click()
    page.locator("svg.graph").wait_for()
    assert Axe().run(page).response["violations"] == []
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    context.close()
    cloud.sluice("approvals", "reject", run)
