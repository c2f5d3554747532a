"""The tutorial, typed in as it stands: each command shows what the page says that it shows."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.cloud import ROOT, Cloud, copied_to, started

pytestmark = [pytest.mark.cloud("tutorial"), pytest.mark.slow]

PAGE = (ROOT / "docs/tutorial.md").read_text()
IN_THE_FOREGROUND = {"up", "console"}


@pytest.fixture(scope="module")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cloud]:
    """A cloud in a checkout of its own, to which the tutorial adds a dataset."""
    folder = tmp_path_factory.mktemp("checkout")
    copied_to(folder)
    yield from started(folder, checkout=folder)


def steps() -> Iterator[tuple[list[str], list[str]]]:
    """Each call of `sluice` on the page, with the lines that it is to show."""
    for block in re.findall(r"```console\n(.*?)```", PAGE, re.DOTALL):
        for typed in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
            command, *shown = typed.splitlines()
            words = shlex.split(command, comments=True)
            if words[0] == "sluice" and not IN_THE_FOREGROUND & set(words):
                yield words, [line for line in shown if "…" not in line]


def what_stays(line: str) -> str:
    """A line without what differs from run to run: ids, seconds, the width of columns."""
    return " ".join(re.sub(r"[0-9.]+ s\b", "N s", re.sub(r"-[0-9a-f]{12}\b", "-ID", line)).split())


def edit(sheet: Path) -> None:
    """Mend the rows that the page names, and delete the others."""
    head, *rows = sheet.read_text().splitlines()
    mended = [head]
    for bad, good in re.findall(r"`([^`]+)` to `([^`]+)`", PAGE):
        reason, cell, rest = next(row for row in rows if bad in row).rpartition(bad)
        assert cell
        mended.append(f"{reason}{good}{rest}")
    sheet.write_text("\n".join(mended) + "\n")


def test_each_command_shows_what_the_page_says(cloud: Cloud) -> None:
    [orders] = re.findall(r"```text\n(.*?)```", PAGE, re.DOTALL)
    (cloud.home / "orders.csv").write_text(orders)
    for words, shown in steps():
        if "mend" in words:
            edit(cloud.home / "mend.csv")
        done = cloud.run(*words)
        told = {what_stays(line) for line in (done.stdout + done.stderr).splitlines()}
        missing = [line for line in shown if what_stays(line) not in told]
        assert not missing, f"{words} does not show {missing}, but\n{done.stdout}{done.stderr}"
        assert done.returncode in {0, 1, 3}
