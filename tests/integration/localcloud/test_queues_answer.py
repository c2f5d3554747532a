"""SQS for clients of today (JSON), for older ones (Query), and for the aws CLI as documented."""

import os
import re
import shutil
import subprocess
import urllib.error
import urllib.request
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode
from xml.etree import ElementTree as ET

import boto3
import pytest

from tests.integration.localcloud.world import World
from tests.support.cloud import ROOT
from tests.support.signing import signed

FORM = "application/x-www-form-urlencoded; charset=utf-8"
PAGE = ROOT / "docs" / "reference" / "local_cloud.md"


@pytest.mark.parametrize("region", ["us-east-1", "eu-central-1", "us-gov-west-1"])
def test_the_exports_alone_lead_an_sdk_to_the_queues(
    world: World, region: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    regions = {"AWS_REGION": region, "AWS_DEFAULT_REGION": region}
    for name, value in (world.environment | regions).items():
        monkeypatch.setenv(name, value)
    sqs: Any = boto3.session.Session().client("sqs")
    assert sqs.meta.endpoint_url == world.endpoint.url
    url = sqs.create_queue(QueueName=world.name("q"))["QueueUrl"]
    assert url.startswith(world.endpoint.url)
    sqs.send_message(QueueUrl=url, MessageBody="hello")
    assert sqs.receive_message(QueueUrl=url)["Messages"][0]["Body"] == "hello"


def query(
    world: World, action: str, *, at: str = "", key: Mapping[str, str] = {}, **parameters: str
) -> tuple[int, ET.Element]:
    """Status and document of an action of the Query protocol."""
    form = urlencode({"Action": action, "Version": "2012-11-05", **parameters}).encode()
    request = signed(
        at or f"{world.endpoint.url}/",
        {**world.environment, **key},
        method="POST",
        body=form,
        service="sqs",
        content_type=FORM,
    )
    try:
        with urllib.request.urlopen(request) as reply:
            return reply.status, ET.fromstring(reply.read())  # noqa: S314  our own answer
    except urllib.error.HTTPError as refused:
        return refused.code, ET.fromstring(refused.read())  # noqa: S314  as above


def text(document: ET.Element, name: str) -> str | None:
    return document.findtext(f".//{{*}}{name}")


def test_the_query_protocol_is_answered_at_the_endpoint_and_at_the_queue(world: World) -> None:
    _, made = query(world, "CreateQueue", QueueName=world.name("q"))
    url = str(text(made, "QueueUrl"))
    assert query(world, "SendMessage", QueueUrl=url, MessageBody="one")[0] == 200
    assert query(world, "SendMessage", at=url, QueueUrl=url, MessageBody="two")[0] == 200
    _, received = query(world, "ReceiveMessage", at=url, MaxNumberOfMessages="10")
    assert [body.text for body in received.findall(".//{*}Body")] == ["one", "two"]


def test_errors_of_the_query_protocol_are_xml(world: World) -> None:
    status, refused = query(
        world, "SendMessage", QueueUrl=f"{world.endpoint.url}/123456789012/none", MessageBody="x"
    )
    assert (status, text(refused, "Code")) == (400, "AWS.SimpleQueueService.NonExistentQueue")
    status, refused = query(world, "ListQueues", key={"AWS_ACCESS_KEY_ID": "x"})
    assert (status, text(refused, "Code")) == (403, "InvalidClientTokenId")


@pytest.mark.skipif(shutil.which("aws") is None, reason="needs the aws CLI")
def test_the_documented_mailbox_works_with_the_aws_cli_of_any_version(world: World) -> None:
    section = PAGE.read_text().partition("## Messages")[2].partition("\n## ")[0]
    create, subscribe, receive = re.findall(r"^\$ (aws (?:.*\\\n)*.*)$", section, re.MULTILINE)
    topic = "arn:aws:sns:us-east-1:123456789012:sluice-ApprovalTopic"
    publish = f"aws sns publish --topic-arn {topic} --message hello"
    region = {"AWS_REGION": "us-east-1", "AWS_DEFAULT_REGION": "us-east-1"}
    foreign = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    done = subprocess.run(
        ["sh", "-ec", "\n".join([f"aws sns create-topic --name {topic.rpartition(':')[2]}",
                                 create, subscribe, publish, receive])],
        env={**foreign, **world.environment, **region},
        check=True,
        capture_output=True,
        text=True,
    )  # fmt: skip
    assert '"Message": "hello"' in done.stdout
