"""Which lines of a log a metric filter counts."""

from __future__ import annotations

import json

import pytest

from localcloud.cloudwatch.patterns import PatternError, compiled

CRASH = (
    '{ $.type = "platform.report" && '
    '($.record.status = "timeout" || $.record.errorType = "Runtime.*") }'
)


@pytest.mark.parametrize(
    ("pattern", "document", "counts"),
    [
        (CRASH, {"type": "platform.report", "record": {"status": "timeout"}}, True),
        (CRASH, {"type": "platform.report", "record": {"errorType": "Runtime.ExitError"}}, True),
        (CRASH, {"type": "platform.report", "record": {"errorType": "EventError"}}, False),
        (CRASH, {"type": "platform.start", "record": {"status": "timeout"}}, False),
        ('{ $.level = "ERROR" }', {"level": "ERROR"}, True),
        ('{ $.level = "ERROR" }', {"level": "ERRORS"}, False),
        ('{ $.level != "ERROR" }', {"level": "INFO"}, True),
        ('{ $.level != "ERROR" }', {}, False),
        ("{ $.level = ERROR }", {"level": "ERROR"}, True),
        ("{ $.n >= 2 && $.n < 3 }", {"n": 2}, True),
        ("{ $.n > 2 }", {"n": "3"}, False),
        ("{ $.n = 1 }", {"n": True}, False),
        ("{ $.files[1].ok IS TRUE }", {"files": [{}, {"ok": True}]}, True),
        ("{ $.error NOT EXISTS }", {}, True),
        ("{ $.error EXISTS }", {"error": None}, True),
        ("{ $.error IS NULL }", {"error": None}, True),
        ('{ $.a = "x" || $.b = "y" && $.c = "z" }', {"a": "x"}, True),
        ('{ $.a = "[x]?" }', {"a": "[x]?"}, True),
        ("", {}, True),
    ],
)
def test_lines_are_counted(pattern: str, document: dict[str, object], counts: bool) -> None:
    assert compiled(pattern)(json.dumps(document)) is counts


def test_lines_that_are_no_json_are_not_counted() -> None:
    counts = compiled('{ $.a = "x" }')
    assert not counts('{"a": "x"')
    assert not counts("plain words")


@pytest.mark.parametrize(
    "pattern", ["ERROR", "{ $.a = }", "{ $.a }", "{ a = 1 }", '{ $.a > "x" }', '{ $.a = "x" ']
)
def test_other_patterns_are_refused(pattern: str) -> None:
    with pytest.raises(PatternError):
        compiled(pattern)
