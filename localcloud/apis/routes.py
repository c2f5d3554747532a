"""Which route of an HTTP API a request takes.

The most specific one: a full match before a path with parameters, these before a greedy one,
`$default` last; a named method before `ANY`.
Source: https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-routes.html
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any
from urllib.parse import unquote

_PARAMETER = re.compile(r"\{(?P<name>[^{}+]+)(?P<greedy>\+?)\}")


class RouteTable:
    """The routes of one API: objects with a `route_key` such as `GET /approvals/{id}`."""

    def __init__(self, routes: Iterable[Any]) -> None:
        self._routes = sorted(routes, key=lambda route: _rank(route.route_key))

    def find(self, method: str, path: str) -> tuple[Any, dict[str, str]] | None:
        """The route and its path parameters; None if there is no route."""
        for route in self._routes:
            if route.route_key == "$default":
                return route, {}
            wanted, _, template = route.route_key.partition(" ")
            if wanted not in (method, "ANY"):
                continue
            if match := _pattern(template).fullmatch(path):
                return route, {name: unquote(value) for name, value in match.groupdict().items()}
        return None


def _rank(route_key: str) -> tuple[bool, bool, int, bool]:
    method, _, template = route_key.partition(" ")
    parameters = list(_PARAMETER.finditer(template))
    greedy = any(parameter["greedy"] for parameter in parameters)
    return route_key == "$default", greedy, len(parameters), method == "ANY"


def _pattern(template: str) -> re.Pattern[str]:
    parts, end = [], 0
    for parameter in _PARAMETER.finditer(template):
        value = ".+" if parameter["greedy"] else "[^/]+"
        parts += [re.escape(template[end : parameter.start()]), f"(?P<{parameter['name']}>{value})"]
        end = parameter.end()
    return re.compile("".join(parts) + re.escape(template[end:]))
