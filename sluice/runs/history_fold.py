"""Folds an execution's events into the visits of its states. Pure.

Events refer to their predecessor (`previousEventId`), which is what tells concurrent branches
apart: each event belongs to the visit of its predecessor unless it opens a new one.
Source: https://docs.aws.amazon.com/step-functions/latest/apireference/API_HistoryEvent.html
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from sluice.runs.history import (
    ABORTED,
    CAUGHT,
    FAILED,
    RUNNING,
    SUCCEEDED,
    WAITING,
    Attempt,
    Event,
    StateVisit,
    event_details,
)

_CONTAINERS = frozenset({"Map", "Parallel"})
_ATTEMPT_STARTS = frozenset({"TaskScheduled", "LambdaFunctionScheduled", "ActivityScheduled"})
_ATTEMPT_BEGINS = frozenset({"TaskStarted", "LambdaFunctionStarted", "ActivityStarted"})
_ATTEMPT_FAILURES = frozenset(
    {
        "TaskFailed",
        "TaskTimedOut",
        "TaskStartFailed",
        "TaskSubmitFailed",
        "LambdaFunctionFailed",
        "LambdaFunctionTimedOut",
        "LambdaFunctionScheduleFailed",
        "LambdaFunctionStartFailed",
        "ActivityFailed",
        "ActivityTimedOut",
        "ActivityScheduleFailed",
        "EvaluationFailed",
    }
)
_CONTAINER_FAILURES = frozenset({"MapStateFailed", "ParallelStateFailed", "MapRunFailed"})
_ENDINGS = {
    "ExecutionFailed": FAILED,
    "ExecutionTimedOut": ABORTED,
    "ExecutionAborted": ABORTED,
}


def visits(events: Iterable[Event]) -> tuple[StateVisit, ...]:
    """The visits in the order in which their states were entered."""
    fold = _Fold()
    for event in events:
        fold.take(event)
    return tuple(visit.freeze() for visit in fold.visits)


@dataclass(eq=False, slots=True, kw_only=True)
class _Open:
    """A visit while it is being read."""

    name: str
    kind: str
    started_at: datetime
    parent: _Open | None
    item: int | None
    status: str = RUNNING
    ended_at: datetime | None = None
    attempts: int = 0
    failing: bool = False
    error: str = ""
    cause: str = ""
    length: int | None = None
    map_run_arn: str | None = None
    input: str = ""
    arguments: str = ""
    output: str = ""
    answers: list[str] = field(default_factory=list)
    tries: list[Attempt] = field(default_factory=list)

    def note(self, **changes: Any) -> None:
        """Say more about the last attempt."""
        if self.tries:
            self.tries[-1] = replace(self.tries[-1], **changes)

    def fail(self, details: Mapping[str, Any]) -> None:
        self.failing = True
        self.error = details.get("error", self.error)
        self.cause = details.get("cause", self.cause)

    def end(self, status: str, at: datetime) -> None:
        self.status, self.ended_at = status, at
        if self.tries and self.tries[-1].ended_at is None:
            self.note(ended_at=at)

    def ancestry(self) -> Iterable[_Open]:
        visit: _Open | None = self
        while visit is not None:
            yield visit
            visit = visit.parent

    def freeze(self) -> StateVisit:
        return StateVisit(
            name=self.name,
            kind=self.kind,
            status=self.status,
            started_at=self.started_at,
            ended_at=self.ended_at,
            attempts=self.attempts,
            error=self.error,
            cause=self.cause,
            depth=sum(1 for _ in self.ancestry()) - 1,
            item=self.item,
            length=self.length,
            map_run_arn=self.map_run_arn,
            input=self.input,
            arguments=self.arguments,
            output=self.output,
            answers=tuple(self.answers),
            tries=tuple(self.tries),
        )


class _Fold:
    """Takes events in order; knows for each the visit and the Map item it belongs to."""

    def __init__(self) -> None:
        self.visits: list[_Open] = []
        self._places: dict[int, tuple[_Open | None, int | None]] = {}

    def take(self, event: Event) -> None:
        visit, item = self._places.get(event.get("previousEventId", 0), (None, None))
        kind, details = event["type"], event_details(event)
        if kind.endswith("StateEntered"):
            visit = self._enter(event, details, visit, item)
        elif kind == "MapIterationStarted":
            visit, item = _climb(visit, details["name"]), details["index"]
        elif kind.endswith("StateExited"):
            visit = _climb(visit, details["name"])
            _exit(visit, event, details)
            item = visit.item if visit else None
        elif kind in _ENDINGS:
            self._end_all(_ENDINGS[kind], event)
        elif kind == "ExecutionRedriven":
            visit = self._reopen() or visit
        elif visit is not None:
            _progress(visit, event, details)
        self._places[event["id"]] = (visit, item)

    def _enter(
        self, event: Event, details: Mapping[str, Any], before: _Open | None, item: int | None
    ) -> _Open:
        inside = before is not None and before.kind in _CONTAINERS and before.ended_at is None
        parent = before if inside else before.parent if before else None
        visit = _Open(
            name=details["name"],
            kind=event["type"].removesuffix("StateEntered"),
            started_at=event["timestamp"],
            parent=parent,
            item=item if parent else None,
            input=details.get("input", ""),
        )
        self.visits.append(visit)
        return visit

    def _end_all(self, status: str, event: Event) -> None:
        for visit in self.visits:
            if visit.ended_at is None:
                blamed = status == FAILED and (visit.failing or visit.kind == "Fail")
                visit.end(FAILED if blamed else ABORTED, event["timestamp"])
        if status == FAILED and self.visits and self.visits[-1].kind == "Fail":
            self.visits[-1].fail(event_details(event))

    def _reopen(self) -> _Open | None:
        """A redrive goes on with what had failed or was cut off."""
        unfinished = [visit for visit in self.visits if visit.status in {FAILED, ABORTED}]
        for visit in unfinished:
            visit.status, visit.ended_at, visit.failing = RUNNING, None, False
        return unfinished[-1] if unfinished else None


def _climb(visit: _Open | None, name: str) -> _Open | None:
    """The nearest visit of that state, from the inside out, that has not ended."""
    around = visit.ancestry() if visit else ()
    return next((each for each in around if each.name == name and each.ended_at is None), visit)


def _exit(visit: _Open | None, event: Event, details: Mapping[str, Any]) -> None:
    if visit is not None:
        visit.output = details.get("output", "")
        visit.end(CAUGHT if visit.failing else SUCCEEDED, event["timestamp"])


def _progress(visit: _Open, event: Event, details: Mapping[str, Any]) -> None:
    kind = event["type"]
    visit.answers += [details[name] for name in ("output", "cause") if details.get(name)]
    if kind == "MapStateStarted":
        visit.length = details["length"]
    elif kind == "MapRunStarted":
        visit.map_run_arn = details["mapRunArn"]
    elif kind in {"MapIterationFailed", "MapIterationAborted"}:
        _end_item(visit, event, FAILED if kind == "MapIterationFailed" else ABORTED)
    elif kind in _CONTAINER_FAILURES:
        _fail_container(visit, event, details)
    else:
        _attempt(visit, event, details)


def _attempt(visit: _Open, event: Event, details: Mapping[str, Any]) -> None:
    kind = event["type"]
    if kind in _ATTEMPT_STARTS:
        visit.attempts += 1
        visit.arguments = details.get("parameters", details.get("input", ""))
        visit.tries.append(Attempt(began_at=event["timestamp"]))
        visit.failing, visit.status = False, RUNNING
    elif kind in _ATTEMPT_BEGINS:
        visit.note(began_at=event["timestamp"])
    elif kind == "TaskSubmitted":
        visit.note(answered_at=event["timestamp"])
        if details["resource"].endswith("waitForTaskToken"):
            visit.status = WAITING
    elif kind == "TaskSucceeded":
        visit.status = RUNNING
        visit.note(ended_at=event["timestamp"])
    elif kind in _ATTEMPT_FAILURES:
        visit.status = RUNNING
        visit.fail(details)
        visit.note(ended_at=event["timestamp"], error=visit.error)


def _end_item(visit: _Open, event: Event, status: str) -> None:
    for each in visit.ancestry():
        if each.kind in _CONTAINERS:
            return
        if each.ended_at is None:
            each.end(status, event["timestamp"])


def _fail_container(visit: _Open, event: Event, details: Mapping[str, Any]) -> None:
    for each in visit.ancestry():
        if each.kind in _CONTAINERS and each.ended_at is None:
            each.fail(details or {"error": visit.error, "cause": visit.cause})
            return
        if each.ended_at is None:
            each.end(FAILED if each.failing else ABORTED, event["timestamp"])
