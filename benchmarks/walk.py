"""From the message about a bad file to its mended rows in the table: actions and seconds.

    python -m benchmarks.walk

Starts a local cloud of its own and walks each way twice: by the console on a page of 390 pixels in
Chromium, and by commands. One file is refused whole, as it was cut off within a quote; of the other
the gate lets the valid rows in and sets two aside. Prints for each way what a person does and how
long the machine takes until the end is LOADED; the mending itself is a replacement of text here.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from playwright.sync_api import Page, expect, sync_playwright

from tests.support.cloud import ROOT, Cloud, started

SAMPLES = ROOT / "sample_data"
PHONE = {"width": 390, "height": 844}
REFUSED, DIRTY = "customers_refused.csv", "customers_dirty.csv"
LONGEST_MS = 60_000


class Walk:
    """What a person does, one thing after the other, and how long each takes."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.steps: list[tuple[str, float]] = []

    def do(self, what: str, deed: Callable[[], object]) -> None:
        """Do it and note it."""
        began = time.perf_counter()
        deed()
        self.steps.append((what, time.perf_counter() - began))

    def tell(self) -> None:
        """Print the table."""
        total = sum(seconds for _, seconds in self.steps)
        print(f"{self.name}: {len(self.steps)} actions, {total:.1f} s", flush=True)
        for what, seconds in self.steps:
            print(f"  {seconds:6.1f} s  {what}", flush=True)


def main() -> int:
    """Walk every way."""
    with (
        tempfile.TemporaryDirectory() as home,
        contextlib.contextmanager(started)(Path(home)) as cloud,
    ):
        folder = Path(home)
        by_commands(cloud, folder)
        with console(cloud) as address, phone() as page:
            by_phone(cloud, folder, page, address)
    return 0


def failed(cloud: Cloud, folder: Path, sample: str, name: str) -> str:
    """A run that a message has just told of."""
    path = folder / name
    shutil.copy(SAMPLES / sample, path)
    return str(cloud.sluice("run", str(path), "--approve", code=None)["run_id"])


def by_commands(cloud: Cloud, folder: Path) -> None:
    """Both files, by commands as the message names them."""
    run, walk = failed(cloud, folder, REFUSED, "customers_a.csv"), Walk("refused file, commands")
    got = folder / "got"
    got.mkdir()
    walk.do("sluice why RUN", lambda: called(cloud, "why", run))
    file = got / "customers_a.csv"
    walk.do("sluice fetch RUN --out FOLDER", lambda: called(cloud, "fetch", run, "--out", got))
    walk.do("mend the file", lambda: without_cut_row(file, file))
    walk.do("sluice run FILE", lambda: called(cloud, "run", file))
    walk.tell()

    run, walk = failed(cloud, folder, DIRTY, "customers_b.csv"), Walk("rejected rows, commands")
    sheet = folder / "rejects_b.csv"
    walk.do("sluice why RUN", lambda: called(cloud, "why", run))
    walk.do("sluice rejects RUN --out FILE", lambda: called(cloud, "rejects", run, "--out", sheet))
    walk.do("mend the rows", lambda: one_row_mended(sheet))
    walk.do("sluice mend RUN FILE", lambda: called(cloud, "mend", run, sheet))
    walk.tell()


def by_phone(cloud: Cloud, folder: Path, page: Page, address: str) -> None:
    """Both files, by the console."""
    run, walk = failed(cloud, folder, REFUSED, "customers_c.csv"), Walk("refused file, phone")
    mended, got = folder / "customers_c.csv", folder / "got_c.csv"
    needs = page.get_by_role("region", name="Needs you")
    walk.do("open the console", lambda: (page.goto(address), needs.wait_for()))
    walk.do("tap the run", lambda: needs.get_by_role("link", name=run).click())
    walk.do("tap download", lambda: saved(page, "Download", got))
    walk.do("mend the file", lambda: without_cut_row(got, mended))
    walk.do("tap Drop a mended file", lambda: page.get_by_text("Drop a mended file").click())
    walk.do("choose it", lambda: page.get_by_label("File").set_input_files(mended))
    walk.do("tap Check it", lambda: page.get_by_role("button", name="Check it").click())
    walk.do("tap Drop it", lambda: (page.get_by_role("button", name="Drop it").click(), ends(page)))
    walk.tell()

    run, walk = failed(cloud, folder, DIRTY, "customers_d.csv"), Walk("rejected rows, phone")
    sheet = folder / "got_d.csv"
    home = address.partition("/sign-in")[0]
    walk.do("open the console", lambda: page.goto(home))
    walk.do("tap the run", lambda: page.get_by_role("link", name=run).click())
    walk.do("tap Rejected rows as CSV", lambda: saved(page, "Rejected rows as CSV", sheet))
    walk.do("mend the rows", lambda: one_row_mended(sheet))
    walk.do("tap Drop mended rows", lambda: page.get_by_text("Drop mended rows…").click())
    walk.do("choose them", lambda: page.get_by_label("Mended file").set_input_files(sheet))
    yes = page.get_by_role("button", name="Drop mended rows: yes")
    row = page.get_by_text("1 in, 1 valid")
    walk.do("tap yes", lambda: (yes.click(), row.wait_for(timeout=LONGEST_MS)))
    walk.tell()


def called(cloud: Cloud, *words: object) -> None:
    """A command that must end well."""
    done: subprocess.CompletedProcess[str] = cloud.run("sluice", *map(str, words))
    if done.returncode and words[0] != "why":
        raise SystemExit(f"{words}: {done.stderr}")


def saved(page: Page, link: str, place: Path) -> None:
    """A download."""
    with page.expect_download() as download:
        page.get_by_role("link", name=link).first.click()
    download.value.save_as(place)


def ends(page: Page) -> None:
    """The page has become that of a run that was loaded."""
    expect(page.get_by_role("status")).to_have_text("loaded", timeout=LONGEST_MS)


def without_cut_row(broken: Path, mended: Path) -> None:
    """Take the last row away, which was cut off within its quotes."""
    mended.write_text("".join(broken.read_text().splitlines(keepends=True)[:-1]))


def one_row_mended(sheet: Path) -> None:
    """Mend the negative credit limit; the other row stays away."""
    head, *rows = sheet.read_text().splitlines()
    [row] = [row for row in rows if "credit_limit is -10.50, below 0" in row]
    sheet.write_text(f"{head}\n{row.replace(',-10.50,', ',10.50,')}\n")


@contextlib.contextmanager
def console(cloud: Cloud) -> Iterator[str]:
    """The address that `sluice console` prints."""
    program = str(Path(sys.executable).with_name("sluice"))
    with subprocess.Popen(
        [program, "console"],
        env={**os.environ, **cloud.environment},
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            yield process.stdout.readline().strip() if process.stdout else ""
        finally:
            process.terminate()


@contextlib.contextmanager
def phone() -> Iterator[Page]:
    """A page as narrow as a phone's."""
    with sync_playwright() as playwright:
        path = shutil.which("chromium") or shutil.which("chromium-browser")
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield browser.new_context(viewport=PHONE).new_page()  # type: ignore[arg-type]
        browser.close()


if __name__ == "__main__":
    sys.exit(main())
