"""What X-Ray is told: subsegments below the segment that Lambda writes for an invocation.

They name services, operations, tables, buckets and topics; never a key, a value or a message.

Source: https://docs.aws.amazon.com/xray/latest/devguide/xray-api-segmentdocuments.html
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

_RESOURCES = {"TableName": "table_name", "Bucket": "bucket_name", "TopicArn": "topic_arn"}
"""Parameters of operations that may be told, and what X-Ray calls them."""

_RUN = ("run_id", "dataset")
_THROTTLED = 429
_SERVER_ERRORS = 500
_ERRORS = 400


@dataclass(frozen=True, slots=True)
class Parent:
    """The segment of an invocation that X-Ray has chosen to keep."""

    trace_id: str
    id: str

    @classmethod
    def of(cls, header: str) -> Self | None:
        """Read a tracing header; `None` if nothing is to be kept.

        >>> Parent.of("Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1")
        Parent(trace_id='1-5759e988-bd862e3fe1be46a994272793', id='53995c3f42cd8ad8')
        >>> Parent.of("Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=0")

        Source: https://docs.aws.amazon.com/xray/latest/devguide/xray-concepts.html#xray-concepts-tracingheader
        """
        found = dict(part.partition("=")[::2] for part in header.split(";"))
        if found.get("Sampled") != "1" or not (found.get("Root") and found.get("Parent")):
            return None
        return cls(found["Root"], found["Parent"])


def resource_of(parameters: Mapping[str, Any]) -> dict[str, str]:
    """The table, bucket or topic that an operation is about.

    >>> resource_of({"Bucket": "work", "Key": "incoming/people/mary.csv"})
    {'bucket_name': 'work'}
    """
    return {told: str(parameters[name]) for name, told in _RESOURCES.items() if name in parameters}


def subsegment(
    parent: Parent, name: str, began: float, ended: float, members: Mapping[str, Any]
) -> dict[str, Any]:
    """A document of its own for a part of an invocation; times in seconds since 1970."""
    return {
        "type": "subsegment",
        "trace_id": parent.trace_id,
        "parent_id": parent.id,
        "id": secrets.token_hex(8),
        "name": name,
        "start_time": began,
        "end_time": ended,
        **members,
    }


def call_members(
    operation: str, resource: Mapping[str, str], status: int, request_id: str
) -> dict[str, Any]:
    """What a subsegment says of a call of AWS: `status` of HTTP, 0 if there was no answer.

    >>> call_members("GetItem", {"table_name": "control"}, 400, "r")["error"]
    True
    """
    told = {"operation": operation, **resource, "request_id": request_id}
    members: dict[str, Any] = {"namespace": "aws", "aws": told}
    if status:
        members["http"] = {"response": {"status": status}}
    if status == 0 or status >= _SERVER_ERRORS:
        members["fault"] = True
    elif status >= _ERRORS:
        members["error"] = True
        members["throttle"] = status == _THROTTLED
    return members


def run_annotations(event: Mapping[str, Any]) -> dict[str, str]:
    """The run that an invocation is for, by which its trace is found.

    >>> run_annotations({"run": {"run_id": "r-1", "dataset": "people"}, "status": "LOADED"})
    {'run_id': 'r-1', 'dataset': 'people', 'status': 'LOADED'}
    >>> run_annotations({"Records": []})
    {}
    """
    run = event.get("run")
    if not isinstance(run, Mapping):
        return {}
    found = {name: run.get(name) for name in _RUN} | {"status": event.get("status")}
    return {name: value for name, value in found.items() if isinstance(value, str)}
