"""The Lambda functions that a definition names outright."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any

from localcloud.stepfunctions.definition.resources import ResourceKind, parse_resource


@lru_cache(maxsize=64)
def named_functions(definition: str) -> tuple[str, ...]:
    """Names or ARNs in the order in which an execution may come to them, each once.

    The first rule of a Choice is followed first. What only a Catch leads to is not among them.

    >>> task = {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke"}
    >>> ask = {"States": {"Ask": task | {"Arguments": {"FunctionName": "ask"}}}, "StartAt": "Ask"}
    >>> each = {"Type": "Map", "ItemProcessor": ask}
    >>> named_functions(json.dumps({"States": {"Each": each}, "StartAt": "Each"}))
    ('ask',)
    """
    return tuple(dict.fromkeys(_named_in(json.loads(definition))))


def _named_in(workflow: Mapping[str, Any]) -> Iterator[str]:
    for state in _states_on_the_way(workflow):
        if state["Type"] == "Task":
            yield from _named_by(state)
        for member in ("ItemProcessor", "Iterator"):
            if member in state:
                yield from _named_in(state[member])
        for branch in state.get("Branches", ()):
            yield from _named_in(branch)


def _states_on_the_way(workflow: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    met: set[str] = set()
    ahead = [workflow["StartAt"]]
    while ahead:
        name = ahead.pop()
        if name not in met:
            met.add(name)
            state = workflow["States"][name]
            yield state
            rules = (*state.get("Choices", ()), {"Next": state.get("Default")}, state)
            ahead += reversed([rule["Next"] for rule in rules if rule.get("Next")])


def _named_by(task: Mapping[str, Any]) -> Iterator[str]:
    resource = parse_resource(task["Resource"])
    if resource.kind is ResourceKind.LAMBDA:
        yield resource.arn
    elif (resource.kind, resource.service) == (ResourceKind.OPTIMIZED, "lambda"):
        given = task.get("Arguments") or task.get("Parameters")
        name = given.get("FunctionName") if isinstance(given, dict) else None
        if isinstance(name, str) and not name.startswith("{%"):
            yield name
