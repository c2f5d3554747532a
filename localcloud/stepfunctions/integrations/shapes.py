"""Between the PascalCase JSON of a state machine and what boto3 takes and returns.

Step Functions writes the members of structures in PascalCase whatever the service calls them;
the keys of maps stay as they are.
"""

from __future__ import annotations

import base64
from datetime import datetime
from typing import Any

from botocore.model import ListShape, MapShape, Shape, StructureShape

from localcloud.stepfunctions.query.json_text import dumps
from localcloud.stepfunctions.query.scope import Json
from localcloud.stepfunctions.timestamps import iso_milliseconds


class UnknownParameterError(ValueError):
    """The service's action has no such parameter."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.name = name


def to_request(value: Json, shape: Shape | None) -> Any:
    """The arguments of a boto3 call.

    Raises:
        UnknownParameterError: a structure has a member that the service does not know.
    """
    if shape is None:
        return {}
    if isinstance(shape, StructureShape) and isinstance(value, dict):
        if getattr(shape, "is_document_type", False):
            return value
        members = {name[0].upper() + name[1:]: name for name in shape.members}
        return {
            (member := _member(members, name)): to_request(item, shape.members[member])
            for name, item in value.items()
            if item is not None  # null is as good as not given
        }
    if isinstance(shape, ListShape) and isinstance(value, list):
        return [to_request(item, shape.member) for item in value]
    if isinstance(shape, MapShape) and isinstance(value, dict):
        return {key: to_request(item, shape.value) for key, item in value.items()}
    return _to_scalar(value, shape)


def _member(members: dict[str, str], name: str) -> str:
    member = members.get(name[:1].upper() + name[1:])
    if member is None:
        raise UnknownParameterError(name)
    return member


def _to_scalar(value: Json, shape: Shape) -> Any:
    if shape.type_name == "string" and not isinstance(value, str):
        return dumps(value)
    if shape.type_name == "blob":
        # A body that is streamed, such as an S3 object's, is written as JSON, quotes and all.
        is_raw = isinstance(value, str) and not shape.serialization.get("streaming")
        return (value if is_raw else dumps(value)).encode()
    return value


def from_response(value: Any, shape: Shape | None, *, iso_times: bool) -> Json:
    """A boto3 response as a state machine sees it.

    Timestamps become ISO 8601 text, or milliseconds since the epoch where not `iso_times`.
    """
    if isinstance(shape, StructureShape) and isinstance(value, dict):
        return {
            name[0].upper() + name[1:]: from_response(
                item, shape.members.get(name), iso_times=iso_times
            )
            for name, item in value.items()
        }
    if isinstance(shape, MapShape) and isinstance(value, dict):
        return {
            key: from_response(item, shape.value, iso_times=iso_times)
            for key, item in value.items()
        }
    if isinstance(shape, ListShape) and isinstance(value, list):
        return [from_response(item, shape.member, iso_times=iso_times) for item in value]
    return _from_scalar(value, iso_times=iso_times)


def _from_scalar(value: Any, *, iso_times: bool) -> Json:
    if isinstance(value, datetime):
        seconds = value.timestamp()
        return iso_milliseconds(seconds) if iso_times else round(seconds * 1000)
    if hasattr(value, "read"):
        value = value.read()
    if isinstance(value, bytes):
        return _text(value)
    return value


def _text(raw: bytes) -> str:
    try:
        return raw.decode()
    except UnicodeDecodeError:
        return base64.b64encode(raw).decode()
