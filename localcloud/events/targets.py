"""Calls a target of a rule or of a schedule, through the API that AWS itself would call."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Mapping
from typing import Any
from uuid import uuid4

ClientFactory = Callable[[str], Any]
"""Gives the client of a service, by boto3's name for it."""

Target = Mapping[str, Any]

_UNIVERSAL = re.compile(
    r"arn:aws:scheduler:::aws-sdk:(?P<service>[a-z0-9-]+):(?P<action>[a-zA-Z0-9]+)"
)
_SDK_NAMES = {"sfn": "stepfunctions", "cloudwatchlogs": "logs", "eventbridge": "events"}


class UnsupportedTargetError(Exception):
    """The target's service is none that the local cloud delivers to."""


class Targets:
    """Sends a text to the resource behind an ARN."""

    def __init__(self, client: ClientFactory) -> None:
        self._client = client

    def send(self, target: Target, body: str, *, name: str) -> None:
        """Call the target; `name` is what an execution would be called.

        Raises:
            ClientError: the target's service refused.
            UnsupportedTargetError: there is no way to call such a target.
        """
        arn = str(target["Arn"])
        if universal := _UNIVERSAL.fullmatch(arn):
            self._call(universal["service"], universal["action"], body)
            return
        match arn.split(":", 5)[2]:
            case "lambda":
                self._client("lambda").invoke(
                    FunctionName=arn, InvocationType="Event", Payload=body.encode()
                )
            case "states":
                self._client("stepfunctions").start_execution(
                    stateMachineArn=arn, name=name, input=body
                )
            case "sqs":
                self.send_to_queue(arn, body, parameters=target.get("SqsParameters", {}))
            case "sns":
                self._client("sns").publish(TopicArn=arn, Message=body)
            case "events":
                self._put_event(arn, body)
            case "logs":
                self._write_log(arn, body)
            case service:
                raise UnsupportedTargetError(f"{service} is no target here: {arn}")

    def send_to_queue(
        self,
        arn: str,
        body: str,
        *,
        parameters: Mapping[str, str] | None = None,
        attributes: Mapping[str, str] | None = None,
    ) -> None:
        """Put a message into the queue with this ARN; attributes become its string attributes."""
        queues = self._client("sqs")
        account, queue = arn.split(":")[4:6]
        url = queues.get_queue_url(QueueName=queue, QueueOwnerAWSAccountId=account)["QueueUrl"]
        queues.send_message(
            QueueUrl=url,
            MessageBody=body,
            MessageAttributes={
                key: {"DataType": "String", "StringValue": value}
                for key, value in (attributes or {}).items()
            },
            **(parameters or {}),
        )

    def _call(self, service: str, action: str, body: str) -> None:
        client = self._client(_SDK_NAMES.get(service, service))
        operation = re.sub(r"(?<!^)(?=[A-Z])", "_", action).lower()
        getattr(client, operation)(**json.loads(body))

    def _put_event(self, bus_arn: str, body: str) -> None:
        event = json.loads(body)
        self._client("events").put_events(
            Entries=[
                {
                    "EventBusName": bus_arn,
                    "Source": event["source"],
                    "DetailType": event["detail-type"],
                    "Detail": json.dumps(event["detail"]),
                    "Resources": event["resources"],
                }
            ]
        )

    def _write_log(self, arn: str, body: str) -> None:
        logs = self._client("logs")
        group = arn.split(":", 6)[6].removesuffix(":*")
        stream = str(uuid4())
        logs.create_log_stream(logGroupName=group, logStreamName=stream)
        entry = {"timestamp": time.time_ns() // 1_000_000, "message": body}
        logs.put_log_events(logGroupName=group, logStreamName=stream, logEvents=[entry])
