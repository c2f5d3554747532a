"""What each function carries: the engine where it runs, and its clients from the start."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from localcloud.deploy.template_text import read_template

ROOT = Path(__file__).parents[3]
FUNCTIONS = ROOT / "functions"
RESOURCES = read_template(ROOT / "template.yaml")["Resources"]
HANDLERS = {
    name: (resource["Properties"]["Handler"].removesuffix(".handler"), resource["Properties"])
    for name, resource in RESOURCES.items()
    if resource["Type"] == "AWS::Serverless::Function"
}
LAYERS = {"EngineLayer": "duckdb", "PatternLayer": "re2"}


def imports(module: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(module.read_text())):
        match node:
            case ast.Import(names=names):
                yield from (alias.name for alias in names)
            case ast.ImportFrom(module=str(name), names=names, level=0):
                yield name
                yield from (f"{name}.{alias.name}" for alias in names)


def reached(module: str) -> set[str]:
    """Everything that is imported with a module, however deep."""
    known: set[str] = set()
    waiting = [module]
    while waiting:
        name = waiting.pop()
        path = FUNCTIONS / f"{name.replace('.', '/')}.py"
        if name not in known and path.exists():
            waiting += imports(path)
        known.add(name)
    return known


@pytest.mark.parametrize("function", HANDLERS)
def test_a_function_carries_what_it_imports_and_nothing_else(function: str) -> None:
    module, properties = HANDLERS[function]
    imported = reached(module)
    needed = [{"Ref": layer} for layer, package in LAYERS.items() if package in imported]
    assert properties.get("Layers", []) == needed


def test_only_the_layers_install_anything() -> None:
    assert not (FUNCTIONS / "requirements.txt").exists()
    contents = {layer: RESOURCES[layer]["Properties"]["ContentUri"] for layer in LAYERS}
    assert contents == {"EngineLayer": "layers/engine/", "PatternLayer": "layers/patterns/"}


@pytest.mark.parametrize("function", HANDLERS)
def test_clients_are_made_when_a_function_starts(function: str) -> None:
    source = (FUNCTIONS / f"{HANDLERS[function][0]}.py").read_text()
    calls = [
        node.value.func
        for node in ast.parse(source).body
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Call)
    ]
    assert [ast.unparse(call) for call in calls] == ["aws.at_init"]


def test_locks_are_installed_as_they_stand() -> None:
    """Left to resolve, pip takes the newest of a package with extras, which has no hash."""
    makefile = (ROOT / "Makefile").read_text()
    installed = re.findall(r"pip install .*--require-hashes -r \S+", makefile)
    assert len(installed) == 5
    assert [line for line in installed if "--no-deps" not in line] == []
