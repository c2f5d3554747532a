"""What an attacker on the same machine tries: no key, a made-up key, another user, another host."""

import http.client
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import boto3
import pytest
from botocore import UNSIGNED
from botocore.config import Config
from botocore.exceptions import ClientError

from localcloud.announcement import Announcement
from tests.integration.localcloud.world import World
from tests.support.signing import control, signed

CALLS = [
    ("s3", "list_buckets", {}, "InvalidAccessKeyId", "AccessDenied"),
    (
        "dynamodb",
        "list_tables",
        {},
        "UnrecognizedClientException",
        "MissingAuthenticationTokenExce",
    ),
    (
        "sqs",
        "list_queues",
        {},
        "UnrecognizedClientException",
        "MissingAuthenticationTokenException",
    ),
    ("sns", "list_topics", {}, "InvalidClientTokenId", "MissingAuthenticationToken"),
    (
        "iam",
        "create_user",
        {"UserName": "eve"},
        "InvalidClientTokenId",
        "MissingAuthenticationToken",
    ),
    (
        "lambda",
        "list_functions",
        {},
        "UnrecognizedClientException",
        "MissingAuthenticationTokenExc",
    ),
    ("stepfunctions", "list_state_machines", {}, "UnrecognizedClientException", "MissingAuthenti"),
    ("sts", "get_caller_identity", {}, "InvalidClientTokenId", "MissingAuthenticationToken"),
]


def client(world: World, service: str, *, key: tuple[str, str] | None) -> Any:
    key_id, secret = key or ("", "")
    make: Any = boto3.client
    return make(
        service,
        endpoint_url=world.endpoint.url,
        region_name="eu-central-1",
        aws_access_key_id=key_id or "x",
        aws_secret_access_key=secret or "x",
        config=Config(
            retries={"total_max_attempts": 1},
            signature_version=None if key else UNSIGNED,
            s3={"addressing_style": "path"},
        ),
    )


@pytest.mark.parametrize(("service", "method", "arguments", "code", "_unsigned"), CALLS)
def test_a_made_up_key_is_answered_as_by_aws(
    world: World, service: str, method: str, arguments: dict[str, Any], code: str, _unsigned: str
) -> None:
    with pytest.raises(ClientError) as refused:
        getattr(client(world, service, key=("local", "local")), method)(**arguments)
    assert refused.value.response["Error"]["Code"] == code
    assert "a new start prints new keys" in refused.value.response["Error"]["Message"]


@pytest.mark.parametrize(("service", "method", "arguments", "_code", "code"), CALLS)
def test_a_request_without_a_signature_is_refused(
    world: World, service: str, method: str, arguments: dict[str, Any], _code: str, code: str
) -> None:
    with pytest.raises(ClientError) as refused:
        getattr(client(world, service, key=None), method)(**arguments)
    assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] == 403


def test_the_owners_id_with_another_secret_is_refused(world: World) -> None:
    key = (world.environment["AWS_ACCESS_KEY_ID"], "x")
    with pytest.raises(ClientError, match="SignatureDoesNotMatch"):
        client(world, "s3", key=key).list_buckets()


def get(world: World, path: str, headers: Mapping[str, str]) -> int:
    connection = http.client.HTTPConnection(urlsplit(world.endpoint.url).netloc)
    connection.request("GET", path, headers=dict(headers))
    status = connection.getresponse().status
    connection.close()
    return status


def test_foreign_hosts_origins_and_sites_are_refused_even_with_a_signature(world: World) -> None:
    path = "/_localcloud/health"
    headers = dict(signed(world.endpoint.url + path, world.environment).header_items())
    assert get(world, path, headers) == 200
    assert get(world, path, {}) == 403
    assert get(world, path, headers | {"Host": "rebound.example"}) == 403
    assert get(world, path, headers | {"Origin": "http://page.example"}) == 403
    assert get(world, path, headers | {"Sec-Fetch-Site": "cross-site"}) == 403
    assert control(world.environment, "health")["region"] == "eu-central-1"


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder that everybody may look into."""
    with tempfile.TemporaryDirectory() as name:
        Path(name).chmod(0o755)
        yield Path(name)


OTHER_USER = """
import os, sys, urllib.request, urllib.error
urllib.request.build_opener()
"loads".encode("idna")  # what a user without access to this Python could not import later
os.setgid(65534); os.setuid(65534)
for word in sys.argv[2:]:
    try:
        if word.startswith("http"):
            urllib.request.urlopen(urllib.request.Request(word, method="PUT", data=b""))
        else:
            open(word).read()
    except (urllib.error.HTTPError, PermissionError) as error:
        print(type(error).__name__, getattr(error, "code", ""))
    else:
        print("open:", word)
"""


@pytest.mark.skipif(os.getuid() != 0, reason="needs root, to become somebody else")
def test_another_user_of_the_machine_reads_no_key_and_calls_nothing(
    world: World, open_folder: Path
) -> None:
    announced = open_folder / "cloud.json"
    Announcement(announced, beginning=0).publish(world.endpoint.account, stack="s")
    assert json.loads(announced.read_text())["access_key_id"].startswith("LKIA")
    done = subprocess.run(
        [
            sys.executable, "-c", OTHER_USER, "-",
            str(announced), f"/proc/{os.getpid()}/environ",
            f"{world.endpoint.url}/eve-bucket", f"{world.endpoint.url}/_localcloud/faults",
        ],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert done.stdout.split("\n")[:4] == [
        "PermissionError ", "PermissionError ", "HTTPError 403", "HTTPError 403",
    ]  # fmt: skip
    buckets = world.client("s3").list_buckets()["Buckets"]
    assert "eve-bucket" not in [bucket["Name"] for bucket in buckets]
