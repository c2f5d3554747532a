"""Which variables each state of a definition refers to, as DescribeStateMachine tells it.

Source: https://docs.aws.amazon.com/step-functions/latest/apireference/API_DescribeStateMachine.html
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from localcloud.stepfunctions.query.scope import Json

_NAME: Final = r"([^\W\d]\w*)"
# In JSONPath a variable begins a path: neither `$.field` nor `$$.Context`.
_IN_PATH: Final = re.compile(rf"(?<![\w$.])\${_NAME}")
# In JSONata also a function or a binding may bear such a name.
_IN_EXPRESSION: Final = re.compile(rf"(?<![\w$])\${_NAME}(?!\w*\s*(?:\(|:=))")
_BOUND: Final = re.compile(rf"\${_NAME}\s*:=|function\s*\(([^)]*)\)|λ\s*\(([^)]*)\)")
_QUOTED: Final = re.compile(r"'(?:[^'\\]|\\.)*'")
_TEXT: Final = re.compile(r"'(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\"")
_EXPRESSION: Final = re.compile(r"\{%(.*)%\}", re.DOTALL)

# Fields of a state that hold states of their own.
_INNER: Final = ("ItemProcessor", "Iterator")


def variable_references(definition: str) -> dict[str, list[str]]:
    """The names of variables by the name of the state that refers to them, both sorted.

    >>> variable_references('{"States":{"A":{"Type":"Pass","InputPath":"$x.y"}}}')
    {'A': ['x']}
    """
    found: dict[str, list[str]] = {}
    machine = json.loads(definition)
    _collect(machine.get("States", {}), machine.get("QueryLanguage", "JSONPath"), found)
    return found


def _collect(states: Mapping[str, Any], language: str, found: dict[str, list[str]]) -> None:
    for name, state in states.items():
        spoken = state.get("QueryLanguage", language)
        own = {field: value for field, value in state.items() if field not in _INNER}
        for branch in own.pop("Branches", ()):
            _collect(branch["States"], language, found)
        for field in _INNER:
            if field in state:
                _collect(state[field]["States"], language, found)
        if names := sorted(set(_names(own, "", is_jsonata=spoken == "JSONata"))):
            found[name] = names


def _names(value: Json, field: str, *, is_jsonata: bool) -> Iterator[str]:
    if isinstance(value, dict):
        for key, item in value.items():
            yield from _names(item, key, is_jsonata=is_jsonata)
    elif isinstance(value, list):
        for item in value:
            yield from _names(item, field, is_jsonata=is_jsonata)
    elif isinstance(value, str) and is_jsonata:
        yield from _in_expression(value)
    elif isinstance(value, str) and (field.endswith((".$", "Path")) or field == "Variable"):
        yield from _IN_PATH.findall(_QUOTED.sub("''", value))


def _in_expression(text: str) -> Iterator[str]:
    expression = _EXPRESSION.fullmatch(text)
    if expression is None:
        return
    code = _TEXT.sub("''", expression[1])
    bound = {"states"}
    for binding in _BOUND.finditer(code):
        bound.update(re.findall(_NAME, " ".join(filter(None, binding.groups()))))
    yield from (name for name in _IN_EXPRESSION.findall(code) if name not in bound)
