import json
import subprocess
import sys
import urllib.error
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError, ConnectionClosedError

from tests.integration.localcloud.world import World
from tests.support.signing import control


def set_rules(world: World, *rules: dict[str, Any], seed: int = 0) -> list[dict[str, Any]]:
    """Put rules in force; what the ones before have done."""
    answer = control(world.environment, "faults", {"rules": rules, "seed": seed})
    log: list[dict[str, Any]] = answer["log"]
    return log


@pytest.fixture(autouse=True)
def _no_rules_afterwards(world: World) -> Iterator[None]:
    yield
    set_rules(world)


def client(world: World, service: str, *, attempts: int = 1) -> Any:
    """A client that tries so often."""
    config = Config(
        retries={"mode": "standard", "total_max_attempts": attempts},
        s3={"addressing_style": "path"},
    )
    make: Any = boto3.client
    return make(
        service,
        endpoint_url=world.endpoint.url,
        region_name="eu-central-1",
        aws_access_key_id=world.environment["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=world.environment["AWS_SECRET_ACCESS_KEY"],
        config=config,
    )


def keys(world: World, table: str) -> set[str]:
    items = world.client("dynamodb").scan(TableName=table)["Items"]
    return {item["pk"]["S"] for item in items}


@pytest.mark.parametrize(
    ("service", "operation", "code", "status"),
    [
        ("dynamodb", "list_tables", "ProvisionedThroughputExceededException", 400),
        ("s3", "list_buckets", "SlowDown", 503),
        ("sns", "list_topics", "Throttled", 429),
        ("sqs", "list_queues", "RequestThrottled", 403),
        ("lambda", "list_functions", "TooManyRequestsException", 429),
        ("glue", "get_jobs", "ThrottlingException", 400),
        ("stepfunctions", "list_state_machines", "ThrottlingException", 400),
        ("scheduler", "list_schedules", "ThrottlingException", 400),
    ],
)
def test_each_service_throttles_in_its_own_words(
    world: World, service: str, operation: str, code: str, status: int
) -> None:
    set_rules(world, {"error": "throttle", "count": 1})
    with pytest.raises(ClientError) as failure:
        getattr(client(world, service), operation)()
    assert failure.value.response["Error"]["Code"] == code
    assert failure.value.response["ResponseMetadata"]["HTTPStatusCode"] == status


def test_a_lost_reply_means_that_the_write_was_applied(world: World, table: str) -> None:
    set_rules(world, {"operation": "PutItem", "lose_reply": True, "count": 1})
    request = {
        "TableName": table,
        "Item": {"pk": {"S": "a"}},
        "ConditionExpression": "attribute_not_exists(pk)",
    }
    with pytest.raises(ConnectionClosedError):
        client(world, "dynamodb").put_item(**request)
    assert keys(world, table) == {"a"}

    set_rules(world, {"operation": "PutItem", "lose_reply": True, "count": 1})
    request["Item"] = {"pk": {"S": "b"}}
    with pytest.raises(ClientError, match="ConditionalCheckFailed"):
        client(world, "dynamodb", attempts=3).put_item(**request)
    [entry] = set_rules(world)
    assert (entry["operation"], entry["action"]) == ("PutItem", "lose_reply")


def test_unprocessed_items_come_back_and_the_others_are_written(world: World, table: str) -> None:
    set_rules(world, {"unprocessed": True, "operation": "BatchWriteItem", "count": 1}, seed=5)
    wanted = {f"k{number}" for number in range(10)}
    puts = [{"PutRequest": {"Item": {"pk": {"S": key}}}} for key in sorted(wanted)]
    dynamodb = client(world, "dynamodb")
    held = dynamodb.batch_write_item(RequestItems={table: puts})["UnprocessedItems"]
    come_back = {put["PutRequest"]["Item"]["pk"]["S"] for put in held[table]}
    assert 0 < len(come_back) < 10
    assert keys(world, table) == wanted - come_back
    assert dynamodb.batch_write_item(RequestItems=held)["UnprocessedItems"] == {}
    assert keys(world, table) == wanted


CALLER = """
import boto3, sys
boto3.client("dynamodb").put_item(TableName=sys.argv[1], Item={"pk": {"S": sys.argv[2]}})
"""


@pytest.mark.parametrize(("moment", "applied"), [("before", False), ("after", True)])
def test_the_calling_process_dies_before_or_after_its_write(
    world: World, table: str, moment: str, *, applied: bool
) -> None:
    set_rules(world, {"kill_caller": moment, "caller": "function", "count": 1})
    key = world.endpoint.account.keys.of_function("caller")
    process = subprocess.run(
        [sys.executable, "-c", CALLER, table, moment],
        env={
            **world.environment,
            "AWS_ACCESS_KEY_ID": key.id,
            "AWS_SECRET_ACCESS_KEY": key.secret,
        },
        check=False,
    )
    assert process.returncode == -9
    assert (moment in keys(world, table)) is applied


def test_events_are_lost_repeated_or_late(world: World) -> None:
    bucket, url = world.bucket_with_events({"detail-type": ["Object Created"]})
    set_rules(
        world,
        {"drop_events": "s3", "resource": "lost"},
        {"duplicate_events": "s3", "resource": "twice", "copies": 3},
        {"delay_events": "s3", "resource": "late", "seconds": 0.2},
    )
    for key in ("lost", "late", "twice", "once"):
        world.client("s3").put_object(Bucket=bucket, Key=key, Body=b"")
    events = [json.loads(message["Body"]) for message in world.messages(url, 5)]
    assert sorted(event["detail"]["object"]["key"] for event in events) == [
        "late", "once", "twice", "twice", "twice",
    ]  # fmt: skip
    assert len({event["id"] for event in events}) == 3


def test_nonsense_is_refused(world: World) -> None:
    with pytest.raises(urllib.error.HTTPError, match="400"):
        set_rules(world, {"explode": True})
