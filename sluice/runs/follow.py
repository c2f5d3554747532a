"""Follow an execution to its end, or to the point where a person is asked."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from sluice.runs.history import WAITING, Event, StateVisit
from sluice.runs.history_fold import visits
from sluice.stack.cloud import Cloud
from sluice.terminal.exits import NotFoundError

Pause = Callable[[float], None]
Visits = tuple[StateVisit, ...]

# Events of one page of the newest ones; a run of few files has fewer than that between two looks.
_PAGE = 100
_ENDINGS = frozenset(
    {"ExecutionSucceeded", "ExecutionFailed", "ExecutionTimedOut", "ExecutionAborted"}
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Snapshot:
    """An execution at one moment."""

    visits: Visits
    over: bool

    @property
    def waits_for_person(self) -> bool:
        """Whether some state waits for its task token to come back."""
        return any(visit.status == WAITING for visit in self.visits)


def follow(cloud: Cloud, execution_arn: str, pause: Pause) -> Iterator[Snapshot]:
    """A snapshot at each look; the last one shows the execution ended."""
    events: list[Event] = []
    snapshot = Snapshot(visits=(), over=False)
    while not snapshot.over:
        if fresh := newer_events(cloud, execution_arn, after=events[-1]["id"] if events else 0):
            events.extend(fresh)
            snapshot = Snapshot(visits=visits(events), over=events[-1]["type"] in _ENDINGS)
        yield snapshot
        if not snapshot.over:
            pause(cloud.poll_seconds)


def past_visits(cloud: Cloud, execution_arn: str, *, with_data: bool = False) -> Visits:
    """The visits of an execution up to now.

    Raises:
        NotFoundError: Step Functions has forgotten the execution.
    """
    return visits(newer_events(cloud, execution_arn, after=0, with_data=with_data))


def newer_events(
    cloud: Cloud, execution_arn: str, *, after: int, with_data: bool = False
) -> list[Event]:
    """The events with an id above `after`, oldest first; reads no older page than it needs.

    Raises:
        NotFoundError: Step Functions has forgotten the execution.
    """
    try:
        return _newer_events(cloud, execution_arn, after, with_data=with_data)
    except cloud.states.exceptions.ExecutionDoesNotExist:
        run_id = execution_arn.rpartition(":")[2]
        raise NotFoundError(
            f"the history of {run_id} is gone: Step Functions keeps it for 90 days after the end; "
            f"`sluice show {run_id}` tells what is recorded"
        ) from None


def _newer_events(cloud: Cloud, execution_arn: str, after: int, *, with_data: bool) -> list[Event]:
    fresh: list[Event] = []
    pages = cloud.states.get_paginator("get_execution_history").paginate(
        executionArn=execution_arn,
        reverseOrder=True,
        includeExecutionData=with_data,
        PaginationConfig={"PageSize": _PAGE},
    )
    for page in pages:
        newer = [event for event in page["events"] if event["id"] > after]
        fresh.extend(newer)
        if len(newer) < len(page["events"]):
            break
    fresh.reverse()
    return fresh
