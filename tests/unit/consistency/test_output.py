"""Nothing in the operator's tool writes to the terminal but `sluice.terminal.output`."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
WRITERS = frozenset({"click.echo", "click.secho", "click.style", "print", "sys.stdout.write"})
WRITERS |= {"sys.stderr.write", "click.echo_via_pager"}


def writers(module: Path) -> Iterator[str]:
    """What a module calls to write past `sluice.terminal.output`."""
    for node in ast.walk(ast.parse(module.read_text())):
        if isinstance(node, ast.Call) and (name := ast.unparse(node.func)) in WRITERS:
            yield f"{module.relative_to(ROOT)}:{node.lineno} {name}"
        if isinstance(node, ast.ImportFrom) and node.module == "click":
            yield f"{module.relative_to(ROOT)}:{node.lineno} from click import"


@pytest.mark.parametrize(
    "module",
    [path for path in sorted((ROOT / "sluice").rglob("*.py")) if path.name != "output.py"],
    ids=lambda path: str(path.relative_to(ROOT)),
)
def test_all_text_goes_through_the_one_output(module: Path) -> None:
    assert list(writers(module)) == []
