"""A real Chromium reads the facts and decides; scanners that open every link change nothing."""

from __future__ import annotations

import re
import urllib.error
import urllib.request
import uuid
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from tests.support.cloud import ROOT, Cloud, eventually

DIRTY = ROOT / "sample_data" / "customers_dirty.csv"

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]


@dataclass(frozen=True)
class Question:
    """A run that waits, and the link in its mail."""

    cloud: Cloud
    run_name: str
    link: str

    @property
    def execution(self) -> dict[str, Any]:
        (found,) = [e for e in self.cloud.executions() if e["name"] == self.run_name]
        return found

    def ended(self) -> str:
        """Return how the execution ended, once it has."""
        eventually(lambda: self.execution["status"] != "RUNNING", what=self.run_name)
        return str(self.execution["status"])


@pytest.fixture
def question(cloud: Cloud) -> Question:
    name = f"q{uuid.uuid4().hex[:8]}"
    cloud.drop("customers", f"{name}.csv", DIRTY.read_bytes() + b"\n")

    def asked() -> str | None:
        mails = [mail["Message"] for mail in cloud.questions() if name in mail["Subject"]]
        return next(iter(mails), None)

    mail = eventually(asked, seconds=20, what="the mail that asks for an approval")
    run, link = re.search(r"The run (\S+)", mail), re.search(r"https?://\S+", mail)
    assert run
    assert link
    return Question(cloud, run[1], link[0])


def test_a_person_reads_the_facts_and_approves(question: Question, page: Page) -> None:
    page.goto(question.link)
    expect(page.get_by_role("heading", level=1)).to_contain_text("of customers?")
    assert urlsplit(page.url).fragment == ""
    expect(page.get_by_text("1 blank line was skipped")).to_be_visible()
    expect(page.get_by_role("region", name="Rules that rows broke")).to_be_visible()
    expect(page.get_by_role("region", name="Some of the rejected rows")).to_be_visible()
    page.get_by_label("Your name").fill("Ada")
    page.get_by_label("Comment").fill("known gaps")
    page.get_by_role("button", name=re.compile("Approve")).click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Approved by Ada (by link)")
    assert question.ended() == "SUCCEEDED"


def test_the_second_visitor_sees_who_decided(
    question: Question, page: Page, browser: Browser
) -> None:
    other = browser.new_context().new_page()
    for visitor in (page, other):
        visitor.goto(question.link)
        visitor.get_by_label("Your name").fill("Ada" if visitor is page else "Bob")
    page.get_by_role("button", name=re.compile("Reject")).click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Rejected by Ada")
    other.get_by_role("button", name=re.compile("Approve")).click()
    expect(other.get_by_role("alert")).to_contain_text("Ada (by link) rejected it at")
    other.context.close()
    assert question.ended() == "FAILED"


def test_the_page_becomes_what_somebody_else_decided(question: Question, page: Page) -> None:
    page.clock.install()
    page.goto(question.link)
    page.get_by_label("Comment").fill("half a sent")
    question.cloud.sluice("approvals", "reject", question.run_name, "--comment", "wrong month")
    page.clock.fast_forward(11_000)
    expect(page.get_by_role("heading", level=1)).to_contain_text("Rejected by")
    expect(page.get_by_text("wrong month").first).to_be_visible()
    expect(page.get_by_role("button")).to_have_count(0)


def fetched(link: str, method: str) -> str:
    """Return what a scanner gets that knows no browser; the API has no route for HEAD."""
    request = urllib.request.Request(link, method=method)
    try:
        with urllib.request.urlopen(request, timeout=30) as reply:
            return str(reply.read())
    except urllib.error.HTTPError as error:
        return str(error.code)


def test_scanners_that_fetch_and_run_everything_change_nothing(
    question: Question, page: Page
) -> None:
    for method in ("GET", "HEAD", "GET", "HEAD"):
        assert "customers" not in fetched(question.link, method)
    for _ in range(2):
        page.goto(question.link)
        page.wait_for_load_state("networkidle")
    assert question.execution["status"] == "RUNNING"


def test_without_javascript_the_key_is_pasted(question: Question, browser: Browser) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(question.link)
    page.get_by_label("Key").fill(urlsplit(question.link).fragment)
    page.get_by_role("button", name="Show the facts").click()
    page.get_by_label("Your name").fill("Ada")
    page.get_by_role("button", name=re.compile("Reject")).click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Rejected by Ada")
    context.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_to_complain_about(
    question: Question, browser: Browser, scheme: Any
) -> None:
    context = browser.new_context(color_scheme=scheme, viewport={"width": 390, "height": 800})
    page = context.new_page()
    page.goto(question.link.partition("#")[0])
    assert Axe().run(page).response["violations"] == []
    page.goto(question.link)
    page.get_by_label("Your name").wait_for()
    assert Axe().run(page).response["violations"] == []
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    page.get_by_label("Your name").fill("Ada")
    page.get_by_role("button", name=re.compile("Reject")).click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Rejected by Ada")
    assert Axe().run(page).response["violations"] == []
    context.close()
