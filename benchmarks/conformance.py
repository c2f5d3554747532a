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
import json
import sys
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from benchmarks.recordings import Case, Event, agrees, details, load
from benchmarks.replay import replay
from localcloud.stepfunctions import ApiError
from localcloud.stepfunctions.errors import StatesError

# Differences that stay, and why.
_REASONS = {
    "test_max_concurrency_path_negative": "the recording ends before the execution does",
    "test_lambda_service_invoke_with_retry_extended_input": (
        "recorded before AWS added RedriveCount to the context object"
    ),
    "test_lambda_invoke_with_retry_extended_input": (
        "recorded before AWS added RedriveCount to the context object"
    ),
    "test_stop_execution": "nobody stops it here",
    "test_sync_with_task_token": "nobody answers the token here",
}

_IDS = ("id", "previousEventId")
_NOT_RECORDED = frozenset({"ParallelStateSucceeded", "ParallelStateExited"})


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
