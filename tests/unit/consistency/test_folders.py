"""Folders show the architecture: none imports in a circle with another one, each is on a map."""

from __future__ import annotations

import ast
import re
from collections import defaultdict
from collections.abc import Iterator
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]


def folder(module: str) -> str:
    """The folder of a package in which a module lies; a module beside them is one of its own."""
    return module.split(".")[1]


def imported(path: Path, package: str) -> Iterator[str]:
    """The modules of a package that a module names, for the type checker too."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module:
            if node.module == package:
                yield from (f"{package}.{alias.name}" for alias in node.names)
            elif node.module.startswith(f"{package}."):
                yield node.module


@pytest.mark.parametrize("place", ["functions/pipeline", "sluice"])
def test_no_folder_knows_one_that_knows_it(place: str) -> None:
    root = ROOT / place
    known = defaultdict(set)
    for path in root.rglob("*.py"):
        parts = path.relative_to(root.parent).with_suffix("").parts
        if parts[-1] == "__init__":
            continue
        mine = folder(".".join(parts))
        known[mine] |= {folder(other) for other in imported(path, root.name)} - {mine}
    assert any(known.values())
    TopologicalSorter(known).prepare()  # raises CycleError, with the circle


@pytest.mark.parametrize(
    ("place", "page"),
    [
        ("functions", "architecture"),
        ("functions/pipeline", "architecture"),
        ("sluice", "architecture"),
        ("tests", "architecture"),
        ("localcloud", "local-cloud"),
        ("localcloud/stepfunctions", "local-step-functions"),
    ],
)
def test_a_map_names_every_folder(place: str, page: str) -> None:
    told = (ROOT / "docs" / "explanation" / f"{page}.md").read_text(encoding="utf-8")
    folders = {path.parent.name for path in (ROOT / place).glob("*/*.py")}
    assert {name for name in folders if not re.search(rf"\b{name}\b", told)} == set()
