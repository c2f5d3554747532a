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
    cloud.drop("customers", name, DIRTY.read_bytes() + b"\n")
    slug = name.replace(".", "-").replace("_", "-")

    def asked() -> str | None:
        approvals = cloud.sluice("approvals")
        return next((a["run_id"] for a in approvals if slug in a["run_id"]), None)

    return eventually(asked, what=f"an approval for {name}")


def test_a_run_is_followed_live_and_approved(cloud: Cloud, address: str, page: Page) -> None:
    run = waiting_run(cloud, "console_approve.csv")
    page.goto(address)
    expect(page).to_have_url(address.partition("/sign-in")[0] + "/")
    page.get_by_role("region", name="Runs").get_by_role("link", name=run).click()
    expect(page.get_by_role("status")).to_have_text("waiting")
    expect(page.get_by_text("1 blank line was skipped")).to_be_visible()
    asking = page.get_by_role("link", name="Request Approval, Task, waiting")
    expect(asking).to_be_visible()
    page.get_by_role("link", name="download").focus()

    cloud.sluice("approvals", "approve", run, "--no-follow")
    expect(page.get_by_role("status")).to_have_text("loaded", timeout=30_000)
    expect(page.get_by_role("link", name="Load Batches, Map, succeeded")).to_be_visible()
    expect(page.get_by_role("link", name="download")).to_be_focused()


def test_the_gate_is_answered_in_the_console(cloud: Cloud, address: str, page: Page) -> None:
    run = waiting_run(cloud, "console_reject.csv")
    page.goto(address)
    needs = page.get_by_role("region", name="Needs you")
    needs.get_by_role("listitem").filter(has_text=run).get_by_role("link").click()
    expect(page.get_by_role("region", name="Rules that rows broke")).to_be_visible()
    page.get_by_label("Comment").fill("not these")
    page.get_by_role("button", name="Reject: load nothing").click()
    expect(page.get_by_role("status")).to_have_text("rejected")
    expect(page.get_by_text("not these").first).to_be_visible()


def test_a_page_of_the_gate_turns_into_what_somebody_else_decided(
    cloud: Cloud, address: str, page: Page
) -> None:
    run = waiting_run(cloud, "console_other.csv")
    page.goto(address)
    page.get_by_role("row", name=run).get_by_role("link", name="decide").click()
    page.get_by_label("Comment").fill("half a sent")
    cloud.sluice("approvals", "reject", run, "--comment", "wrong month", "--no-follow")
    expect(page.get_by_role("heading", level=1)).to_contain_text("Rejected by")
    expect(page.get_by_text("wrong month")).to_be_visible()
    expect(page.get_by_role("form", name="Decide")).to_have_count(0)
    page.get_by_role("link", name=run).click()
    expect(page.get_by_role("status")).to_have_text("rejected")


def test_a_step_opens_beside_the_run_and_holds_no_token(
    cloud: Cloud, address: str, page: Page
) -> None:
    run = waiting_run(cloud, "console_step.csv")
    page.goto(address)
    page.get_by_role("region", name="Runs").get_by_role("link", name=run).click()
    page.get_by_role("region", name="Timeline").get_by_role("link", name="Request Approval").click()
    step = page.get_by_role("complementary")
    expect(step.get_by_role("heading", level=2)).to_contain_text("Request Approval")
    expect(step).to_be_focused()
    [token] = [item["task_token"]["S"] for item in open_approvals(cloud) if run in str(item)]
    assert token not in page.content()
    assert "(redacted)" in page.content()
    step.get_by_role("link", name="Close the step").click()
    expect(step).to_have_count(0)

    page.get_by_text("Stop…").click()
    page.get_by_label("Comment").fill("by mistake")
    page.get_by_role("button", name="Stop: yes").click()
    expect(page.get_by_role("status")).to_have_text("failed")
    expect(page.get_by_text("Redrive…")).to_be_visible()


def open_approvals(cloud: Cloud) -> list[dict[str, Any]]:
    table = cloud.outputs["ControlTableName"]
    items: list[dict[str, Any]] = cloud.client("dynamodb").scan(TableName=table)["Items"]
    return [item for item in items if item["sk"]["S"] == "APPROVAL"]


def test_a_file_is_checked_dropped_and_becomes_its_run(address: str, page: Page) -> None:
    page.goto(address)
    page.get_by_role("link", name="Drop a file").click()
    page.get_by_label("File").set_input_files(ROOT / "sample_data" / "addresses.csv")
    page.get_by_role("button", name="Check it").click()
    expect(page.get_by_text("It would be loaded.")).to_be_visible()
    page.get_by_role("button", name="Drop it").click()
    expect(page.get_by_role("status")).to_have_text("loaded", timeout=30_000)
    with page.expect_download() as download:
        page.get_by_role("link", name="Report for the sender").click()
    assert "All 10 rows were taken over." in download.value.path().read_text()


def test_rejected_rows_come_back_mended_from_a_phone(
    cloud: Cloud, address: str, browser: Browser, tmp_path: Path
) -> None:
    run = waiting_run(cloud, "console_mend.csv")
    cloud.sluice("approvals", "approve", run)
    context = browser.new_context(viewport={"width": 390, "height": 844})
    page = context.new_page()
    page.goto(address)
    page.goto(f"{page.url}runs/{run}")
    with page.expect_download() as download:
        page.get_by_role("link", name="Rejected rows as CSV").click()
    head, *rows = download.value.path().read_text().splitlines()
    [bad] = [row for row in rows if "credit_limit is -10.50, below 0" in row]
    mended = tmp_path / "mended.csv"
    mended.write_text(f"{head}\n{bad.replace(',-10.50,', ',10.50,')}\n")

    page.get_by_text("Drop mended rows…").click()
    page.get_by_label("Mended file").set_input_files(mended)
    page.get_by_role("button", name="Drop mended rows: yes").click()
    expect(page.get_by_role("status")).to_have_text("loaded", timeout=30_000)
    expect(page.get_by_text("1 in, 1 valid, 1 loaded")).to_be_visible()
    page.goto(f"{address.partition('/sign-in')[0]}/runs/{run}")
    expect(page.get_by_text("mend by arn:aws:")).to_be_visible()
    context.close()


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
    page.get_by_role("region", name="Needs you").wait_for()
    home = page.url
    run_page = f"{home}runs/{run}"
    [approval] = [each for each in cloud.sluice("approvals") if each["run_id"] == run]
    gate = f"{home}approvals/{approval['approval_id']}"
    for shown in (
        *(home, f"{home}?dataset=customers", run_page, f"{run_page}?step=0", gate),
        *(f"{home}datasets", f"{home}datasets/customers", f"{home}drop"),
    ):
        page.goto(shown)
        assert Axe().run(page).response["violations"] == [], shown
        assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), shown
    page.goto(gate)
    approve = page.get_by_role("button", name="Approve")
    page.mouse.wheel(0, 5000)
    expect(approve).to_be_in_viewport()
    context.close()
    cloud.sluice("approvals", "reject", run)
