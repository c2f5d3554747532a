"""What the local cloud offers beyond AWS, below `/_localcloud/`.

Health, clock, faults, calls, and the deployment of what has changed.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from http import HTTPStatus
from typing import Protocol

from localcloud.calls import CallLog
from localcloud.clock import Clock
from localcloud.deploy.errors import DeployError
from localcloud.faults.rules import Plan, Rule
from localcloud.paths import CONTROL
from localcloud.wsgi import Environ, StartResponse, read_body, respond_json

Health = Callable[[], dict[str, object]]


class Redeployable(Protocol):
    """What was deployed from files of this machine."""

    def changed(self) -> list[str]:
        """The files that are not as they were deployed."""

    def again(self, parameters: Mapping[str, str]) -> dict[str, object]:
        """Deploy them; parameters come on top of those given before."""


class Control:
    """Answers the requests of tests and tools that know that the cloud is local."""

    def __init__(
        self,
        *,
        clock: Clock,
        faults: Plan,
        calls: CallLog,
        health: Health,
        deployments: Redeployable | None = None,
    ) -> None:
        self._clock = clock
        self._faults = faults
        self._calls = calls
        self._health = health
        self._deployments = deployments

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        """`health`, `clock`, `faults`, `calls`, `deploy`: see local_cloud.md."""
        match environ["REQUEST_METHOD"], str(environ["PATH_INFO"]).removeprefix(CONTROL):
            case "GET", "health":
                answer: object = self._health()
            case "GET", "faults":
                answer = {"log": self._faults.log()}
            case "GET", "calls":
                answer = {"calls": self._calls.seen()}
            case "POST", "clock":
                return self._move_clock(environ, start_response)
            case "POST", "faults":
                return self._replace_faults(environ, start_response)
            case (("GET" | "POST"), "deploy") if self._deployments is not None:
                return _deploy(self._deployments, environ, start_response)
            case _:
                message = {"message": "no such control"}
                return respond_json(start_response, HTTPStatus.NOT_FOUND, message)
        return respond_json(start_response, HTTPStatus.OK, answer)

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


def _deploy(
    deployments: Redeployable, environ: Environ, start_response: StartResponse
) -> Iterable[bytes]:
    try:
        if environ["REQUEST_METHOD"] == "GET":
            answer: dict[str, object] = {"changed": deployments.changed()}
        else:
            parameters = json.loads(read_body(environ))["parameters"]
            answer = deployments.again({key: str(parameters[key]) for key in parameters})
    except (DeployError, ValueError, KeyError, TypeError) as error:
        message = {"message": f"nothing was deployed: {error}"}
        return respond_json(start_response, HTTPStatus.BAD_REQUEST, message)
    return respond_json(start_response, HTTPStatus.OK, answer)
