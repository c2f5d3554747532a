"""What the documents name exists."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
DOCUMENTS = sorted(
    path
    for path in [*ROOT.glob("*.md"), *(ROOT / "docs").glob("**/*.md")]
    if ".venv" not in path.parts
)
REFERENCES = [path for path in DOCUMENTS if path.parent.name == "reference"]
TESTS = {
    name
    for path in (ROOT / "tests").glob("**/*.py")
    for name in re.findall(r"def (test_\w+)", path.read_text())
}


@pytest.mark.parametrize("document", REFERENCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_tests_that_a_document_names_exist(document: Path) -> None:
    named = set(re.findall(r"`(test_\w+)`", document.read_text()))
    modules = {path.stem for path in (ROOT / "tests").glob("**/*.py")}
    assert named - TESTS - modules == set()


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_links_between_documents_lead_somewhere(document: Path) -> None:
    links = re.findall(r"\]\(([^)#:]+?)(?:#[^)]*)?\)", document.read_text())
    assert [link for link in links if not (document.parent / link).exists()] == []


def test_every_make_target_is_described() -> None:
    lines = (ROOT / "Makefile").read_text().splitlines()
    targets = [line for line in lines if re.match(r"^[a-z-]+:(?!=)", line)]
    assert [line for line in targets if "## " not in line] == []


def test_decisions_are_numbered_once() -> None:
    numbers = [path.name[:4] for path in sorted((ROOT / "docs/decisions").glob("*.md"))]
    assert len(set(numbers)) == len(numbers)
