"""Whether a mocked result is one that the mocked API could have given.

Source: https://docs.aws.amazon.com/step-functions/latest/apireference/API_MockInput.html
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from enum import StrEnum
from functools import cache
from typing import Any, Final

import botocore.session
from botocore.exceptions import UnknownServiceError
from botocore.model import ListShape, MapShape, OperationNotFoundError, Shape, StructureShape

from localcloud.stepfunctions.definition.resources import Pattern, Resource, ResourceKind
from localcloud.stepfunctions.integrations.service import client_name
from localcloud.stepfunctions.query.scope import Json


class Strictness(StrEnum):
    """`fieldValidationMode`: STRICT also misses required members, NONE looks at nothing."""

    STRICT = "STRICT"
    PRESENT = "PRESENT"
    NONE = "NONE"


# Where a result that was waited for comes from: operation, and member of its answer.
_AWAITED: Final[Mapping[tuple[str, str], tuple[str, str | None]]] = {
    ("glue", "startJobRun"): ("GetJobRun", "JobRun"),
    ("states", "startExecution"): ("DescribeExecution", None),
}


def _is_integer(value: Json) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _is_number(value: Json) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


# What is not listed, such as a blob, may be anything.
_FITS: Final[Mapping[str, Callable[[Json], bool]]] = {
    "string": lambda value: isinstance(value, str),
    "boolean": lambda value: isinstance(value, bool),
    "integer": _is_integer,
    "long": _is_integer,
    "float": _is_number,
    "double": _is_number,
    "timestamp": lambda value: isinstance(value, str) or _is_number(value),
    "structure": lambda value: isinstance(value, dict),
    "map": lambda value: isinstance(value, dict),
    "list": lambda value: isinstance(value, list),
}


def flaws(result: Json, resource: Resource, strictness: Strictness) -> list[str]:
    """What is wrong with a mocked result; nothing where no API model describes it.

    Members that the model does not have are let pass.
    """
    if strictness is Strictness.NONE:
        return []
    shape = _shape(resource)
    if shape is None:
        return []
    return list(_flaws(result, shape, "$", strict=strictness is Strictness.STRICT))


def _shape(resource: Resource) -> Shape | None:
    if resource.kind not in (ResourceKind.OPTIMIZED, ResourceKind.SDK):
        return None
    if resource.pattern is Pattern.WAIT_FOR_TASK_TOKEN:
        return None  # whoever holds the token may answer what it likes
    operation, member = resource.action[0].upper() + resource.action[1:], None
    if resource.pattern is not Pattern.REQUEST_RESPONSE:
        awaited = _AWAITED.get((resource.service, resource.action))
        if awaited is None:
            return None
        operation, member = awaited
    try:
        shape = _model(client_name(resource.service)).operation_model(operation).output_shape
    except (UnknownServiceError, OperationNotFoundError):
        return None
    found: Shape | None = shape if member is None else shape.members[member]
    return found


@cache
def _model(service: str) -> Any:
    return botocore.session.get_session().get_service_model(service)


def _flaws(value: Json, shape: Shape, where: str, *, strict: bool) -> Iterator[str]:
    if getattr(shape, "is_document_type", False):
        return
    fits = _FITS.get(shape.type_name)
    if fits is not None and not fits(value):
        yield f"{where} must be a {shape.type_name}"
        return
    inner: list[tuple[Json, Shape, str]] = []
    if isinstance(shape, StructureShape):
        members = {name[0].upper() + name[1:]: name for name in shape.members}
        if strict:
            for name, member in members.items():
                if member in shape.required_members and name not in value:
                    yield f"{where}.{name} is required"
        inner = [
            (item, shape.members[members[name]], f"{where}.{name}")
            for name, item in value.items()
            if name in members
        ]
    elif isinstance(shape, ListShape):
        inner = [(item, shape.member, f"{where}[{index}]") for index, item in enumerate(value)]
    elif isinstance(shape, MapShape):
        inner = [(item, shape.value, f"{where}.{name}") for name, item in value.items()]
    for item, below, place in inner:
        yield from _flaws(item, below, place, strict=strict)
