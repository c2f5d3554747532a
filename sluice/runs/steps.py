"""One step of a run in full: what it was given and gave, its error, its log lines, its parts.

Whatever is shown has its task tokens and secrets taken out: who reads a step decides nothing by it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any

from pipeline.runs import cause
from sluice.runs.follow import past_visits
from sluice.runs.history import StateVisit
from sluice.runs.logs import LogLine, find_lines, ids_in
from sluice.runs.map_runs import MAX_CHILDREN, children, explained
from sluice.runs.run import Run
from sluice.runs.traced_calls import TracedCalls, traced_calls
from sluice.runs.tracing import Span, spans_of, state_span
from sluice.stack import control
from sluice.stack.cloud import Cloud
from sluice.terminal.exits import NotFoundError

Targets = Mapping[str, tuple[str, str]]
"""The service and the resource that each state asks, by the state's name."""
_SECRET = re.compile(r"token|secret", re.IGNORECASE)
REDACTED = "(redacted)"
_MAX_CHARACTERS = 20_000
_MAX_LINES = 200
_ITEMS = {
    "total": "in all",
    "pending": "pending",
    "running": "running",
    "succeeded": "succeeded",
    "failed": "failed",
    "timedOut": "timed out",
    "aborted": "aborted",
}
"""What Step Functions counts of a Map Run's items, and the words for it."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Text:
    """A title and what stands below it, legible and without secrets."""

    title: str
    text: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Parts:
    """A Distributed Map: its items by status, its children, what was loaded by part."""

    items: Mapping[str, int]
    children: tuple[Span, ...]
    """The newest first."""
    loads: Mapping[int, Mapping[str, int]]


@dataclass(frozen=True, kw_only=True, slots=True)
class Step:
    """A visit of a state, or a child execution (then `visit` is None), with all it says."""

    name: str
    status: str
    visit: StateVisit | None
    cause: str
    details: tuple[str, ...]
    """Everything that the cause says, stack traces included."""
    texts: tuple[Text, ...]
    lines: tuple[LogLine, ...]
    spans: tuple[Span, ...]
    """What it consists of, and how long each took."""
    within: tuple[TracedCalls, ...]
    """What its functions asked of AWS, of invocations that X-Ray kept."""
    parts: Parts | None


def read_step(cloud: Cloud, run: Run, index: int, targets: Targets, now: datetime) -> Step:
    """A visit by its number in the order in which states were entered.

    Raises:
        NotFoundError: the run has not come so far.
    """
    visits = past_visits(cloud, run.execution_arn, with_data=True)
    if not 0 <= index < len(visits):
        raise NotFoundError(f"{run.run_id} has no step {index}")
    visit, end = explained(cloud, visits[index]), visits[index].ended_at or now
    ids, jobs = ids_in(visit.answers)
    lines = find_lines(cloud, ids, jobs, visit.started_at, end) if ids or jobs else []
    return Step(
        name=visit.label,
        status=visit.status,
        visit=visit,
        cause=cause.sentence(visit.error, visit.cause),
        details=tuple(cause.lines(visit.cause)),
        texts=_texts(input=visit.input, arguments=visit.arguments, output=visit.output),
        lines=_shown(lines),
        spans=tuple(spans_of(visits, index, targets)),
        within=_within(cloud, run, _functions([visit], targets), visit.started_at, end),
        parts=_parts(cloud, run, visit.map_run_arn) if visit.map_run_arn else None,
    )


def read_part(  # noqa: PLR0917  a part of a step of a run, as its page shows it now
    cloud: Cloud, run: Run, step: Step, name: str, targets: Targets, now: datetime
) -> Step:
    """A child execution of a step that is a Distributed Map.

    Raises:
        NotFoundError: the step has no such child.
    """
    arn = _child_arn(cloud, step, name)
    try:
        child = cloud.states.describe_execution(executionArn=arn)
    except cloud.states.exceptions.ExecutionDoesNotExist:
        raise NotFoundError(f"{step.name} has no part {name}") from None
    visits = past_visits(cloud, arn, with_data=True)
    ids, jobs = ids_in(answer for visit in visits for answer in visit.answers)
    end = child.get("stopDate") or now
    lines = find_lines(cloud, ids, jobs, child["startDate"], end) if ids or jobs else []
    return Step(
        name=f"{step.name}: part {name}",
        status=child["status"],
        visit=None,
        cause=cause.sentence(child.get("error", ""), child.get("cause", "")),
        details=tuple(cause.lines(child.get("cause", ""))),
        texts=_texts(input=child.get("input", ""), output=child.get("output", "")),
        lines=_shown(lines),
        spans=tuple(map(state_span, visits)),
        within=_within(cloud, run, _functions(visits, targets), child["startDate"], end),
        parts=None,
    )


def redacted(text: str) -> str:
    r"""JSON laid out for people, with a remark in place of each token and secret.

    >>> print(redacted('{"a": 1, "task_token": "AQC"}'))
    {
      "a": 1,
      "task_token": "(redacted)"
    }
    >>> redacted("no JSON")
    'no JSON'
    """
    try:
        shown = json.dumps(_without_secrets(json.loads(text)), indent=2, ensure_ascii=False)
    except (ValueError, RecursionError):
        shown = text
    if len(shown) <= _MAX_CHARACTERS:
        return shown
    return f"{shown[:_MAX_CHARACTERS]}\n… and {len(shown) - _MAX_CHARACTERS:,} more characters"


def _without_secrets(value: Any) -> Any:
    match value:
        case dict():
            return {
                name: REDACTED if _SECRET.search(name) else _without_secrets(inner)
                for name, inner in value.items()
            }
        case list():
            return [_without_secrets(inner) for inner in value]
        case _:
            return value


def _shown(lines: Iterable[LogLine]) -> tuple[LogLine, ...]:
    """What functions and jobs said; not Lambda's own lines about start and end."""
    said = (line for line in lines if not line.is_platform)
    return tuple(islice(said, _MAX_LINES))


def _functions(visits: Iterable[StateVisit], targets: Targets) -> frozenset[str]:
    """The functions that states call, by their names."""
    called = (targets[visit.name] for visit in visits if visit.name in targets)
    return frozenset(name for service, name in called if service == "lambda")


def _within(
    cloud: Cloud, run: Run, functions: Collection[str], began: datetime, ended: datetime
) -> tuple[TracedCalls, ...]:
    """What these functions asked of AWS for a run in this time, the slowest first."""
    if not functions:
        return ()
    found = traced_calls(cloud, run.run_id, began, ended)
    return tuple(call for call in found if call.function in functions)


def _texts(**texts: str) -> tuple[Text, ...]:
    return tuple(
        Text(title=title.capitalize(), text=redacted(text)) for title, text in texts.items() if text
    )


def _parts(cloud: Cloud, run: Run, map_run_arn: str) -> Parts:
    items: Mapping[str, Any] = cloud.states.describe_map_run(mapRunArn=map_run_arn)["itemCounts"]
    spans = (
        Span(
            name=child["name"],
            status=child["status"],
            began_at=child["startDate"],
            ended_at=child.get("stopDate"),
        )
        for child in children(cloud, map_run_arn)
    )
    return Parts(
        items={words: items[name] for name, words in _ITEMS.items() if items.get(name)},
        children=tuple(islice(spans, MAX_CHILDREN)),
        loads=control.part_counts(cloud, run.run_id),
    )


def _child_arn(cloud: Cloud, step: Step, name: str) -> str:
    """Of a child by its name, as the Map Run lists it."""
    arn = step.visit.map_run_arn if step.visit else None
    listed = children(cloud, arn) if arn else iter(())
    arns = (child["executionArn"] for child in listed if child["name"] == name)
    found: str | None = next(arns, None)
    if found is None:
        raise NotFoundError(f"{step.name} has no part {name}")
    return found
