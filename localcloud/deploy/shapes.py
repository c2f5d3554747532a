"""Fits CloudFormation properties to the input of an API operation, strictly.

Names may differ in the case of letters only (`Enabled`, `enabled`); scalars are converted as
CloudFormation converts them (`"5"` to 5); whatever the operation does not know is an error.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from botocore.model import Shape

from localcloud.deploy.errors import DeployError


def fit(value: Any, shape: Shape, *, path: str) -> Any:
    """The value in the form that `shape` asks for; `path` names it in errors.

    Raises:
        DeployError: a property that the operation does not have, or a value of the wrong kind.
    """
    try:
        return _FITTERS[shape.type_name](value, shape, path)
    except (TypeError, ValueError) as error:
        raise DeployError(f"{path}: {value!r} is no {shape.type_name}") from error


def _structure(value: Any, shape: Any, path: str) -> dict[str, Any]:
    if not isinstance(value, Mapping):
        raise TypeError(path)
    if getattr(shape, "is_document_type", False):
        return dict(value)
    members = {name.lower(): name for name in shape.members}
    fitted = {}
    for name, item in value.items():
        member = members.get(name.lower())
        if member is None:
            raise DeployError(f"{path} has no property {name}")
        fitted[member] = fit(item, shape.members[member], path=f"{path}.{name}")
    return fitted


def _list(value: Any, shape: Any, path: str) -> list[Any]:
    if isinstance(value, Mapping):  # tags, where the API wants a list of pairs
        value = [{"Key": key, "Value": item} for key, item in value.items()]
    if not isinstance(value, list):
        value = [value]
    return [fit(item, shape.member, path=f"{path}[{i}]") for i, item in enumerate(value)]


def _map(value: Any, shape: Any, path: str) -> dict[str, Any]:
    if isinstance(value, list):  # tags, where the API wants a map
        value = {item["Key"]: item["Value"] for item in value}
    if not isinstance(value, Mapping):
        raise TypeError(path)
    return {key: fit(item, shape.value, path=f"{path}.{key}") for key, item in value.items()}


def _string(value: Any, _shape: Shape, _path: str) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Mapping | list):
        return json.dumps(value)
    return str(value)


def _boolean(value: Any, _shape: Shape, path: str) -> bool:
    if isinstance(value, bool):
        return value
    if str(value).lower() not in {"true", "false"}:
        raise ValueError(path)
    return str(value).lower() == "true"


_FITTERS: dict[str, Any] = {
    "structure": _structure,
    "list": _list,
    "map": _map,
    "string": _string,
    "boolean": _boolean,
    "integer": lambda value, _shape, _path: int(value),
    "long": lambda value, _shape, _path: int(value),
    "float": lambda value, _shape, _path: float(value),
    "double": lambda value, _shape, _path: float(value),
    "blob": lambda value, _shape, _path: value if isinstance(value, bytes) else value.encode(),
    "timestamp": lambda value, _shape, _path: value,
}
