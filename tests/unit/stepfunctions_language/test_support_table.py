"""The tables of what is supported and of what is not done name tests that exist."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[3]
FOLDERS = {
    "language": Path("tests/unit/stepfunctions_language"),
    "jsonata": Path("tests/unit/jsonata"),
    "engine": Path("tests/unit/stepfunctions"),
    "services": Path("tests/integration/stepfunctions"),
}
NO_ROWS = ("| Feature", "| ---")
NAMED = re.compile(r"`(language|jsonata|engine|services)/(\w+\.py)::(\w+)`")


def test_each_row_names_a_test():
    text = (ROOT / "docs/reference/states_language.md").read_text(encoding="utf-8")
    rows = [
        line for line in text.splitlines() if line.startswith("| ") and not line.startswith(NO_ROWS)
    ]
    assert rows
    for row in rows:
        named = NAMED.search(row)
        assert named is not None, row
        folder, file, function = named.groups()
        source = (ROOT / FOLDERS[folder] / file).read_text(encoding="utf-8")
        assert f"\ndef {function}(" in source, row


def test_what_is_not_done_names_tests_that_exist():
    text = (ROOT / "docs/reference/local_cloud.md").read_text(encoding="utf-8")
    section = text.partition("\n## What is not done\n")[2].partition("\n## ")[0]
    named = re.findall(r"`((?:unit|integration|e2e)/[\w/]+\.py)::(\w+)`", section)
    assert len(named) >= 15
    for file, function in named:
        source = (ROOT / "tests" / file).read_text(encoding="utf-8")
        assert f"\ndef {function}(" in source, (file, function)
