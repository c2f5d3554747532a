"""How far executions agree with histories that AWS recorded.

    python -m benchmarks.conformance FILE [--area AREA] [--diff NAME]

FILE holds `{name: {"definition": …, "events": […]}}` with placeholders for values that vary.
Each definition runs with the recorded input, and each task answers what it answered on AWS.
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
from localcloud.stepfunctions.errors import StatesError
from localcloud.stepfunctions.integrations.call import Call

Json = Any
Event = dict[str, Json]

PATIENCE_SECONDS = 10.0
STEP_SECONDS = 1.0  # of the executions' clock, whenever they all wait

_PLACEHOLDER = re.compile(r"<[^<>]+>|\b111111111111\b")
_VOLATILE = frozenset(
    {"date", "RandomNumberGenerated", "X-Amzn-Trace-Id", "snf_role_arn", "lambda_function_name"}
)
_SUFFIX = re.compile(r"\[([^\]]*)\]#")
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
            agrees(value, actual[key]) for key, value in expected.items()
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

    def input(self) -> str:
        """The execution's input; placeholders of times become times."""
        text = as_text(details(self.events[0]).get("input", {}))
        suffix = _SUFFIX.search(self.name)
        return text.replace("<timestamp>", "2024-01-01T00:00:00" + (suffix[1] if suffix else "Z"))

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

    def get_object(self, **request: str) -> dict[str, Json]:
        """The file, in the format that its key names."""
        items = self._files[0] if self._files else []
        if request["Key"].endswith(".csv"):
            rows = [list(items[0]), *(list(item.values()) for item in items)] if items else []
            text = "\n".join(",".join(f'"{cell}"' for cell in row) for row in rows)
        else:
            text = json.dumps(items)
        return {"Body": io.BytesIO(text.encode()), "ContentLength": len(text)}


def replay(case: Case) -> list[Event]:
    """The history of the case's execution here."""
    clock = Clock()
    sfn = StepFunctions(
        clock,
        account="111111111111",
        region="us-east-1",
        invoke_lambda=_no_lambda,
        client=lambda _service: RecordedStorage(case),
    )
    ends = case.task_ends()

    async def answer(call: Call) -> Json:
        event = next(ends, None)
        if event is None:
            raise StatesError("Replay.NothingRecorded", "AWS did not run this task")
        return await _answer(call, event, case.events)

    sfn.runtime.perform = answer
    try:
        return _run(sfn, clock, case)
    finally:
        sfn.close()
        clock.close()


async def _answer(call: Call, event: Event, events: list[Event]) -> Json:
    """What the task gave, failed with, or (it timed out) never gave."""
    for before in events:
        if before["type"] == "TaskSubmitted" and before["id"] == event["previousEventId"]:
            call.log.submitted(parsed(details(before)["output"]))
    told = details(event)
    if event["type"].endswith("Succeeded"):
        return parsed(told.get("output"))
    if event["type"].endswith("TimedOut"):
        await call.pause(1e9)
    cause = told.get("cause")
    raise StatesError(told.get("error"), None if cause is None else as_text(cause))


def _no_lambda(name: str, _payload: bytes) -> LambdaReply:
    raise LookupError(name)


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
    history: list[Event] = sfn.call("GetExecutionHistory", {"executionArn": arn})["events"]
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


def compare(case: Case) -> Verdict:
    """Run a case and compare its history with the recorded one."""
    try:
        actual = replay(case)
    except (ApiError, StatesError) as error:
        return Verdict(case, False, [f"refused: {error}"])
    recorded = case.events
    if any(not isinstance(event["id"], int) for event in recorded):
        recorded, actual = sorted(recorded, key=_step), sorted(actual, key=_step)
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
    for key in sorted((theirs.keys() | ours.keys()) - {"timestamp"}):
        hidden = key in {"id", "previousEventId"} and not isinstance(theirs["id"], int)
        if not hidden and not agrees(theirs.get(key), ours.get(key)):
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
            print(f"- {verdict.case.short_name}: {verdict.differences[0][:160]}")


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
