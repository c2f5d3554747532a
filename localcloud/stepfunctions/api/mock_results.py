"""Whether a mocked result is one that the mocked API could have given.

Source: https://docs.aws.amazon.com/step-functions/latest/apireference/API_MockInput.html
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from enum import StrEnum
from typing import Final

from botocore.exceptions import UnknownServiceError
from botocore.model import ListShape, MapShape, OperationNotFoundError, Shape, StructureShape

from localcloud.service_model import service_model
from localcloud.stepfunctions.definition.resources import Pattern, Resource, ResourceKind
from localcloud.stepfunctions.integrations.service import client_name
from localcloud.stepfunctions.query.scope import Json, is_integer, is_number


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


# How messages name types.
_CALLED: Final[Mapping[str, str]] = {
    "string": "a string",
    "blob": "a string",
    "timestamp": "a string",
    "boolean": "a boolean",
    "integer": "a number",
    "long": "a number",
    "float": "a number",
    "double": "a number",
    "structure": "an object",
    "map": "an object",
    "list": "an array",
}

# What is not listed may be anything.
_FITS: Final[Mapping[str, Callable[[Json], bool]]] = {
    "string": lambda value: isinstance(value, str),
    "blob": lambda value: isinstance(value, str),
    "boolean": lambda value: isinstance(value, bool),
    "integer": is_integer,
    "long": is_integer,
    "float": is_number,
    "double": is_number,
    "timestamp": lambda value: isinstance(value, str),
    "structure": lambda value: isinstance(value, dict),
    "map": lambda value: isinstance(value, dict),
    "list": lambda value: isinstance(value, list),
}


def flaw(result: Json, resource: Resource, strictness: Strictness) -> str | None:
    """The first thing that is wrong with a mocked result; None where no API model describes it.

    Members that the model does not have are let pass.
    """
    shape = None if strictness is Strictness.NONE else _shape(resource)
    if shape is None:
        return None
    return next(_flaws(result, shape, None, strict=strictness is Strictness.STRICT), None)


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
        shape = service_model(client_name(resource.service)).operation_model(operation).output_shape
    except (UnknownServiceError, OperationNotFoundError):
        return None
    found: Shape | None = shape if member is None else shape.members[member]
    return found


def _flaws(value: Json, shape: Shape, name: str | None, *, strict: bool) -> Iterator[str]:
    """Flaws of a value that is called by the member that it stands in, as in AWS's messages."""
    if getattr(shape, "is_document_type", False):
        return
    called = "Mocked result" if name is None else f"Field '{name}'"
    fits = _FITS.get(shape.type_name)
    if fits is not None and not fits(value):
        yield f"{called} must be {_CALLED[shape.type_name]}"
        return
    yield from (f"{called} {broken}" for broken in _broken_bounds(value, shape))
    inner: list[tuple[Json, Shape, str | None]] = []
    if isinstance(shape, StructureShape):
        members = {member[0].upper() + member[1:]: member for member in shape.members}
        if strict:
            for shown, member in members.items():
                if member in shape.required_members and shown not in value:
                    yield f"Required field '{shown}' is missing"
        inner = [
            (item, shape.members[members[shown]], shown)
            for shown, item in value.items()
            if shown in members
        ]
    elif isinstance(shape, ListShape):
        inner = [(item, shape.member, name) for item in value]
    elif isinstance(shape, MapShape):
        inner = [(item, shape.value, key) for key, item in value.items()]
    for item, below, place in inner:
        yield from _flaws(item, below, place, strict=strict)


def _broken_bounds(value: Json, shape: Shape) -> Iterator[str]:
    if shape.metadata.get("enum") and value not in shape.metadata["enum"]:
        yield "is not an expected value"
    low, high = shape.metadata.get("min"), shape.metadata.get("max")
    if is_number(value):
        if low is not None and value < low:
            yield "is less than the minimum value"
        if high is not None and value > high:
            yield "exceeds the maximum value"
    elif isinstance(value, (str, list, dict)):
        if low is not None and len(value) < low:
            yield "is smaller than the minimum length"
        if high is not None and len(value) > high:
            yield "exceeds the maximum length"
