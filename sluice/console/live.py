"""A run as a stream of server-sent events: one whenever something has changed.

Source: https://html.spec.whatwg.org/multipage/server-sent-events.html
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from sluice.cloud import Cloud
from sluice.console.facts import visit_rows
from sluice.follow import Pause, Snapshot, follow
from sluice.graph.status import node_statuses
from sluice.graph.svg import anchor
from sluice.loading import Loading, LoadWatch
from sluice.runs import RUNNING, WAITING

# A comment now and then shows a dead connection, and keeps proxies from closing a quiet one.
_HEARTBEAT_LOOKS = 30


def stream(
    cloud: Cloud, run_id: str, execution_arn: str, pause: Pause, now: Callable[[], datetime]
) -> Iterator[str]:
    """Events with the run's state; the last one has the type `over`."""
    last: Mapping[str, Any] | None = None
    load = LoadWatch(cloud, run_id, execution_arn)
    for look, snapshot in enumerate(follow(cloud, execution_arn, pause)):
        told = _document(snapshot, load.look(snapshot.visits), now())
        if _lasting(told) != last:
            last = _lasting(told)
            yield f"data: {json.dumps(told)}\n\n"
        elif look % _HEARTBEAT_LOOKS == 0:
            yield ": still here\n\n"
    yield "event: over\ndata: {}\n\n"


def utc_now() -> datetime:
    """The time at which a page is drawn."""
    return datetime.now(UTC)


def _document(snapshot: Snapshot, loading: Loading | None, now: datetime) -> dict[str, Any]:
    statuses = node_statuses(snapshot.visits, now, loading)
    return {
        "loading": loading.text if loading else "",
        "status": WAITING if snapshot.waits_for_person else RUNNING,
        "states": {
            anchor(name): [each.status.lower(), each.note] for name, each in statuses.items()
        },
        "taken": [[name, to] for name, each in statuses.items() for to in sorted(each.went_to)],
        "rows": visit_rows(snapshot.visits, now),
    }


def _lasting(document: Mapping[str, Any]) -> Mapping[str, Any]:
    """What does not change by time alone."""
    states = {name: status for name, (status, _) in document["states"].items()}
    rows: Sequence[Mapping[str, Any]] = document["rows"]
    kept = [[row["status"], row["retries"], row["error"]] for row in rows]
    return {
        "status": document["status"],
        "loading": document["loading"],
        "states": states,
        "rows": kept,
    }
