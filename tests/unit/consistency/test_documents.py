"""What the documents name exists."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
import yaml

from sluice.cli import main

ROOT = Path(__file__).parents[3]
DOCUMENTS = sorted(
    path
    for path in [*ROOT.glob("*.md"), *(ROOT / "docs").glob("**/*.md")]
    if ".venv" not in path.parts
)
PRESENT = [path for path in DOCUMENTS if path.name != "CHANGELOG.md" and path.name[0] != "0"]
"""Those that tell what is so now; the changelog and the records tell what was."""
EVERYWHERE = {"--local", "--fresh", "--parameter", "--json", "--stack", "--help", "--version"}
TAKE_A_VALUE = {"--stack", "--parameter"}
TARGETS = set(re.findall(r"^([a-z0-9-]+):(?!=)", (ROOT / "Makefile").read_text(), re.MULTILINE))
SITE = ROOT / "mkdocs.yml"
TESTS = {
    name
    for path in (ROOT / "tests").glob("**/*.py")
    for name in re.findall(r"def (test_\w+)", path.read_text())
}


@pytest.mark.parametrize("document", PRESENT, ids=lambda path: str(path.relative_to(ROOT)))
def test_tests_that_a_document_names_exist(document: Path) -> None:
    named = set(re.findall(r"`(test_\w+)`", document.read_text()))
    modules = {path.stem for path in (ROOT / "tests").glob("**/*.py")}
    assert named - TESTS - modules == set()


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_links_between_documents_lead_somewhere(document: Path) -> None:
    links = re.findall(r"\]\(([^)#:]+?)(?:#[^)]*)?\)", document.read_text())
    assert [link for link in links if not (document.parent / link).exists()] == []


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_links_to_a_heading_find_it(document: Path) -> None:
    links = re.findall(r"\]\(([^)#:]*)#([^):]+)\)", document.read_text())
    targets = [((document.parent / file) if file else document, anchor) for file, anchor in links]
    assert [anchor for file, anchor in targets if anchor not in set(anchors(file))] == []


@pytest.mark.parametrize("document", PRESENT, ids=lambda path: str(path.relative_to(ROOT)))
def test_commands_that_a_document_shows_exist(document: Path) -> None:
    told = [complaint(command) for command in shown("sluice", document)]
    assert [each for each in told if each] == []


@pytest.mark.parametrize("document", PRESENT, ids=lambda path: str(path.relative_to(ROOT)))
def test_make_targets_that_a_document_shows_exist(document: Path) -> None:
    words = [word for command in shown("make", document) for word in shlex.split(command)[1:]]
    assert [word for word in words if "=" not in word and word not in TARGETS] == []


@pytest.mark.parametrize(
    ("command", "told"),
    [
        pytest.param("sluice --stack other runs --limit 2", "", id="a command with its options"),
        pytest.param("sluice runs --most 2", "runs has no --most", id="an unknown option"),
        pytest.param("sluice walk", "there is no walk", id="an unknown command"),
        pytest.param("sluice contract draw", "there is no draw", id="an unknown subcommand"),
    ],
)
def test_what_a_document_may_not_show_is_told(command: str, told: str) -> None:
    assert complaint(command) == told


def test_each_page_has_its_place_in_the_site() -> None:
    nav = re.findall(r"[\w/-]+\.md", yaml.safe_dump(yaml.safe_load(SITE.read_text())["nav"]))
    pages = [path for path in PRESENT if path.is_relative_to(ROOT / "docs")]
    assert sorted(nav) == sorted(str(path.relative_to(ROOT / "docs")) for path in pages)


def test_every_make_target_is_described() -> None:
    lines = (ROOT / "Makefile").read_text().splitlines()
    targets = [line for line in lines if re.match(r"^[a-z-]+:(?!=)", line)]
    assert [line for line in targets if "## " not in line] == []


def test_decisions_are_numbered_once() -> None:
    numbers = [path.name[:4] for path in sorted((ROOT / "docs/decisions").glob("*.md"))]
    assert len(set(numbers)) == len(numbers)


def anchors(document: Path) -> Iterator[str]:
    """The anchors of a document's headings, as code hosts and the site's builder make them."""
    for heading in re.findall(r"^#+ (.+)$", document.read_text(), re.MULTILINE):
        yield re.sub(r"[^\w -]", "", heading.lower()).strip().replace(" ", "-")


def shown(program: str, document: Path) -> Iterator[str]:
    """The calls of a program that a document shows: after a prompt, or as code in a sentence."""
    text = document.read_text()
    begin = rf"(?:[A-Z]+=\S+ )?({program} "
    for found in re.findall(rf"^ *\$ {begin}.+)$", text, re.MULTILINE):
        yield re.split(r" +# | > | \| | && ", found)[0]
    yield from re.findall(rf"`{begin}[^`\n…|]+)`", text)


def complaint(command: str) -> str:
    """What is wrong with a call of `sluice`; the empty text if nothing is."""
    words, here, known = iter(shlex.split(command)[1:]), main, set(EVERYWHERE)
    context = click.Context(main)
    for word in words:
        option = word.partition("=")[0]
        if option in TAKE_A_VALUE:
            next(words, None)
        elif option.startswith("--") and option not in known:
            return f"{here.name} has no {option}"
        elif isinstance(here, click.Group) and re.fullmatch(r"[a-z]+", word):
            found = here.get_command(context, word)
            if found is None:
                return f"there is no {word}"
            here, known = found, known | options(found)
    return ""


def options(command: click.Command) -> set[str]:
    """The options of a command, their opposites too."""
    return {
        name
        for each in command.params
        if isinstance(each, click.Option)
        for name in (*each.opts, *each.secondary_opts)
    }
