"""Causes in one sentence, however they come wrapped."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.runs import cause

REFUSAL = json.dumps({"code": "empty", "message": "the file is empty"})
REQUEST = "RequestId: 0a1b2c3d-0000-1111-2222-333344445555 Error: "


@pytest.mark.parametrize(
    ("text", "told"),
    [
        pytest.param("", "", id="nothing"),
        pytest.param("no route", "no route", id="plain"),
        pytest.param('{"errorMessage": "no", "errorType": "E"}', "no", id="Lambda's"),
        pytest.param('{"errorType": "E"}', "E", id="without a message"),
        pytest.param(json.dumps({"errorMessage": REFUSAL}), "the file is empty", id="a refusal"),
        pytest.param(
            json.dumps({"errorMessage": f"{REQUEST}Task timed out after 3.00 seconds"}),
            "Task timed out after 3.00 seconds",
            id="a timeout",
        ),
        pytest.param(
            "Traceback (most recent call last):\n  File 'x'\npyspark.errors.ParseError: no\n",
            "ParseError: no",
            id="Python's stack",
        ),
        pytest.param(
            "java.lang.IllegalStateException: no\n\tat a.B.c(B.java:1)",
            "IllegalStateException: no",
            id="Java's stack",
        ),
        pytest.param('{"errorMessage": "AccessDenied on T", "stackT', "AccessDenied on T",
                     id="cut short"),
        pytest.param('{"errorMessage": "AccessDen', "AccessDen", id="cut shorter"),
        pytest.param('{"errorMessage": "a\\', "a", id="cut in an escape"),
        pytest.param("[" * 5_000, "[" * 5_000, id="deep"),
        pytest.param('{"rows": 3}', '{"rows": 3}', id="a document without words"),
    ],
)  # fmt: skip
def test_a_cause_is_one_sentence(text: str, told: str) -> None:
    assert cause.plain(text) == told


@given(st.text())
def test_any_cause_is_one_line(text: str) -> None:
    assert len(cause.plain(text).splitlines()) <= 1
    assert (
        len(cause.plain(json.dumps({"errorMessage": text, "stackTrace": [text]})).splitlines()) <= 1
    )


def test_an_error_is_named_once() -> None:
    assert cause.sentence("KeyError", "KeyError: no key") == "KeyError: no key"
    assert cause.sentence("", "no key") == "no key"
