"""How far executions agree with histories that AWS recorded.

    python -m benchmarks.conformance FILE [--area AREA] [--diff NAME]

FILE holds `{name: {"definition": …, "events": […]}}` with placeholders for values that vary.
Each definition runs with the recorded input, and each task answers what it answered on AWS.
Recordings that can be used are the test snapshots of https://github.com/localstack/localstack.
A case agrees on *path* when event types and state names are the same in order, and on *detail*
when ids, inputs, outputs, errors and causes are too.
"""

from __future__ import annotations

import argparse
import io
import json
import re
import sys
import time
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from localcloud.clock import Clock
from localcloud.stepfunctions import ApiError, LambdaReply, StepFunctions
from localcloud.stepfunctions.definition.resources import Pattern, ResourceKind
from localcloud.stepfunctions.errors import StatesError
from localcloud.stepfunctions.integrations.call import Call
from localcloud.stepfunctions.integrations.perform import perform

Json = Any
Event = dict[str, Json]

PATIENCE_SECONDS = 10.0
STEP_SECONDS = 1.0  # of the executions' clock, whenever they all wait

_PLACEHOLDER = re.compile(r"<[^<>]+>|\b111111111111\b|\blambda_function_name\b")
_VOLATILE = frozenset(
    {
        "RandomNumberGenerated",
        "RequestId",
        "X-Amzn-Trace-Id",
        "date",
        "entered-time",
        "generated-uuid",
        "map_run_arn",
        "snf_role_arn",
        "start-time",
        "timestamp",
        "x-amzn-RequestId",
    }
)
_MEASURES = frozenset({"Content-Length"})  # of texts that hold placeholders
_A_TIME = "2024-01-01T00:00:00"
_TIME = re.compile(r'"(?:date|timestamp|<timestamp>)"')
_REFUSED_VALUE = re.compile(r" == ([^<]+)$")
_SUFFIX = re.compile(r"\[([^\]]*)\]#")
# Differences that stay, and why.
_REASONS = {
    "test_max_concurrency_path_negative": "the recording ends before the execution does",
    "test_lambda_service_invoke_with_retry_extended_input": (
        "recorded before AWS added RedriveCount to the context object"
    ),
}

_IDS = ("id", "previousEventId")
_NOT_RECORDED = frozenset({"ParallelStateSucceeded", "ParallelStateExited"})
_ENDS = re.compile(r"(?:Task|LambdaFunction|Activity)(Succeeded|Failed|TimedOut)$")


def details(event: Event) -> dict[str, Json]:
    """What an event carries besides its type and ids."""
    for key, value in event.items():
        if key.endswith("EventDetails") and isinstance(value, dict):
            return value
    return {}


def as_text(value: Json) -> str:
    """A recorded JSON text, which the recording may hold parsed."""
    if isinstance(value, str):
        return value
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def parsed(value: Json) -> Json:
    """The value of a text that is JSON, else the text."""
    if isinstance(value, str):
        try:
            return json.loads(value)
        except ValueError:
            return value
    return value


def agrees(expected: Json, actual: Json) -> bool:
    """Whether a value is what was recorded, placeholders standing for anything."""
    if isinstance(expected, str):
        return _text_agrees(expected, actual)
    actual = parsed(actual)
    if isinstance(expected, dict) and isinstance(actual, dict):
        return expected.keys() == actual.keys() and all(
            key in _MEASURES or agrees(value, actual[key]) for key, value in expected.items()
        )
    if isinstance(expected, list) and isinstance(actual, list):
        return len(expected) == len(actual) and all(map(agrees, expected, actual))
    return type(expected) is type(actual) and expected == actual


def _text_agrees(expected: str, actual: Json) -> bool:
    if expected in _VOLATILE or expected == actual:
        return True
    value = parsed(expected)
    if not isinstance(value, str):
        return agrees(value, actual)
    if not isinstance(actual, str):
        return _PLACEHOLDER.fullmatch(expected) is not None
    if value != expected:
        return agrees(value, parsed(actual))
    pieces = (re.escape(piece) for piece in _PLACEHOLDER.split(expected))
    return re.fullmatch(".*?".join(pieces), actual, re.DOTALL) is not None


@dataclass(frozen=True, slots=True)
class Case:
    """A definition and what AWS recorded of its execution."""

    name: str
    definition: Json
    events: list[Event]

    @property
    def area(self) -> str:
        """The folder of the recorded test."""
        parts = self.name.split("::")[0].split("/")
        return parts[-2] if parts[-2] != "v2" else "api"

    @property
    def short_name(self) -> str:
        """The test's own name."""
        return self.name.split("::")[-1].split("#")[0]

    @property
    def concurrent(self) -> bool:
        """Whether the recording hides the ids, and thereby the order, of concurrent branches."""
        return any(not isinstance(event["id"], int) for event in self.events)

    @property
    def backwards(self) -> bool:
        """Whether the history was asked for in reverse order."""
        first: str = self.events[0]["type"]
        return first != "ExecutionStarted"

    def input(self) -> str:
        """The execution's input; placeholders of times become the times that AWS was given."""
        started = self.events[-1 if self.backwards else 0]
        text = as_text(details(started).get("input", {}))
        return _TIME.sub(json.dumps(self._time()), text)

    def _time(self) -> str:
        for event in self.events:
            refused = _REFUSED_VALUE.search(as_text(details(event).get("cause", "")))
            if refused is not None:
                return refused[1]
        suffix = _SUFFIX.search(self.name)
        return _A_TIME + (suffix[1] if suffix and not suffix[1].isalpha() else "Z")

    def task_ends(self) -> Iterator[Event]:
        """The events that end a task, in order."""
        return (event for event in self.events if _ENDS.search(event["type"]))

    def files(self) -> Iterator[Json]:
        """Documents that ItemReaders may have read: the outputs of distributed Maps, in order."""
        distributed = any(event["type"] == "MapRunStarted" for event in self.events)
        for event in self.events:
            if distributed and event["type"] == "MapStateExited":
                yield parsed(details(event)["output"])


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
        told = details(event)
        if event["type"].endswith("Succeeded"):
            return parsed(told.get("output"))
        if event["type"].endswith("TimedOut"):
            await call.pause(1e9)
        cause = told.get("cause")
        raise StatesError(told.get("error"), None if cause is None else as_text(cause))


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
        payload = output if resource.kind is ResourceKind.LAMBDA else output["Payload"]
        return _replied(json.dumps(payload))
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
    try:
        return _run(sfn, clock, case)
    finally:
        sfn.close()
        clock.close()


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


@dataclass(frozen=True, slots=True)
class Verdict:
    """How a case compares; `differences` is empty when it agrees."""

    case: Case
    path: bool
    differences: list[str]


def _step(event: Event) -> tuple[str, str]:
    told = details(event)
    name = told.get("name", "")
    return event["type"], name if isinstance(name, str) else ""


def _comparable(case: Case, actual: list[Event]) -> tuple[list[Event], list[Event]]:
    """Both histories; those of concurrent branches by kind, without what recordings leave out."""
    if not case.concurrent:
        return case.events, actual
    recorded = {_step(event) for event in case.events}
    kept = [e for e in actual if e["type"] not in _NOT_RECORDED or _step(e) in recorded]
    return sorted(case.events, key=_step), sorted(kept, key=_step)


def compare(case: Case) -> Verdict:
    """Run a case and compare its history with the recorded one."""
    try:
        actual = replay(case)
    except (ApiError, StatesError) as error:
        return Verdict(case, False, [f"refused: {error}"])
    recorded, actual = _comparable(case, actual)
    if [*map(_step, recorded)] != [*map(_step, actual)]:
        return Verdict(case, False, list(_path_difference(recorded, actual)))
    pairs = zip(recorded, actual, strict=True)
    return Verdict(case, True, [line for pair in pairs for line in _event_difference(*pair)])


def _path_difference(recorded: list[Event], actual: list[Event]) -> Iterator[str]:
    for position in range(max(len(recorded), len(actual))):
        ours = actual[position] if position < len(actual) else None
        theirs = recorded[position] if position < len(recorded) else None
        if ours is None or theirs is None or _step(ours) != _step(theirs):
            yield f"event {position + 1}: AWS {_shown(theirs)}"
            yield f"event {position + 1}: here {_shown(ours)}"
            return


def _shown(event: Event | None) -> str:
    if event is None:
        return "has none"
    told = {key: value for key, value in event.items() if key != "timestamp"}
    return json.dumps(told, ensure_ascii=False, default=str)[:1500]


def _event_difference(theirs: Event, ours: Event) -> Iterator[str]:
    hidden = {"timestamp"} if isinstance(theirs["id"], int) else {"timestamp", *_IDS}
    if theirs["type"] == "MapStateExited":
        hidden.add("previousEventId")  # varies on AWS: the start of the Map's run, or its end
    for key in sorted((theirs.keys() | ours.keys()) - hidden):
        if not agrees(theirs.get(key), ours.get(key)):
            where = f"event {theirs['id']} {theirs['type']} {key}"
            yield f"{where}: AWS {json.dumps(theirs.get(key), ensure_ascii=False)[:1500]}"
            yield f"{where}: here {json.dumps(ours.get(key), ensure_ascii=False)[:1500]}"


def load(path: Path) -> list[Case]:
    """The cases of a file."""
    recorded = json.loads(path.read_text(encoding="utf-8"))
    return [Case(name, case["definition"], case["events"]) for name, case in recorded.items()]


def report(verdicts: list[Verdict]) -> None:
    """Print agreement by area, and each case that differs with its first difference."""
    areas: dict[str, list[Verdict]] = defaultdict(list)
    for verdict in verdicts:
        areas[verdict.case.area].append(verdict)
    print(f"{'area':32} {'cases':>5} {'path':>5} {'detail':>6}")
    for area, found in [*sorted(areas.items()), ("all", verdicts)]:
        paths = sum(verdict.path for verdict in found)
        exact = sum(not verdict.differences for verdict in found)
        print(f"{area:32} {len(found):5} {paths:5} {exact:6}")
    total = max(len(verdicts), 1)
    print(f"path {sum(v.path for v in verdicts) / total:.1%}", end=", ")
    print(f"detail {sum(not v.differences for v in verdicts) / total:.1%}")
    for verdict in verdicts:
        if verdict.differences:
            reason = _REASONS.get(verdict.case.short_name, verdict.differences[0][:160])
            print(f"- {verdict.case.short_name}: {reason}")


def main(arguments: list[str] | None = None) -> int:
    """Score a file; 0 when every case agrees."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.conformance")
    parser.add_argument("file", type=Path)
    parser.add_argument("--area", help="only the cases of one area")
    parser.add_argument("--diff", help="all differences of the cases whose name contains this")
    options = parser.parse_args(arguments)
    cases = load(options.file)
    if options.area:
        cases = [case for case in cases if case.area == options.area]
    if options.diff:
        cases = [case for case in cases if options.diff in case.name]
    verdicts = [compare(case) for case in cases]
    if options.diff:
        for verdict in verdicts:
            print(verdict.case.short_name, "agrees" if not verdict.differences else "differs")
            print("\n".join(verdict.differences))
    else:
        report(verdicts)
    return int(any(verdict.differences for verdict in verdicts))


if __name__ == "__main__":
    sys.exit(main())
