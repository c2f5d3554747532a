import json
from typing import Any

from tests.integration.localcloud.world import WAIT_SECONDS, World


def rule_for(world: World, targets: list[dict[str, Any]], **pattern: Any) -> str:
    source = world.name("app")
    events = world.client("events")
    name = world.name("rule")
    events.put_rule(Name=name, EventPattern=json.dumps({"source": [source], **pattern}))
    events.put_targets(Rule=name, Targets=targets)
    return source


def put(world: World, source: str, detail: dict[str, Any]) -> str:
    reply = world.client("events").put_events(
        Entries=[{"Source": source, "DetailType": "Told", "Detail": json.dumps(detail)}]
    )
    return str(reply["Entries"][0]["EventId"])


def test_an_event_reaches_every_target_with_the_input_it_asked_for(world: World) -> None:
    url_a, arn_a = world.queue()
    url_b, arn_b = world.queue()
    machine = "arn:aws:states:eu-central-1:123456789012:stateMachine:m"
    source = rule_for(
        world,
        [
            {"Id": "all", "Arn": arn_a},
            {
                "Id": "text",
                "Arn": arn_b,
                "InputTransformer": {
                    "InputPathsMap": {"who": "$.detail.who"},
                    "InputTemplate": '{"hello": <who>}',
                },
            },
            {"Id": "run", "Arn": machine, "InputPath": "$.detail"},
        ],
    )
    event_id = put(world, source, {"who": "Ann"})
    [whole] = world.messages(url_a, 1)
    event = json.loads(whole["Body"])
    assert event["id"] == event_id
    assert event["detail"] == {"who": "Ann"}
    assert event["time"].endswith("Z")
    assert "ingestion-time" not in event
    [text] = world.messages(url_b, 1)
    assert json.loads(text["Body"]) == {"hello": "Ann"}
    started = world.compute.executions.get(timeout=WAIT_SECONDS)
    assert started["stateMachineArn"] == machine
    assert json.loads(started["input"]) == {"who": "Ann"}
    assert started["name"].startswith(event_id + "_")


def test_a_rule_that_does_not_match_or_is_disabled_sends_nothing(world: World) -> None:
    url, arn = world.queue()
    source = rule_for(world, [{"Id": "q", "Arn": arn}], detail={"n": [{"numeric": [">", 5]}]})
    put(world, source, {"n": 5})
    put(world, source, {"n": 6})
    [only] = world.messages(url, 1)
    assert json.loads(only["Body"])["detail"] == {"n": 6}


def test_what_cannot_be_delivered_becomes_a_dead_letter(world: World) -> None:
    url, arn = world.queue()
    missing = "arn:aws:sns:eu-central-1:123456789012:no-such-topic"
    source = rule_for(world, [{"Id": "t", "Arn": missing, "DeadLetterConfig": {"Arn": arn}}])
    put(world, source, {"n": 1})
    [letter] = world.messages(url, 1)
    attributes = {key: value["StringValue"] for key, value in letter["MessageAttributes"].items()}
    assert json.loads(letter["Body"])["detail"] == {"n": 1}
    assert attributes["TARGET_ARN"] == missing
    assert attributes["ERROR_CODE"].startswith("NotFound")
    assert ":rule/" in attributes["RULE_ARN"]


def test_a_change_of_an_executions_status_is_an_event(world: World) -> None:
    url, arn = world.queue()
    events = world.client("events")
    name = world.name("rule")
    machine = f"arn:aws:states:eu-central-1:123456789012:stateMachine:{name}"
    pattern = {
        "source": ["aws.states"],
        "detail-type": ["Step Functions Execution Status Change"],
        "detail": {"stateMachineArn": [machine], "status": ["FAILED", "TIMED_OUT", "ABORTED"]},
    }
    events.put_rule(Name=name, EventPattern=json.dumps(pattern))
    events.put_targets(Rule=name, Targets=[{"Id": "q", "Arn": arn}])
    execution = machine.replace("stateMachine", "execution") + ":run"
    for status in ("RUNNING", "ABORTED"):
        world.endpoint.announce_status_change(
            {
                "executionArn": execution,
                "stateMachineArn": machine,
                "status": status,
                "redriveCount": 0,
            }
        )
    [message] = world.messages(url, 1)
    event = json.loads(message["Body"])
    assert event["resources"] == [execution]
    assert event["detail"]["status"] == "ABORTED"
