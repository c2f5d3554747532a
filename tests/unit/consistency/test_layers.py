"""The house of the local cloud: who may import whom, drawn from all imports there are."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
STEP_FUNCTIONS = "localcloud.stepfunctions"

# Each part with those that it may import; leaves such as `errors` are everybody's.
LAYERS = {
    "query": set(),
    "maps": {"query"},
    "definition": {"query", "maps"},
    "engine": {"query", "maps", "definition"},
    "integrations": {"query", "maps", "definition", "engine"},
    "durability": {"query", "definition", "engine"},
    "trials": {"query", "maps", "definition", "engine"},
    "api": {"query", "definition", "engine", "integrations", "trials"},
}
LEAVES = {"errors", "timestamps"}
# What stands between the parts: kept data that the API looks after, and the service over all.
HELD = {"activities", "machines"}
TOP = {"world", "service", ""}


def modules() -> dict[str, Path]:
    """Every module of the local cloud by its dotted name."""
    found = {}
    for path in (ROOT / "localcloud").rglob("*.py"):
        parts = path.relative_to(ROOT).with_suffix("").parts
        name = ".".join(parts).removesuffix(".__init__")
        found[name] = path
    return found


def imported(path: Path, known: dict[str, Path]) -> Iterator[str]:
    """The modules that a module names in an import, wherever that stands."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name in known)
        elif isinstance(node, ast.ImportFrom) and node.module:
            for alias in node.names:
                inner = f"{node.module}.{alias.name}"
                if inner in known or node.module in known:
                    yield inner if inner in known else node.module


MODULES = modules()
GRAPH = {name: set(imported(path, MODULES)) - {name} for name, path in MODULES.items()}


def test_nobody_imports_in_a_circle() -> None:
    TopologicalSorter(GRAPH).prepare()  # raises CycleError, with the circle


def part(name: str) -> str:
    return name.removeprefix(STEP_FUNCTIONS).lstrip(".").partition(".")[0]


@pytest.mark.parametrize("layer", LAYERS)
def test_a_part_knows_only_those_below_it(layer: str) -> None:
    allowed = LAYERS[layer] | LEAVES | {layer}
    if layer in {"integrations", "durability", "api"}:
        allowed |= HELD
    if layer in {"durability", "api"}:
        allowed |= {"world"}
    strangers = {
        (name, other)
        for name, others in GRAPH.items()
        if name.startswith(f"{STEP_FUNCTIONS}.{layer}.")
        for other in others
        if other.startswith(STEP_FUNCTIONS) and part(other) not in allowed
    }
    assert strangers == set()


def test_every_module_has_its_place() -> None:
    parts = {part(name) for name in GRAPH if name.startswith(STEP_FUNCTIONS)}
    assert parts == {*LAYERS, *LEAVES, *HELD, *TOP}


def test_the_engine_names_no_service_and_no_file() -> None:
    outside = ("boto3", "botocore", "os", "pathlib", "sqlite3", "socket")
    for name, path in MODULES.items():
        if name.startswith((f"{STEP_FUNCTIONS}.engine", f"{STEP_FUNCTIONS}.query")):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                named = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
                if isinstance(node, ast.ImportFrom) and node.module:
                    named = [node.module]
                assert not [n for n in named if n.partition(".")[0] in outside], name


def test_jsonata_knows_nothing_of_step_functions() -> None:
    known = {
        other
        for name, others in GRAPH.items()
        if name.startswith("localcloud.jsonata")
        for other in others
    }
    assert {other for other in known if not other.startswith("localcloud.jsonata")} == set()


def test_no_import_hides_behind_type_checking() -> None:
    hidden = [name for name, path in MODULES.items() if "TYPE_CHECKING" in path.read_text()]
    assert hidden == []
