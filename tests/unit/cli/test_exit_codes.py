"""What a script may rely on: exit codes, and errors that say what to do."""

from __future__ import annotations

import pytest
from botocore.exceptions import (
    ClientError,
    EndpointConnectionError,
    NoCredentialsError,
    NoRegionError,
)
from click.testing import CliRunner

from sluice.cli import main
from sluice.options import Settings
from sluice.stack.cloud import Cloud
from sluice.terminal.exits import Exit, NotFoundError


def opener_that_raises(error: Exception) -> Settings:
    def open_cloud(_: Settings) -> Cloud:
        raise error

    return Settings(opener=open_cloud)


def refusal(code: str) -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": "no"}}, "ListExecutions")


@pytest.mark.parametrize(
    ("error", "code", "words"),
    [
        pytest.param(NotFoundError("no stack x"), Exit.NOT_FOUND, "no stack x", id="not found"),
        pytest.param(refusal("AccessDenied"), Exit.AWS, "lacks this permission", id="denied"),
        pytest.param(refusal("ExpiredToken"), Exit.AWS, "Sign in again", id="expired"),
        pytest.param(refusal("Throttling"), Exit.AWS, "Throttling", id="any other refusal"),
        pytest.param(NoCredentialsError(), Exit.AWS, "AWS_PROFILE", id="no credentials"),
        pytest.param(NoRegionError(), Exit.AWS, "AWS_REGION", id="no region"),
        pytest.param(
            EndpointConnectionError(endpoint_url="http://127.0.0.1:1"),
            Exit.AWS,
            "sluice up",
            id="nobody answers",
        ),
    ],
)
def test_expected_errors_are_one_line_and_a_code(error: Exception, code: int, words: str) -> None:
    result = CliRunner().invoke(main, ["runs"], obj=opener_that_raises(error))
    assert result.exit_code == code
    assert words in result.stderr
    assert len(result.stderr.splitlines()) == 1
    assert result.stdout == ""


@pytest.mark.parametrize(
    "arguments",
    [
        pytest.param(["nonsense"], id="no such command"),
        pytest.param(["runs", "--status", "HAPPY"], id="no such status"),
        pytest.param(["run", "no/such/file.csv"], id="no such file"),
        pytest.param(["run"], id="no file"),
        pytest.param(["runs", "--fresh"], id="fresh without local"),
        pytest.param(["run", __file__], id="no dataset"),
        pytest.param(["run", __file__, "--dataset", "nonsense"], id="no such dataset"),
    ],
)
def test_a_wrong_command_line_ends_with_two(arguments: list[str]) -> None:
    result = CliRunner().invoke(main, arguments)
    assert result.exit_code == Exit.USAGE
    assert result.stdout == ""
