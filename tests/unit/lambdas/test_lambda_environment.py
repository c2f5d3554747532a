from dataclasses import replace

from localcloud.http.keys import AccessKey
from localcloud.lambdas.function import worker_environment
from tests.support.lambda_function import FUNCTION

LOGGING = replace(
    FUNCTION,
    version="7",
    region="eu-west-1",
    environment={"TABLE": "t", "AWS_REGION": "moon-1", "TZ": "Europe/Berlin"},
    log_format="JSON",
    application_log_level="DEBUG",
)


def environment(inherited: dict[str, str]) -> dict[str, str]:
    return worker_environment(
        LOGGING,
        task_root="/task",
        temp_dir="/tmp/x",  # noqa: S108  (a name, nothing is written)
        log_stream="stream",
        runtime_api="127.0.0.1:1",
        endpoint_url="http://127.0.0.1:2",
        access_key=AccessKey("function.f", "its own"),
        xray_daemon="127.0.0.1:3",
        inherited=inherited,
    )


def test_a_worker_sees_the_variables_that_lambda_sets() -> None:
    seen = environment({})
    assert seen["AWS_LAMBDA_FUNCTION_NAME"] == "f"
    assert seen["AWS_LAMBDA_FUNCTION_VERSION"] == "7"
    assert seen["AWS_LAMBDA_FUNCTION_MEMORY_SIZE"] == "256"
    assert seen["AWS_LAMBDA_LOG_FORMAT"] == "JSON"
    assert seen["AWS_LAMBDA_LOG_LEVEL"] == "DEBUG"
    assert seen["AWS_ACCESS_KEY_ID"] == "function.f"
    assert seen["AWS_SECRET_ACCESS_KEY"] == "its own"
    assert seen["AWS_EXECUTION_ENV"] == "AWS_Lambda_python3.13"
    assert seen["AWS_ENDPOINT_URL"] == "http://127.0.0.1:2"
    assert seen["LAMBDA_TASK_ROOT"] == "/task"


def test_the_functions_own_variables_count_except_reserved_ones() -> None:
    seen = environment({})
    assert seen["TABLE"] == "t"
    assert seen["TZ"] == "Europe/Berlin"
    assert seen["AWS_REGION"] == "eu-west-1"


def test_nothing_private_is_inherited() -> None:
    seen = environment({"PATH": "/bin", "AWS_PROFILE": "production", "GITHUB_TOKEN": "secret"})
    assert seen["PATH"] == "/bin"
    assert "AWS_PROFILE" not in seen
    assert "GITHUB_TOKEN" not in seen
