"""Whoever keeps traces: each document is one datagram to the daemon beside the function.

Nothing is imported for it, nothing waits, and where X-Ray does not keep an invocation (or there
is no daemon) nothing is done. The puts of rows are no subsegments: they would be millions.

Source: https://docs.aws.amazon.com/xray/latest/devguide/xray-api-sendingdata.html#xray-api-daemon
"""

from __future__ import annotations

import contextlib
import functools
import json
import os
import socket
import time
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from pipeline.runs import segments
from pipeline.runs.segments import Parent

E = TypeVar("E", bound=Mapping[str, Any])
R = TypeVar("R")
C = TypeVar("C")

_HEADER = b'{"format": "json", "version": 1}\n'
_CALL = "traced_call"


def watched(client: C) -> C:
    """Let X-Ray know of each call that a client makes; retries are part of their call."""
    if "AWS_XRAY_DAEMON_ADDRESS" in os.environ:
        events = client.meta.events  # type: ignore[attr-defined]  # every client of boto3 has them
        events.register("before-parameter-build", _begin)
        events.register("after-call", _answered)
        events.register("after-call-error", _unanswered)
    return client


def told(handler: Callable[[E, Any], R]) -> Callable[[E, Any], R]:
    """Let X-Ray know which run an invocation is for, and whether the handler raised."""

    @functools.wraps(handler)
    def telling(event: E, context: Any) -> R:
        began, failed = time.time(), True
        try:
            result = handler(event, context)
            failed = False
            return result
        finally:
            if annotations := segments.run_annotations(event):
                members = {"annotations": annotations} | ({"fault": True} if failed else {})
                _send("run", began, members)

    return telling


def _begin(params: Mapping[str, Any], model: Any, context: dict[str, Any], **_: Any) -> None:
    context[_CALL] = (time.time(), model, segments.resource_of(params))


def _answered(http_response: Any, parsed: Any, context: Any, **_: Any) -> None:
    request_id = parsed.get("ResponseMetadata", {}).get("RequestId", "")
    _called(context, http_response.status_code, request_id)


def _unanswered(context: Any, **_: Any) -> None:
    _called(context, 0, "")


def _called(context: Mapping[str, Any], status: int, request_id: str) -> None:
    began, model, resource = context[_CALL]
    members = segments.call_members(model.name, resource, status, request_id)
    _send(model.service_model.service_id, began, members)


def _send(name: str, began: float, members: Mapping[str, Any]) -> None:
    parent = Parent.of(os.environ.get("_X_AMZN_TRACE_ID", ""))
    host, _, port = os.environ.get("AWS_XRAY_DAEMON_ADDRESS", "").rpartition(":")
    if parent is None or not host:
        return
    document = segments.subsegment(parent, name, began, time.time(), members)
    with contextlib.suppress(OSError):  # a trace is never worth a failure
        _socket().sendto(_HEADER + json.dumps(document).encode(), (host, int(port)))


@functools.cache
def _socket() -> socket.socket:
    return socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
