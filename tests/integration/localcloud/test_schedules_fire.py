import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.integration.localcloud.world import World
from tests.support.signing import control


def advance(world: World, seconds: float) -> None:
    control(world.environment, "clock", {"advance_seconds": seconds})


def schedule(
    world: World, arn: str, expression: str, after: Mapping[str, str] = {}, **more: Any
) -> str:
    name = world.name("schedule")
    world.client("scheduler").create_schedule(
        Name=name,
        ScheduleExpression=expression,
        FlexibleTimeWindow={"Mode": "OFF"},
        Target={"Arn": arn, "RoleArn": "arn:aws:iam::123456789012:role/r", **more},
        **after,
    )
    return name


def test_a_schedule_fires_when_it_is_due_with_its_input(world: World) -> None:
    url, arn = world.queue()
    text = '{"source": "sluice.schedule", "at": "<aws.scheduler.scheduled-time>"}'
    name = schedule(world, arn, "rate(10 minutes)", Input=text)
    advance(world, 601)
    [message] = world.messages(url, 1)
    sent = json.loads(message["Body"])
    assert sent["source"] == "sluice.schedule"
    assert sent["at"].endswith("Z")

    world.client("scheduler").delete_schedule(Name=name)
    advance(world, 3_600)
    assert "Messages" not in world.client("sqs").receive_message(QueueUrl=url, WaitTimeSeconds=1)


def test_a_schedule_without_input_sends_an_event_and_one_for_once_may_go(world: World) -> None:
    url, arn = world.queue()
    moment = datetime.fromtimestamp(world.endpoint.clock.now() + 120, UTC)
    name = schedule(
        world, arn, f"at({moment:%Y-%m-%dT%H:%M:%S})", after={"ActionAfterCompletion": "DELETE"}
    )
    advance(world, 121)
    [message] = world.messages(url, 1)
    event = json.loads(message["Body"])
    assert (event["source"], event["detail-type"]) == ("aws.scheduler", "Scheduled Event")
    assert event["detail"] == "{}"
    assert event["time"] == f"{moment:%Y-%m-%dT%H:%M:%SZ}"
    with pytest.raises(ClientError, match="ResourceNotFound"):
        world.client("scheduler").get_schedule(Name=name)


def test_a_scheduled_rule_fires(world: World) -> None:
    url, arn = world.queue()
    events = world.client("events")
    name = world.name("rule")
    rule = events.put_rule(Name=name, ScheduleExpression="rate(1 hour)")["RuleArn"]
    events.put_targets(Rule=name, Targets=[{"Id": "q", "Arn": arn}])
    advance(world, 3_601)
    [message] = world.messages(url, 1)
    event = json.loads(message["Body"])
    assert (event["source"], event["detail-type"]) == ("aws.events", "Scheduled Event")
    assert event["resources"] == [rule]
    events.disable_rule(Name=name)


def test_a_universal_target_calls_any_action(world: World) -> None:
    url, _ = world.queue()
    call = json.dumps({"QueueUrl": url, "MessageBody": "by any action"})
    name = schedule(world, "arn:aws:scheduler:::aws-sdk:sqs:sendMessage", "rate(1 day)", Input=call)
    advance(world, 86_401)
    [message] = world.messages(url, 1)
    assert message["Body"] == "by any action"
    world.client("scheduler").delete_schedule(Name=name)
