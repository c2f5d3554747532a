"""Lets faults happen to requests, between the client and the service."""

from __future__ import annotations

import json
import os
import random
import signal
from collections.abc import Iterable
from typing import Any
from urllib.parse import unquote

from localcloud.faults.connections import process_connected
from localcloud.faults.errors import respond_error, service_error
from localcloud.faults.rules import Call, Fault, Plan
from localcloud.http.callers import function_of
from localcloud.http.operations import operation_of
from localcloud.http.wsgi import (
    App,
    Environ,
    StartResponse,
    hang_up,
    read_body,
    replace_body,
)
from localcloud.services import service_of


class FaultyRequests:
    """Passes requests on, unless the plan wants something to go wrong."""

    def __init__(self, app: App, plan: Plan) -> None:
        self._app = app
        self._plan = plan

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        """Answer with the fault, or let the service answer."""
        if not self._plan.active:
            return self._app(environ, start_response)
        call = _describe(environ)
        fault = self._plan.for_call(call)
        if fault is None:
            return self._app(environ, start_response)
        match fault.rule.action:
            case "error":
                error = service_error(call.service, str(fault.rule.error), fault.rule.status)
                return respond_error(environ, start_response, call.service, error)
            case "unprocessed":
                return self._hold_back(environ, start_response, fault)
        return self._cut_off(environ, fault)

    def _cut_off(self, environ: Environ, fault: Fault) -> Iterable[bytes]:
        """Carry out the request or not, but let nobody learn of it."""
        if fault.rule.kill_caller == "before":
            _kill_caller(environ)
        else:
            answer = self._app(environ, lambda *_: None)
            for _ in answer:
                pass
            if fault.rule.kill_caller == "after":
                _kill_caller(environ)
        return hang_up(environ)

    def _hold_back(
        self, environ: Environ, start_response: StartResponse, fault: Fault
    ) -> Iterable[bytes]:
        """Carry out a part of a batch; the rest comes back.  Of a single write nothing is done."""
        batch = json.loads(read_body(environ))
        done, held = split_batch(batch["RequestItems"], fault.dice)
        if not done:
            throttle = service_error("dynamodb", "throttle")
            return respond_error(environ, start_response, "dynamodb", throttle)
        replace_body(environ, json.dumps(batch | {"RequestItems": done}).encode())
        answered: list[Any] = []

        def note(status: str, headers: list[tuple[str, str]]) -> None:
            answered[:] = [status, headers]

        body = b"".join(self._app(environ, note))
        status, headers = answered
        if status.startswith("200"):
            body = json.dumps(json.loads(body) | {"UnprocessedItems": held}).encode()
        kept = [(name, value) for name, value in headers if name.lower() not in _BODY_HEADERS]
        start_response(status, [*kept, ("Content-Length", str(len(body)))])
        return [body]


_BODY_HEADERS = frozenset({"content-length", "x-amz-crc32"})


def split_batch(
    asked: dict[str, list[Any]], dice: random.Random
) -> tuple[dict[str, list[Any]], dict[str, list[Any]]]:
    """What is done of a batch and what is held back, at random, at least one write of each.

    Of a batch of one write nothing is done.
    """
    writes = [(table, write) for table, requests in asked.items() for write in requests]
    dice.shuffle(writes)
    cut = dice.randrange(1, len(writes)) if len(writes) > 1 else 0
    return _by_table(writes[:cut]), _by_table(writes[cut:])


def _by_table(writes: list[tuple[str, Any]]) -> dict[str, list[Any]]:
    tables: dict[str, list[Any]] = {}
    for table, write in writes:
        tables.setdefault(table, []).append(write)
    return tables


def _describe(environ: Environ) -> Call:
    service = service_of(environ)
    path = unquote(str(environ.get("REQUEST_URI", "")))
    text = path if service == "s3" else path + read_body(environ).decode(errors="replace")
    return Call(
        service=service,
        operation=operation_of(service, environ),
        text=text,
        from_function=bool(function_of(environ)),
    )


def _kill_caller(environ: Environ) -> None:
    caller = process_connected(
        port=int(environ["REMOTE_PORT"]), server_port=int(environ["SERVER_PORT"])
    )
    if caller is not None:
        os.kill(caller, signal.SIGKILL)
