"""A run as a stream of server-sent events: one whenever the page would look different.

The page fetches itself anew then, so there is one place that draws it.
Source: https://html.spec.whatwg.org/multipage/server-sent-events.html
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

from sluice.runs.follow import Pause, Snapshot, follow
from sluice.runs.loading import Loading, LoadWatch
from sluice.stack.cloud import Cloud

# A comment now and then shows a dead connection, and keeps proxies from closing a quiet one.
_HEARTBEAT_LOOKS = 30


def stream(cloud: Cloud, run_id: str, execution_arn: str, pause: Pause) -> Iterator[str]:
    """An event for each change; the last one has the type `over`."""
    last: object = None
    load = LoadWatch(cloud, run_id, execution_arn)
    for look, snapshot in enumerate(follow(cloud, execution_arn, pause)):
        told = _told(snapshot, load.look(snapshot.visits))
        if told != last:
            last = told
            yield "data: changed\n\n"
        elif look % _HEARTBEAT_LOOKS == 0:
            yield ": still here\n\n"
    yield "event: over\ndata: over\n\n"


def utc_now() -> datetime:
    """The time at which a page is drawn."""
    return datetime.now(UTC)


def _told(snapshot: Snapshot, loading: Loading | None) -> object:
    """What a page shows of a run, but what changes by time alone."""
    states = [(visit.status, visit.retries, visit.error) for visit in snapshot.visits]
    return states, loading.text if loading else "", snapshot.waits_for_person
