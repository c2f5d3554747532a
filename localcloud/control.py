"""What the local cloud offers beyond AWS, below `/_localcloud/`: health, clock, faults, calls."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from http import HTTPStatus

from localcloud.calls import CallLog
from localcloud.clock import Clock
from localcloud.faults.rules import Plan, Rule
from localcloud.wsgi import Environ, StartResponse, read_body, respond_json

Health = Callable[[], dict[str, object]]


class Control:
    """Answers the requests of tests and tools that know that the cloud is local."""

    def __init__(self, *, clock: Clock, faults: Plan, calls: CallLog, health: Health) -> None:
        self._clock = clock
        self._faults = faults
        self._calls = calls
        self._health = health

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        """`GET health`, `POST clock`, `GET|POST faults`, `GET calls`: see local_cloud.md."""
        match environ["REQUEST_METHOD"], str(environ["PATH_INFO"]).removeprefix("/_localcloud/"):
            case "GET", "health":
                return respond_json(start_response, HTTPStatus.OK, self._health())
            case "POST", "clock":
                return self._move_clock(environ, start_response)
            case "GET", "faults":
                return respond_json(start_response, HTTPStatus.OK, {"log": self._faults.log()})
            case "GET", "calls":
                return respond_json(start_response, HTTPStatus.OK, {"calls": self._calls.seen()})
            case "POST", "faults":
                return self._replace_faults(environ, start_response)
        return respond_json(start_response, HTTPStatus.NOT_FOUND, {"message": "no such control"})

    def _move_clock(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        try:
            self._clock.advance(float(json.loads(read_body(environ))["advance_seconds"]))
        except (ValueError, KeyError, TypeError) as error:
            message = f'send {{"advance_seconds": <a number from 0>}}: {error}'
            return respond_json(start_response, HTTPStatus.BAD_REQUEST, {"message": message})
        return respond_json(start_response, HTTPStatus.OK, {"now": self._clock.now()})

    def _replace_faults(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        """Answer with what the rules before have done."""
        try:
            document = json.loads(read_body(environ))
            rules = [Rule.parse(rule) for rule in document["rules"]]
        except (ValueError, KeyError, TypeError) as error:
            message = f'send {{"rules": […], "seed": n}}: {error}'
            return respond_json(start_response, HTTPStatus.BAD_REQUEST, {"message": message})
        log = self._faults.log()
        self._faults.replace(rules, seed=int(document.get("seed", 0)))
        return respond_json(start_response, HTTPStatus.OK, {"log": log})
