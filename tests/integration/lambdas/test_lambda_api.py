"""The Lambda API of a whole local cloud, as boto3 sees it."""

import base64
import contextlib
import io
import json
import os
import textwrap
import zipfile
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError

from localcloud.account import ACCOUNT_ID
from localcloud.cloud import Cloud
from localcloud.door import Door
from localcloud.lambdas.moto_registry import MotoRegistry
from localcloud.lambdas.output import LogEvent

pytestmark = pytest.mark.xdist_group("lambda-api")

SOURCE = """
import os, boto3

def handler(event, context):
    if event.get("fail"):
        print("about to fail")
        raise ValueError(event["fail"])
    if event.get("call"):
        reply = boto3.client("lambda").invoke(FunctionName=event["call"], Payload=b"{}")
        return {"from": event["call"], "payload": reply["Payload"].read().decode()}
    print("here")
    return {"arn": context.invoked_function_arn, "version": context.function_version,
            "colour": os.environ.get("COLOUR")}
"""


@pytest.fixture(scope="module")
def cloud() -> Iterator[Cloud]:
    before = dict(os.environ)
    cloud = Cloud(Door(region="us-east-1"))
    yield cloud
    cloud.close()
    os.environ.clear()
    os.environ.update(before)


@pytest.fixture(scope="module")
def functions(cloud: Cloud) -> Any:
    return cloud.account.client("lambda")


Make = Callable[..., str]


@pytest.fixture(scope="module")
def make(cloud: Cloud, functions: Any) -> Make:
    role = cloud.account.client("iam").create_role(
        RoleName="functions", AssumeRolePolicyDocument='{"Version": "2012-10-17", "Statement": []}'
    )
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as package:
        package.writestr("app.py", textwrap.dedent(SOURCE))

    def make_function(name: str, **settings: Any) -> str:
        functions.create_function(
            FunctionName=name,
            Role=role["Role"]["Arn"],
            Runtime="python3.13",
            Handler="app.handler",
            Code={"ZipFile": content.getvalue()},
            **{"Timeout": 20, "MemorySize": 256, **settings},
        )
        return name

    return make_function


def value_of(reply: Any) -> Any:
    return json.loads(reply["Payload"].read())


def test_an_answer_carries_version_and_log(functions: Any, make: Make) -> None:
    name = make("answers")
    reply = functions.invoke(FunctionName=name, LogType="Tail")
    assert reply["StatusCode"] == 200
    assert reply["ExecutedVersion"] == "$LATEST"
    assert "\nhere\n" in base64.b64decode(reply["LogResult"]).decode()
    assert value_of(reply)["arn"].endswith(":function:answers")
    assert "LogResult" not in functions.invoke(FunctionName=name)


def test_versions_and_aliases_run_what_they_point_to(functions: Any, make: Make) -> None:
    name = make("versions", Environment={"Variables": {"COLOUR": "red"}})
    functions.publish_version(FunctionName=name)
    functions.create_alias(FunctionName=name, Name="live", FunctionVersion="1")
    functions.update_function_configuration(
        FunctionName=name, Environment={"Variables": {"COLOUR": "blue"}}
    )
    by_alias = functions.invoke(FunctionName=name, Qualifier="live")
    assert by_alias["ExecutedVersion"] == "1"
    value = value_of(by_alias)
    assert (value["colour"], value["version"]) == ("red", "1")
    assert value["arn"].endswith(":versions:live")
    assert value_of(functions.invoke(FunctionName=f"{name}:1"))["colour"] == "red"
    assert value_of(functions.invoke(FunctionName=name))["colour"] == "blue"


def test_a_function_that_raises_is_a_success_of_the_api(functions: Any, make: Make) -> None:
    name = make("raises")
    reply = functions.invoke(FunctionName=name, Payload=b'{"fail": "no"}')
    assert (reply["StatusCode"], reply["FunctionError"]) == (200, "Unhandled")
    assert value_of(reply)["errorType"] == "ValueError"


def test_a_function_may_call_another_one(functions: Any, make: Make) -> None:
    make("callee")
    reply = functions.invoke(FunctionName=make("caller"), Payload=b'{"call": "callee"}')
    assert ":function:callee" in value_of(reply)["payload"]


@pytest.mark.parametrize(
    ("arguments", "code", "status"),
    [
        pytest.param({"FunctionName": "ghost"}, "ResourceNotFoundException", 404, id="unknown"),
        pytest.param(
            {"FunctionName": "refuses", "Qualifier": "9"},
            "ResourceNotFoundException",
            404,
            id="unknown version",
        ),
        pytest.param(
            {"FunctionName": "refuses", "Payload": b"{no json"},
            "InvalidRequestContentException",
            400,
            id="no JSON",
        ),
        pytest.param(
            {"FunctionName": "refuses", "Payload": b'"' + b"x" * (6 << 20) + b'"'},
            "RequestTooLargeException",
            413,
            id="over 6 MB",
        ),
        pytest.param(
            {
                "FunctionName": "refuses",
                "Payload": b'"' + b"x" * (1 << 20) + b'"',
                "InvocationType": "Event",
            },
            "RequestTooLargeException",
            413,
            id="event over 1 MB",
        ),
    ],
)
def test_refusals(functions: Any, make: Make, arguments: Any, code: str, status: int) -> None:
    with contextlib.suppress(functions.exceptions.ResourceConflictException):
        make("refuses")
    with pytest.raises(ClientError) as refused:
        functions.invoke(**arguments)
    assert refused.value.response["Error"]["Code"] == code
    assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] == status


def test_throttling_is_an_error_of_the_api(functions: Any, make: Make) -> None:
    name = make("throttled")
    functions.put_function_concurrency(FunctionName=name, ReservedConcurrentExecutions=0)
    with pytest.raises(ClientError) as refused:
        functions.invoke(FunctionName=name)
    assert refused.value.response["Error"]["Code"] == "TooManyRequestsException"


def test_a_failed_event_ends_in_the_dead_letter_queue(
    cloud: Cloud, functions: Any, make: Make
) -> None:
    sqs = cloud.account.client("sqs")
    queue = sqs.create_queue(QueueName="dead")["QueueUrl"]
    dead = "arn:aws:sqs:us-east-1:123456789012:dead"
    name = make("gives-up", DeadLetterConfig={"TargetArn": dead})
    functions.put_function_event_invoke_config(FunctionName=name, MaximumRetryAttempts=0)
    accepted = functions.invoke(FunctionName=name, InvocationType="Event", Payload=b'{"fail": "x"}')
    assert accepted["StatusCode"] == 202
    (message,) = sqs.receive_message(
        QueueUrl=queue, WaitTimeSeconds=10, MessageAttributeNames=["All"]
    )["Messages"]
    assert json.loads(message["Body"]) == {"fail": "x"}
    assert message["MessageAttributes"]["ErrorMessage"]["StringValue"] == "x"


def test_what_was_printed_before_an_error_stands_before_it_in_the_log(
    cloud: Cloud, functions: Any, make: Make
) -> None:
    name = make("prints-and-fails")
    reply = functions.invoke(FunctionName=name, Payload=b'{"fail": "no luck"}', LogType="Tail")
    assert reply["FunctionError"] == "Unhandled"
    tail = base64.b64decode(reply["LogResult"]).decode()
    assert tail.index("about to fail") < tail.index("no luck")


def test_a_log_that_cannot_be_written_fails_no_invocation(
    cloud: Cloud, caplog: pytest.LogCaptureFixture
) -> None:
    registry = MotoRegistry(account=ACCOUNT_ID, region="us-east-1")
    registry.write_log("/aws/lambda/late", "stream", [LogEvent(2, "late"), LogEvent(1, "early")])
    assert "/aws/lambda/late refused 2 events of stream" in caplog.text
