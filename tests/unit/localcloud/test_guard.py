from collections.abc import Iterable

import pytest

from localcloud.guard import Guard, refusal
from localcloud.http.signatures import Signatures
from localcloud.http.wsgi import Environ, StartResponse

HERE = "127.0.0.1:4000"
PAGE = f"http://{HERE}"
NAMED = "abc.execute-api.localhost:4000"


@pytest.mark.parametrize(
    ("host", "origin", "path", "allowed"),
    [
        pytest.param(HERE, None, "/", True, id="an SDK"),
        pytest.param("localhost:4000", None, "/", True, id="by name"),
        pytest.param("evil.example:4000", None, "/", False, id="DNS rebinding"),
        pytest.param("127.0.0.1.evil.example:4000", None, "/", False, id="a name that looks local"),
        pytest.param("127.0.0.1:5000", None, "/", False, id="another port"),
        pytest.param("", None, "/", False, id="no host"),
        pytest.param(HERE, "http://evil.example", "/", False, id="a foreign page"),
        pytest.param(HERE, "null", "/_apigateway/a/x", False, id="a sandboxed page"),
        pytest.param(HERE, PAGE, "/_apigateway/a/x", True, id="own page"),
        pytest.param(HERE, PAGE, "/", False, id="own page, AWS API"),
        pytest.param(HERE, "http://127.0.0.1:9", "/_apigateway/a/x", False, id="other port"),
        pytest.param(HERE, "https://127.0.0.1:4000", "/_apigateway/a", False, id="scheme"),
    ],
)  # fmt: skip
def test_only_this_machine_is_served(
    host: str, origin: str | None, path: str, *, allowed: bool
) -> None:
    environ = {"HTTP_HOST": host, "SERVER_PORT": "4000", "PATH_INFO": path}
    if origin is not None:
        environ["HTTP_ORIGIN"] = origin
    assert (refusal(environ, serves=serves) is None) is allowed


@pytest.mark.parametrize(
    ("site", "path", "allowed"),
    [
        pytest.param("none", "/", True, id="typed by a person"),
        pytest.param("same-origin", "/_apigateway/a/x", True, id="a page of its own"),
        pytest.param("same-site", "/_apigateway/a/x", False, id="a page of another port"),
        pytest.param("cross-site", "/_apigateway/a/x", False, id="a page of another site"),
        pytest.param("cross-site", "/", False, id="another site, AWS's APIs"),
    ],
)
def test_pages_of_other_sites_are_refused_by_what_the_browser_says(
    site: str, path: str, *, allowed: bool
) -> None:
    environ = request(PATH_INFO=path, HTTP_SEC_FETCH_SITE=site)
    assert (refusal(environ, serves=serves) is None) is allowed


@pytest.mark.parametrize(
    ("change", "allowed"),
    [
        pytest.param({}, True, id="a link to the page of an HTTP API"),
        pytest.param({"REQUEST_METHOD": "POST"}, False, id="a form"),
        pytest.param({"HTTP_SEC_FETCH_DEST": "iframe"}, False, id="in a frame"),
        pytest.param({"HTTP_SEC_FETCH_MODE": "no-cors"}, False, id="an image"),
        pytest.param({"PATH_INFO": "/bucket/key"}, False, id="a link to AWS's APIs"),
    ],
)
def test_a_link_may_be_followed_from_anywhere(change: dict[str, str], *, allowed: bool) -> None:
    link = {
        "PATH_INFO": "/_apigateway/a/approvals/1",
        "HTTP_SEC_FETCH_SITE": "cross-site",
        "HTTP_SEC_FETCH_MODE": "navigate",
        "HTTP_SEC_FETCH_DEST": "document",
    }
    assert (refusal(request(**link | change), serves=serves) is None) is allowed


@pytest.mark.parametrize(
    ("path", "known_as"),
    [
        pytest.param("/", "/_apigateway/abc/", id="the root"),
        pytest.param("/a/1", "/_apigateway/abc/a/1", id="a route"),
        pytest.param("/_localcloud/x", "/_apigateway/abc/_localcloud/x", id="no controls"),
        pytest.param("/_apigateway/def/x", "/_apigateway/abc/_apigateway/def/x", id="no other API"),
    ],
)
def test_the_host_name_of_an_api_leads_to_its_routes_and_nowhere_else(
    path: str, known_as: str
) -> None:
    asked: list[str] = []

    def app(environ: Environ, _: StartResponse) -> Iterable[bytes]:
        asked.append(environ["PATH_INFO"])
        return []

    guard = Guard(app, Signatures(lambda _: None, now=lambda: 0.0), serves=serves)
    guard(request(HTTP_HOST=NAMED, PATH_INFO=path), lambda *_: None)
    assert asked == [known_as]


@pytest.mark.parametrize(
    ("host", "origin", "allowed"),
    [
        pytest.param(NAMED, None, True, id="a program"),
        pytest.param(NAMED, f"http://{NAMED}", True, id="its own page"),
        pytest.param(NAMED, PAGE, False, id="a page by path"),
        pytest.param(NAMED, "http://def.execute-api.localhost:4000", False, id="another API's"),
        pytest.param(NAMED, "http://evil.example", False, id="a foreign page"),
        pytest.param(HERE, f"http://{NAMED}", False, id="its page asks elsewhere"),
        pytest.param("none.execute-api.localhost:4000", None, False, id="an unknown API"),
        pytest.param("abc.execute-api.localhost:5000", None, False, id="another port"),
        pytest.param("abc.execute-api.localhost", None, False, id="no port"),
        pytest.param("x.abc.execute-api.localhost:4000", None, False, id="a name below"),
        pytest.param("abc.execute-api.localhost.evil.example:4000", None, False, id="a like name"),
        pytest.param("abc.s3.localhost:4000", None, False, id="another service"),
    ],
)
def test_an_api_with_a_host_name_is_a_site_of_its_own(
    host: str, origin: str | None, *, allowed: bool
) -> None:
    environ = request(HTTP_HOST=host, PATH_INFO="/_apigateway/abc/a")
    if origin is not None:
        environ["HTTP_ORIGIN"] = origin
    assert (refusal(environ, serves=serves) is None) is allowed


def serves(api_id: str) -> bool:
    return api_id in ("abc", "def")


def request(**more: str) -> dict[str, str]:
    return {"REQUEST_METHOD": "GET", "HTTP_HOST": HERE, "SERVER_PORT": "4000", **more}
