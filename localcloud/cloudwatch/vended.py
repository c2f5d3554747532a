"""The metrics that services report by themselves, those that this project's alarms look at.

Sources: https://docs.aws.amazon.com/lambda/latest/dg/monitoring-metrics-types.html
and https://docs.aws.amazon.com/step-functions/latest/dg/procedure-cw-metrics.html
and https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-available-cloudwatch-metrics.html
and https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-metrics.html
and https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-metrics-and-dimensions.html
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from moto.sqs.models import sqs_backends

from localcloud.cloudwatch.datapoint import Datapoint, Series, Summary

Keep = Callable[[Iterable[Datapoint]], None]

_EXECUTIONS = {
    "RUNNING": "ExecutionsStarted",
    "SUCCEEDED": "ExecutionsSucceeded",
    "FAILED": "ExecutionsFailed",
    "TIMED_OUT": "ExecutionsTimedOut",
    "ABORTED": "ExecutionsAborted",
}


class Vended:
    """Counts what services do, as they do it."""

    def __init__(self, keep: Keep, *, now: Callable[[], float], account: str, region: str) -> None:
        self._keep = keep
        self._now = now
        self._account = account
        self._region = region

    def invoked(self, function: str, *, duration_ms: float, failed: bool) -> None:
        """A function has answered, or has not: for itself, and for the whole region."""
        counted = {"Invocations": 1.0, "Errors": float(failed), "Throttles": 0.0}
        self._of_function(function, counted, "Count")
        self._of_function(function, {"Duration": duration_ms}, "Milliseconds")

    def throttled(self, function: str) -> None:
        """A function was not run, as too many of it were under way."""
        self._of_function(function, {"Throttles": 1.0}, "Count")

    def _of_function(self, function: str, values: Mapping[str, float], unit: str) -> None:
        for dimensions in ({"FunctionName": function}, {}):
            self._count("AWS/Lambda", dimensions, values, unit)

    def execution(self, detail: Mapping[str, Any]) -> None:
        """An execution has begun or ended."""
        dimensions = {"StateMachineArn": str(detail["stateMachineArn"])}
        redriven = detail["status"] == "RUNNING" and detail["redriveCount"]
        name = "ExecutionsRedriven" if redriven else _EXECUTIONS[detail["status"]]
        self._count("AWS/States", dimensions, {name: 1.0}, "Count")
        if detail.get("stopDate") is not None:
            took = float(detail["stopDate"] - detail["startDate"])
            self._count("AWS/States", dimensions, {"ExecutionTime": took}, "Milliseconds")

    def answered(self, api_id: str, *, status: int, duration_ms: float) -> None:
        """An HTTP API has answered."""
        self._of_api({"ApiId": api_id}, ("4xx", "5xx"), status, duration_ms)

    def rest_answered(self, name: str, *, status: int, duration_ms: float) -> None:
        """A REST API, which counts under its name, has answered."""
        self._of_api({"ApiName": name}, ("4XXError", "5XXError"), status, duration_ms)

    def _of_api(
        self, api: Mapping[str, str], names: tuple[str, str], status: int, duration_ms: float
    ) -> None:
        errors = dict(zip(names, (float(status // 100 == each) for each in (4, 5)), strict=True))
        self._count("AWS/ApiGateway", api, {"Count": 1.0} | errors, "Count")
        self._count("AWS/ApiGateway", api, {"Latency": duration_ms}, "Milliseconds")

    def matched(self, rule: str) -> None:
        """A rule of EventBridge has matched an event."""
        self._count("AWS/Events", {"RuleName": rule}, {"TriggeredRules": 1.0}, "Count")

    def queues(self) -> None:
        """How full the queues are now."""
        for name, queue in list(sqs_backends[self._account][self._region].queues.items()):
            values = {
                "ApproximateNumberOfMessagesVisible": float(queue.approximate_number_of_messages),
                "ApproximateAgeOfOldestMessage": max(self._ages(queue), default=0.0),
            }
            self._count("AWS/SQS", {"QueueName": name}, values, "None")

    def _ages(self, queue: Any) -> Iterator[float]:
        for message in list(queue._messages):  # noqa: SLF001
            yield max(0.0, self._now() - float(message.sent_timestamp) / 1_000)

    def _count(
        self, namespace: str, dimensions: Mapping[str, str], values: Mapping[str, float], unit: str
    ) -> None:
        at = self._now()
        self._keep(
            Datapoint(Series.of(namespace, name, dimensions), at, Summary.of(value), unit)
            for name, value in values.items()
        )
