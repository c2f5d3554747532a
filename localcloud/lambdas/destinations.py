"""Where documents about failed and finished events go: queues, topics, functions, buses."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any


def sender(client: Callable[[str], Any]) -> Callable[[str, str, dict[str, str]], None]:
    """A function `send(arn, body, attributes)` that works through boto3 clients."""

    def send(arn: str, body: str, attributes: dict[str, str]) -> None:
        service, name = arn.split(":")[2], arn.rsplit(":", maxsplit=1)[-1]
        described = {
            key: {"DataType": "String", "StringValue": value or "-"}
            for key, value in attributes.items()
        }
        match service:
            case "sqs":
                sqs = client("sqs")
                url = sqs.get_queue_url(QueueName=name)["QueueUrl"]
                sqs.send_message(QueueUrl=url, MessageBody=body, MessageAttributes=described)
            case "sns":
                client("sns").publish(TopicArn=arn, Message=body, MessageAttributes=described)
            case "lambda":
                client("lambda").invoke(FunctionName=arn, InvocationType="Event", Payload=body)
            case "events":
                client("events").put_events(Entries=[_bus_entry(arn, body)])
            case _:
                raise ValueError(f"{arn} cannot take events of a function")

    return send


def _bus_entry(bus_arn: str, body: str) -> dict[str, Any]:
    succeeded = json.loads(body)["requestContext"]["condition"] == "Success"
    return {
        "EventBusName": bus_arn,
        "Source": "lambda",
        "DetailType": "Lambda Function Invocation Result - "
        + ("Success" if succeeded else "Failure"),
        "Detail": body,
    }
