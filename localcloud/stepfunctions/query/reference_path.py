"""Reference paths: where `ResultPath` puts a value."""

from __future__ import annotations

from localcloud.stepfunctions.errors import EvaluationError
from localcloud.stepfunctions.query.json_text import dumps
from localcloud.stepfunctions.query.jsonpath import PathSyntaxError
from localcloud.stepfunctions.query.paths import Root, StatePath, parse_path
from localcloud.stepfunctions.query.scope import Json


def parse_reference_path(text: str) -> StatePath:
    """A path made of names and indexes only, rooted in the state's input.

    Raises:
        PathSyntaxError: the text is no such path.
    """
    path = parse_path(text)
    if not path.path.definite or path.path.function or path.root is not Root.INPUT:
        raise PathSyntaxError(f"{text!r} is not a reference path")
    return path


def insert(document: Json, path: StatePath, value: Json) -> Json:
    """A copy of `document` with `value` at `path`; only what lies on the path is copied.

    Missing names are created as objects.

    Raises:
        EvaluationError: `States.ResultPathMatchFailure`, the path runs into something else.
    """
    return _insert(document, document, path, 0, value)


def _insert(document: Json, node: Json, path: StatePath, depth: int, value: Json) -> Json:
    keys = path.path.keys
    if depth == len(keys):
        return value
    key = keys[depth]
    if isinstance(key, str) and isinstance(node, dict):
        child = node.get(key, {}) if depth + 1 < len(keys) else None
        return {**node, key: _insert(document, child, path, depth + 1, value)}
    if isinstance(key, int) and isinstance(node, list) and -len(node) <= key < len(node):
        changed = _insert(document, node[key], path, depth + 1, value)
        position = key % len(node)
        return [*node[:position], changed, *node[position + 1 :]]
    raise EvaluationError(
        "States.ResultPathMatchFailure",
        f"Unable to apply ReferencePath {path.text} to input {dumps(document)}",
    )
