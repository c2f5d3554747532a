"""A real Chromium sends files by an invitation, and reads what became of them."""

from __future__ import annotations

from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tests.support.cloud import ROOT, Cloud
from tests.support.senders import Sender

GOOD = ROOT / "sample_data" / "customers.csv"
REFUSED = {
    "name": "july customers.csv",
    "mimeType": "text/csv",
    "buffer": GOOD.read_bytes().replace(b"\nC", b"\nX"),
}
"""Every customer's number is wrong."""
SOON_MS = 60_000

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]


def invite(cloud: Cloud, *options: str) -> str:
    """A new link, of which nobody knows but the sender."""
    return str(cloud.sluice("invite", "customers", "--for", "Acme", *options)["url"])


def is_clean(page: Page) -> None:
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()


@pytest.mark.parametrize("width", [390, 1280])
def test_a_refused_file_is_mended_and_accepted_by_keyboard_alone(
    cloud: Cloud, page: Page, width: int
) -> None:
    page.set_viewport_size({"width": width, "height": 900})
    link = invite(cloud)
    page.goto(link)
    expect(page.get_by_text("For Acme.")).to_be_visible()
    is_clean(page)
    page.evaluate(
        "() => { const percent = document.getElementById('percent'); window.seen = [];"
        " new MutationObserver(() => window.seen.push(percent.textContent))"
        ".observe(percent, {childList: true}) }"
    )
    page.keyboard.press("Tab")
    expect(page.get_by_label("Your file")).to_be_focused()
    page.get_by_label("Your file").set_input_files(REFUSED)
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    fate = page.get_by_role("heading", level=2)
    expect(fate).to_have_text("The file was not taken over.", timeout=SOON_MS)
    expect(fate).to_be_focused()
    assert page.evaluate("window.seen.at(-1)") == "100 %"
    rows = page.get_by_role("region", name="Rows that were not taken over")
    expect(rows.locator("tbody tr")).to_have_count(100)
    first = rows.locator("tbody tr").first.locator("td")
    expect(first.nth(0)).to_have_text("2")
    expect(first.nth(1)).to_have_text("customer_id")
    expect(first.nth(2)).to_contain_text("does not match")
    expect(page.get_by_text("and 100 more")).to_be_visible()
    is_clean(page)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.get_by_label("Your file").set_input_files(GOOD)
    page.get_by_role("button", name="Send it").press("Enter")
    expect(fate).to_have_text("All 200 rows were taken over.", timeout=SOON_MS)
    expect(page.get_by_label("Your file")).to_be_hidden()
    is_clean(page)
    page.reload()
    expect(fate).to_have_text("All 200 rows were taken over.")
    status, told = Sender(link).post("form", name="a.csv", size_bytes=1)
    assert (status, told["error"]) == (410, "over")
    assert "has been used" in told["message"]


def test_a_link_that_was_ended_says_so(cloud: Cloud, page: Page) -> None:
    link = invite(cloud)
    cloud.sluice("invite", "customers", "--end", link.partition("#")[0].rpartition("/")[2])
    page.goto(link)
    expect(page.get_by_role("alert")).to_contain_text("This link expired at")
    expect(page.get_by_label("Your file")).to_be_hidden()


@pytest.mark.parametrize(
    ("change", "said"),
    [
        pytest.param(lambda link: link[:-1], "This link is incomplete.", id="cut short"),
        pytest.param(lambda link: link[:-43] + "x" * 43, "This link leads nowhere", id="wrong key"),
    ],
)
def test_a_link_that_is_wrong_says_so(cloud: Cloud, page: Page, change: Any, said: str) -> None:
    page.goto(change(invite(cloud)))
    expect(page.get_by_role("alert")).to_contain_text(said)


def test_a_file_that_is_too_large_is_told_before_it_is_sent(cloud: Cloud, page: Page) -> None:
    size = "Object.defineProperty(File.prototype, 'size', {get: () => 2e9})"
    page.add_init_script(size)
    page.goto(invite(cloud))
    page.get_by_label("Your file").set_input_files(GOOD)
    page.get_by_role("button", name="Send it").click()
    said = "The file has 2.0 GB, and at most 1.0 GB are taken."
    expect(page.get_by_role("alert")).to_contain_text(said)


def test_what_s3_refuses_is_told(cloud: Cloud, page: Page) -> None:
    """A form of another key, and one that S3 says is too small: the sender may try again."""
    link = invite(cloud)
    page.goto(link)

    def other_key(route: Any) -> None:
        answer = route.fetch()
        form = answer.json()
        form["fields"]["key"] = "incoming/addresses/invited/0/a.csv"
        route.fulfill(response=answer, json=form)

    page.route("**/form", other_key)
    page.get_by_label("Your file").set_input_files(GOOD)
    page.get_by_role("button", name="Send it").click()
    expect(page.get_by_role("alert")).to_contain_text("The file was not taken.")
    page.unroute("**/form")
    page.get_by_role("button", name="Send it").click()
    expect(page.get_by_role("heading", level=2)).to_have_text(
        "All 200 rows were taken over.", timeout=SOON_MS
    )


def test_models_and_origins_are_judged_before_any_function_runs(cloud: Cloud) -> None:
    sender = Sender(invite(cloud))
    assert sender.post("form", name="a.csv") == (400, {"message": "Invalid request body"})
    status, told = sender.post("fate", {"X-Api-Key": "made-up"})
    assert (status, told) == (403, {"message": "Forbidden"})
    status, told = sender.post("fate", {"Origin": "https://evil.example"})
    assert status == 403
    assert "evil.example" in told["message"]
    assert sender.post("fate")[0] == 200
