"""Files that browsers put into S3 by a form: what the signed policy allows, and nothing else."""

import base64
import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.integration.localcloud.test_http_api import call
from tests.integration.localcloud.world import World
from tests.support.senders import multipart

KEY = "incoming/addresses/a b.csv"
TYPE = "text/csv"


@pytest.fixture
def bucket(world: World) -> str:
    return world.bucket(versioned=True)


def form(world: World, bucket: str, *, seconds: int = 60, most: int = 100) -> dict[str, str]:
    """The fields that a page is given: they bind key, content type and size."""
    fields = {"Content-Type": TYPE, "success_action_status": "201"}
    made = world.client("s3").generate_presigned_post(
        bucket,
        KEY,
        Fields=fields,
        Conditions=[*({n: v} for n, v in fields.items()), ["content-length-range", 1, most]],
        ExpiresIn=seconds,
    )
    return dict(made["fields"])


def send(
    world: World,
    bucket: str,
    fields: Mapping[str, str],
    content: bytes = b"id\n1\n",
    *,
    files: int = 1,
    headers: Mapping[str, str] = {},
) -> tuple[int, dict[str, str], str]:
    body, kind = multipart(fields, content, files=files)
    url = f"{world.endpoint.url}/{bucket}"
    status, told, said = call(
        url, method="POST", body=body, headers={"Content-Type": kind, **headers}
    )
    return status, told, said.decode()


def refusal(answer: tuple[int, dict[str, str], str]) -> tuple[int, str, str]:
    status, _, said = answer
    found = re.search(r"<Code>(.*)</Code><Message>(.*)</Message>", said)
    assert found, said
    return status, found[1], found[2]


def test_a_form_puts_an_object(world: World, bucket: str) -> None:
    status, told, said = send(world, bucket, form(world, bucket))
    assert status == 201
    assert f"<Bucket>{bucket}</Bucket><Key>{KEY}</Key>" in said
    [version] = world.client("s3").list_object_versions(Bucket=bucket)["Versions"]
    assert told["x-amz-version-id"] == version["VersionId"]
    found = world.client("s3").get_object(Bucket=bucket, Key=KEY)
    assert (found["Body"].read(), found["ContentType"]) == (b"id\n1\n", TYPE)


def test_an_event_tells_that_it_was_a_form(world: World) -> None:
    bucket, url = world.bucket_with_events({})
    send(world, bucket, form(world, bucket))
    [message] = world.messages(url, 1)
    detail = json.loads(message["Body"])["detail"]
    assert (detail["reason"], detail["object"]["key"]) == ("POST Object", KEY)
    assert detail["requester"] == "123456789012"


@pytest.mark.parametrize(
    ("content", "code"),
    [
        pytest.param(b"x" * 101, "EntityTooLarge", id="too large"),
        pytest.param(b"", "EntityTooSmall", id="too small"),
    ],
)
def test_the_size_is_bound(world: World, bucket: str, content: bytes, code: str) -> None:
    assert refusal(send(world, bucket, form(world, bucket), content))[:2] == (400, code)


@pytest.mark.parametrize(
    ("change", "why"),
    [
        pytest.param(
            {"key": "incoming/customers/a.csv"},
            f'Policy Condition failed: ["eq", "$key", "{KEY}"]',
            id="another dataset's key",
        ),
        pytest.param(
            {"Content-Type": "text/html"},
            f'Policy Condition failed: ["eq", "$content-type", "{TYPE}"]',
            id="another content type",
        ),
        pytest.param({"acl": "public-read"}, "Extra input fields: acl", id="a field more"),
    ],
)
def test_what_the_policy_does_not_allow_is_refused(
    world: World, bucket: str, change: Mapping[str, str], why: str
) -> None:
    answer = send(world, bucket, form(world, bucket) | change)
    assert refusal(answer) == (403, "AccessDenied", f"Invalid according to Policy: {why}")
    assert world.client("s3").list_objects_v2(Bucket=bucket)["KeyCount"] == 0


def test_a_form_expires(world: World, bucket: str) -> None:
    fields = form(world, bucket, seconds=-1)
    told = "Invalid according to Policy: Policy expired."
    assert refusal(send(world, bucket, fields)) == (403, "AccessDenied", told)


def test_another_bucket_is_another_form(world: World, bucket: str) -> None:
    other = world.bucket()
    assert refusal(send(world, other, form(world, bucket)))[:2] == (403, "AccessDenied")


def changed_policy(fields: Mapping[str, str]) -> dict[str, Any]:
    policy = json.loads(base64.b64decode(fields["policy"]))
    policy["expiration"] = (datetime.now(UTC) + timedelta(days=1)).isoformat()
    return {"policy": base64.b64encode(json.dumps(policy).encode()).decode()}


def test_nobody_changes_a_policy(world: World, bucket: str) -> None:
    fields = form(world, bucket)
    answer = send(world, bucket, fields | changed_policy(fields))
    assert refusal(answer)[:2] == (403, "SignatureDoesNotMatch")


@pytest.mark.parametrize(
    ("change", "code"),
    [
        pytest.param(
            {"x-amz-credential": "EVE/1/eu/s3/aws4_request"}, "InvalidAccessKeyId", id="k"
        ),
        pytest.param({"x-amz-credential": ""}, "AccessDenied", id="no credential"),
        pytest.param({"key": ""}, "InvalidArgument", id="no key"),
    ],
)
def test_a_form_that_nobody_signed_is_refused(
    world: World, bucket: str, change: Mapping[str, str], code: str
) -> None:
    assert refusal(send(world, bucket, form(world, bucket) | change))[1] == code


@pytest.mark.parametrize("files", [0, 2])
def test_a_form_has_one_file(world: World, bucket: str, files: int) -> None:
    answer = send(world, bucket, form(world, bucket), files=files)
    assert refusal(answer)[:2] == (400, "InvalidArgument")


def test_pages_of_other_sites_post_no_form(world: World, bucket: str) -> None:
    fields = form(world, bucket)
    status, _, said = send(world, bucket, fields, headers={"Origin": "http://evil.example"})
    assert (status, json.loads(said)["message"]) == (
        403,
        "pages of 'http://evil.example' may not use the local cloud",
    )
    assert send(world, bucket, fields, headers={"Origin": world.endpoint.url})[0] == 201
