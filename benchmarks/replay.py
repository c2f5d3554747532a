"""Runs a recorded execution again: its tasks and files answer what they answered on AWS."""

from __future__ import annotations

import io
import json
import re
import time
from datetime import UTC, datetime

from benchmarks.recordings import Case, Event, Json, as_text, details, parsed
from localcloud.clock import Clock
from localcloud.stepfunctions import LambdaReply, StepFunctions
from localcloud.stepfunctions.definition.resources import Pattern, ResourceKind
from localcloud.stepfunctions.engine.call import Call
from localcloud.stepfunctions.errors import StatesError
from localcloud.stepfunctions.integrations.perform import perform

PATIENCE_SECONDS = 10.0
STEP_SECONDS = 1.0  # of the executions' clock, whenever they all wait


class RecordedStorage:
    """An S3 client that has exactly the file that the recorded execution must have read."""

    def __init__(self, case: Case) -> None:
        self._files = list(case.files())
        self._has_header = '"GIVEN"' not in json.dumps(case.definition)

    def get_object(self, **request: str) -> dict[str, Json]:
        """The file, in the format that its key names."""
        items = self._files[0] if self._files else []
        if request["Key"].endswith(".csv"):
            header = [list(items[0])] if items and self._has_header else []
            rows = [*header, *(list(item.values()) for item in items)]
            text = "\n".join(",".join(f'"{cell}"' for cell in row) for row in rows)
        else:
            text = json.dumps(items)
        return {"Body": io.BytesIO(text.encode()), "ContentLength": len(text)}

    def put_object(self, **request: Json) -> dict[str, Json]:
        """Take a file that the execution writes."""
        return {"ETag": str(len(request["Body"]))}

    def get_paginator(self, _operation: str) -> RecordedStorage:
        """The one operation that comes in pages: this storage lists its objects itself."""
        return self

    def paginate(self, **_request: str) -> list[Json]:
        """One page with the objects that the execution found."""
        found = [
            {
                "Key": item["Key"],
                "ETag": item["Etag"],
                "Size": item["Size"],
                "StorageClass": item["StorageClass"],
                "LastModified": datetime.now(tz=UTC),
            }
            for item in (self._files[0] if self._files else [])
        ]
        return [{"Contents": found}]


class RecordedTasks:
    """Answers tasks as AWS recorded it, one after another.

    Functions are answered through the Lambda integration itself, other services in its place.
    """

    def __init__(self, case: Case) -> None:
        self._events = case.events
        self._ends = case.task_ends()
        self._reply: LambdaReply | None = None

    async def perform(self, call: Call) -> Json:
        """The result of a task."""
        event = next(self._ends, None)
        if event is None:  # in a child execution, whose history is not recorded
            return call.arguments
        self._reply = _lambda_reply(call, event)
        if self._reply is not None:
            return await perform(call)
        return await self._answer(call, event)

    def invoke(self, _name: str, _payload: bytes) -> LambdaReply:
        """What the function of the task under way replied."""
        assert self._reply is not None
        return self._reply

    async def _answer(self, call: Call, event: Event) -> Json:
        """What the task gave, failed with, or (it timed out) never gave."""
        for before in self._events:
            if before["type"] == "TaskSubmitted" and before["id"] == event["previousEventId"]:
                call.log.submitted(parsed(details(before)["output"]))
        if call.resource.kind is ResourceKind.ACTIVITY:
            self._start_activity(call, event)
        told = details(event)
        if event["type"].endswith("Succeeded"):
            return parsed(told.get("output"))
        if event["type"].endswith("TimedOut"):
            call.patience.beat()
            await call.pause(1e9)
        cause = told.get("cause")
        raise StatesError(told.get("error"), None if cause is None else as_text(cause))

    def _start_activity(self, call: Call, end: Event) -> None:
        """A worker takes the task, if one did before its recorded end."""
        for event in self._events:
            if event["type"] == "ActivityStarted" and event["id"] == end["previousEventId"]:
                call.log.started(details(event).get("workerName"))


def _lambda_reply(call: Call, event: Event) -> LambdaReply | None:
    """The function's reply behind a recorded end; None when no function replied."""
    resource = call.resource
    is_function = resource.kind is ResourceKind.LAMBDA or (
        resource.service == "lambda" and resource.pattern is Pattern.REQUEST_RESPONSE
    )
    told = details(event)
    if not is_function or event["type"].endswith("TimedOut"):
        return None
    if event["type"].endswith("Succeeded"):
        output = parsed(told.get("output"))
        if resource.kind is ResourceKind.LAMBDA:
            return _replied(json.dumps(output))
        told_payload = isinstance(output, dict) and "Payload" in output
        return _replied(json.dumps(output["Payload"])) if told_payload else None
    error = parsed(told.get("cause"))
    if isinstance(error, dict) and error.get("errorType") == told.get("error"):
        return _replied(as_text(error), "Unhandled")
    return None


def _replied(payload: str, function_error: str | None = None) -> LambdaReply:
    return LambdaReply(
        payload=payload.encode(), function_error=function_error, executed_version="$LATEST"
    )


def replay(case: Case) -> list[Event]:
    """The history of the case's execution here."""
    clock = Clock()
    tasks = RecordedTasks(case)
    sfn = StepFunctions(
        clock,
        account="111111111111",
        region="us-east-1",
        invoke_lambda=tasks.invoke,
        client=lambda _service: RecordedStorage(case),
    )
    sfn.runtime.perform = tasks.perform
    for name in _activities(case):
        sfn.call("CreateActivity", {"name": name})
    try:
        return _run(sfn, clock, case)
    finally:
        sfn.close()
        clock.close()


def _activities(case: Case) -> set[str]:
    """The activities of the case's tasks that there were when it was recorded."""
    if not any(event["type"].startswith("Activity") for event in case.events):
        return set()
    return set(re.findall(r":activity:([\w-]+)", json.dumps(case.definition)))


def _run(sfn: StepFunctions, clock: Clock, case: Case) -> list[Event]:
    machine = sfn.call(
        "CreateStateMachine",
        {
            "name": "machine",
            "definition": json.dumps(case.definition),
            "roleArn": "arn:aws:iam::111111111111:role/role",
        },
    )["stateMachineArn"]
    arn = sfn.call("StartExecution", {"stateMachineArn": machine, "input": case.input()})[
        "executionArn"
    ]
    deadline = time.monotonic() + PATIENCE_SECONDS
    while sfn.call("DescribeExecution", {"executionArn": arn})["status"] == "RUNNING":
        if time.monotonic() > deadline:
            break
        clock.advance(STEP_SECONDS)
        time.sleep(0.001)
    history: list[Event] = sfn.call(
        "GetExecutionHistory", {"executionArn": arn, "reverseOrder": case.backwards}
    )["events"]
    return history
