"""What the local cloud offers beyond AWS, below `/_localcloud/`: see local_cloud.md."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from http import HTTPStatus
from typing import Any, Protocol

from localcloud.clock import Clock
from localcloud.deploy.errors import DeployError
from localcloud.faults.rules import Plan, Rule
from localcloud.http.paths import CONTROL
from localcloud.http.wsgi import Environ, StartResponse, read_body, respond_json

Document = Mapping[str, Any]
Route = Callable[[Document], object]
"""Answers a document, which is empty for GET; a ValueError, KeyError or TypeError says that the
document is wrong, and so does a DeployError."""


class Redeployable(Protocol):
    """What was deployed from files of this machine."""

    def changed(self) -> list[str]:
        """The files that are not as they were deployed."""

    def again(self, parameters: Mapping[str, str]) -> dict[str, object]:
        """Deploy them; parameters come on top of those given before."""


class Control:
    """Answers the requests of tests and tools that know that the cloud is local."""

    def __init__(self, routes: Mapping[str, Route]) -> None:
        """`routes` are named by method and path, such as `POST clock`."""
        self._routes = routes

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        """Let the route answer."""
        method = str(environ["REQUEST_METHOD"])
        path = str(environ["PATH_INFO"]).removeprefix(CONTROL)
        route = self._routes.get(f"{method} {path}")
        if route is None:
            message = {"message": "no such control"}
            return respond_json(start_response, HTTPStatus.NOT_FOUND, message)
        try:
            body = read_body(environ) if method == "POST" else b""
            answer = route(json.loads(body or "{}"))
        except (DeployError, ValueError, KeyError, TypeError) as error:
            message = {"message": f"{method} {path}: {_told(error)}"}
            return respond_json(start_response, HTTPStatus.BAD_REQUEST, message)
        return respond_json(start_response, HTTPStatus.OK, answer)


def _told(error: Exception) -> str:
    return f"{error} is missing" if isinstance(error, KeyError) else str(error)


def clock_routes(clock: Clock) -> dict[str, Route]:
    """Time: `{"advance_seconds": n}` moves it on."""

    def move(document: Document) -> object:
        clock.advance(float(document["advance_seconds"]))
        return {"now": clock.now()}

    return {"GET clock": lambda _: {"now": clock.now()}, "POST clock": move}


def fault_routes(faults: Plan) -> dict[str, Route]:
    """What goes wrong: new rules are answered with what the ones before have done."""

    def replace(document: Document) -> object:
        rules = [Rule.parse(rule) for rule in document["rules"]]
        log = faults.log()
        faults.replace(rules, seed=int(document.get("seed", 0)))
        return {"log": log}

    return {"GET faults": lambda _: {"log": faults.log()}, "POST faults": replace}


def deploy_routes(deployments: Redeployable) -> dict[str, Route]:
    """The deployment of what has changed."""

    def again(document: Document) -> object:
        parameters = document["parameters"]
        return deployments.again({key: str(parameters[key]) for key in parameters})

    return {"GET deploy": lambda _: {"changed": deployments.changed()}, "POST deploy": again}
