"""The Lambda functions that a definition names outright."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any

from localcloud.stepfunctions.definition.resources import ResourceKind, parse_resource


@lru_cache(maxsize=64)
def named_functions(definition: str) -> tuple[str, ...]:
    """Names or ARNs in the order of the states that call them, each once.

    >>> task = {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke"}
    >>> ask = {"States": {"Ask": task | {"Arguments": {"FunctionName": "ask"}}}}
    >>> named_functions(json.dumps({"States": {"Each": {"Type": "Map", "ItemProcessor": ask}}}))
    ('ask',)
    """
    return tuple(dict.fromkeys(_named_in(json.loads(definition))))


def _named_in(workflow: Mapping[str, Any]) -> Iterator[str]:
    for state in workflow["States"].values():
        if state["Type"] == "Task":
            yield from _named_by(state)
        for member in ("ItemProcessor", "Iterator"):
            if member in state:
                yield from _named_in(state[member])
        for branch in state.get("Branches", ()):
            yield from _named_in(branch)


def _named_by(task: Mapping[str, Any]) -> Iterator[str]:
    resource = parse_resource(task["Resource"])
    if resource.kind is ResourceKind.LAMBDA:
        yield resource.arn
    elif (resource.kind, resource.service) == (ResourceKind.OPTIMIZED, "lambda"):
        given = task.get("Arguments") or task.get("Parameters")
        name = given.get("FunctionName") if isinstance(given, dict) else None
        if isinstance(name, str) and not name.startswith("{%"):
            yield name
