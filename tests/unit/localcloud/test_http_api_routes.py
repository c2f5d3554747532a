from dataclasses import dataclass

import pytest

from localcloud.apis.routes import RouteTable


@dataclass(frozen=True)
class Route:
    route_key: str


ROUTES = RouteTable(
    Route(key)
    for key in (
        "$default",
        "ANY /files/{path+}",
        "GET /approvals/{id}",
        "GET /approvals/latest",
        "ANY /approvals/{id}",
        "POST /approvals/{id}/decision",
    )
)


@pytest.mark.parametrize(
    ("method", "path", "route_key", "parameters"),
    [
        pytest.param("GET", "/approvals/a1", "GET /approvals/{id}", {"id": "a1"}, id="parameter"),
        pytest.param("GET", "/approvals/latest", "GET /approvals/latest", {}, id="full match"),
        pytest.param("PUT", "/approvals/a1", "ANY /approvals/{id}", {"id": "a1"}, id="any method"),
        pytest.param(
            "POST", "/approvals/a%20b/decision", "POST /approvals/{id}/decision", {"id": "a b"},
            id="values are decoded",
        ),
        pytest.param("GET", "/files/a/b", "ANY /files/{path+}", {"path": "a/b"}, id="greedy"),
        pytest.param("GET", "/elsewhere", "$default", {}, id="nothing else matches"),
    ],
)  # fmt: skip
def test_the_most_specific_route_wins(
    method: str, path: str, route_key: str, parameters: dict[str, str]
) -> None:
    assert ROUTES.find(method, path) == (Route(route_key), parameters)


def test_without_a_default_other_paths_have_no_route() -> None:
    assert RouteTable([Route("GET /a")]).find("POST", "/a") is None
