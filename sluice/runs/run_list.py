"""Runs by status, dataset, file and time, newest first, a page at a time.

The control table's `RunIndex` holds the runs of each status by the time of their start. Its
partitions are read only as far as a page needs them, and merged; nothing is scanned.
A page begins after a place, a run's start and id: links to pages stay true as runs come.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from itertools import chain, groupby, islice
from typing import Any, NamedTuple, Self

from pipeline.runs.identity import slug
from sluice.runs.run import FAILED, RUNNING, STATUSES, WAITING, Run
from sluice.runs.run_reader import going_executions, recorded_run
from sluice.stack import control
from sluice.stack.cloud import Cloud

_LATEST = "9999"
_FIRST_LIMIT, _GROWTH, _LAST_LIMIT = 52, 5, 5_000
"""Entries of an index that a request looks at."""


class Place(NamedTuple):
    """Where a run stands among all others."""

    started_at: str
    run_id: str

    @classmethod
    def parse(cls, text: str) -> Self | None:
        """Read what `str` writes; None for anything else.

        >>> Place.parse("2026-01-31T08:00:00.000Z~orders-a-0123")
        Place(started_at='2026-01-31T08:00:00.000Z', run_id='orders-a-0123')
        >>> Place.parse("yesterday") is None
        True
        """
        started_at, tilde, run_id = text.partition("~")
        return cls(started_at, run_id) if tilde and started_at and run_id else None

    def __str__(self) -> str:
        return f"{self.started_at}~{self.run_id}"


@dataclass(frozen=True, kw_only=True, slots=True)
class Wanted:
    """Which runs; what is empty does not narrow. Times are ISO 8601 in UTC, both included."""

    statuses: tuple[str, ...] = ()
    dataset: str = ""
    file: str = ""
    """A piece of a file's name, or of a run's id."""
    begins: str = ""
    """How a run's id begins."""
    since: str = ""
    until: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Page:
    """Some runs, and the place after which the next page begins; None if there is no more."""

    runs: tuple[Run, ...]
    next: Place | None


def find_page(cloud: Cloud, wanted: Wanted, *, size: int, after: Place | None = None) -> Page:
    """The newest runs that are wanted, or the newest of those after a place."""
    found = list(islice(_runs(cloud, wanted, size + 1, after), size + 1))
    more = len(found) > size
    return Page(
        runs=tuple(run for _, run in found[:size]), next=found[size - 1][0] if more else None
    )


def places(cloud: Cloud, wanted: Wanted, after: Place | None = None) -> Iterator[Place]:
    """The places of runs, newest first, whether or not those that run wait for a person.

    The partitions are asked side by side, as each is a request of its own.
    """
    chosen = {RUNNING if each == WAITING else each for each in wanted.statuses or STATUSES}
    partitions = [_partition(cloud, each, wanted, after) for each in sorted(chosen)]
    with ThreadPoolExecutor(len(partitions)) as side_by_side:
        firsts = list(side_by_side.map(lambda each: list(islice(each, 1)), partitions))
    begun = (chain(first, rest) for first, rest in zip(firsts, partitions, strict=True))
    return heapq.merge(*begun, reverse=True)


def _runs(
    cloud: Cloud, wanted: Wanted, chunk: int, after: Place | None
) -> Iterator[tuple[Place, Run]]:
    may_wait = not wanted.statuses or {RUNNING, WAITING} & set(wanted.statuses)
    questions = control.pending_approvals(cloud) if may_wait else ()
    waiting = {each.run_id: each for each in questions}
    going = going_executions(cloud)
    ordered = places(cloud, replace(wanted, statuses=_recorded_as(wanted.statuses)), after)
    while some := list(islice(ordered, chunk)):
        records = control.run_records(cloud, [each.run_id for each in some])
        for place in some:
            if record := records.get(place.run_id):
                run = recorded_run(cloud, record, waiting.get(place.run_id), going)
                if run.status in (wanted.statuses or STATUSES):
                    yield place, run


def _recorded_as(statuses: Sequence[str]) -> tuple[str, ...]:
    """The statuses under which the records of such runs stand.

    A run that died stands as running until that is noticed.
    """
    behind = (RUNNING,) if FAILED in statuses else ()
    return (*statuses, *behind)


def _partition(cloud: Cloud, status: str, wanted: Wanted, after: Place | None) -> Iterator[Place]:
    """The places of one status; those of one moment in the order of their ids."""
    until = min(each for each in (wanted.until or _LATEST, after.started_at if after else _LATEST))
    if until < wanted.since:
        return
    listed = _entries(cloud, _query(cloud, status, wanted, until))
    for _, same in groupby(listed, key=lambda place: place.started_at):
        for place in sorted(same, reverse=True):
            if after is None or place < after:
                yield place


def _entries(cloud: Cloud, query: Mapping[str, Any]) -> Iterator[Place]:
    """What a query finds, in pages that grow: most readers stop early, a rare filter reads on."""
    limit = _FIRST_LIMIT
    request = dict(query)
    while True:
        page = cloud.dynamodb.query(**request, Limit=limit)
        for item in page["Items"]:
            yield Place(item["started_at"]["S"], item["run_id"]["S"])
        if "LastEvaluatedKey" not in page:
            return
        request["ExclusiveStartKey"] = page["LastEvaluatedKey"]
        limit = min(limit * _GROWTH, _LAST_LIMIT)


def _query(cloud: Cloud, status: str, wanted: Wanted, until: str) -> dict[str, Any]:
    names = {"#status": "status", "#at": "started_at", "#run": "run_id"}
    values = {":status": status, ":since": wanted.since or "0", ":until": until}
    filters = []
    if wanted.dataset:
        names["#dataset"], values[":dataset"] = "dataset", wanted.dataset
        filters.append("#dataset = :dataset")
    if wanted.file:
        values[":file"] = slug(wanted.file)
        filters.append("contains(#run, :file)")
    if wanted.begins:
        values[":begins"] = wanted.begins
        filters.append("begins_with(#run, :begins)")
    query: dict[str, Any] = {
        "TableName": cloud.stack.control_table,
        "IndexName": "RunIndex",
        "KeyConditionExpression": "#status = :status AND #at BETWEEN :since AND :until",
        "ProjectionExpression": "#at, #run",
        "ExpressionAttributeNames": names,
        "ExpressionAttributeValues": {name: {"S": text} for name, text in values.items()},
        "ScanIndexForward": False,
    }
    return query | ({"FilterExpression": " AND ".join(filters)} if filters else {})
