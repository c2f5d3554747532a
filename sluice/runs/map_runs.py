"""The child executions of a Distributed Map: their events, and why one of them failed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import islice

from sluice.runs.follow import newer_events
from sluice.runs.history import CAUGHT, FAILED, Event, StateVisit
from sluice.runs.history_fold import visits
from sluice.runs.run_reader import MOST_LISTED, Execution
from sluice.stack.cloud import Cloud

# A history costs a call or more: of a larger Map, a part must do.
MAX_CHILDREN = 200


def run_events(cloud: Cloud, execution_arn: str) -> list[Event]:
    """The events (with data) of an execution and, after them, of its Maps' child executions."""
    events = newer_events(cloud, execution_arn, after=0, with_data=True)
    inner = [
        event
        for visit in visits(events)
        if visit.map_run_arn
        for child in islice(children(cloud, visit.map_run_arn), MAX_CHILDREN)
        for event in newer_events(cloud, child["executionArn"], after=0, with_data=True)
    ]
    return events + inner


def explained(cloud: Cloud, visit: StateVisit) -> StateVisit:
    """A visit; of a Distributed Map that failed, with what its first failed child said."""
    if visit.map_run_arn is None or visit.status not in {FAILED, CAUGHT}:
        return visit
    failed = next(children(cloud, visit.map_run_arn, status="FAILED"), None)
    if failed is None:
        return visit
    child = cloud.states.describe_execution(executionArn=failed["executionArn"])
    return replace(visit, cause=child.get("cause", visit.cause), error=child.get("error", ""))


def children(cloud: Cloud, map_run_arn: str, *, status: str = "") -> Iterator[Execution]:
    """The child executions as Step Functions lists them, the newest first."""
    more = {"statusFilter": status} if status else {}
    pages = cloud.states.get_paginator("list_executions").paginate(
        mapRunArn=map_run_arn,
        PaginationConfig={"PageSize": MOST_LISTED},
        **more,  # type: ignore[arg-type]
    )
    return (child for page in pages for child in page["executions"])
