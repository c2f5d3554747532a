import pytest

from localcloud.guard import refusal

HERE = "127.0.0.1:4000"
PAGE = f"http://{HERE}"


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
    assert (refusal(environ) is None) is allowed
