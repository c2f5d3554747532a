"""What a run did in each state: the status to draw, a note, the edges taken. Pure."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sluice.runs.history import ABORTED, CAUGHT, FAILED, RUNNING, SUCCEEDED, WAITING, StateVisit
from sluice.runs.loading import Loading
from sluice.terminal.clocktext import duration_text

IDLE = "IDLE"

# Of several visits of one state, the status that a person must see first.
_URGENCY = (FAILED, WAITING, RUNNING, ABORTED, CAUGHT, SUCCEEDED)


@dataclass(frozen=True, kw_only=True, slots=True)
class NodeStatus:
    """A state's status in a run; `went_to` are the states that followed it."""

    status: str
    note: str
    went_to: frozenset[str]


def node_statuses(
    visits: Sequence[StateVisit], now: datetime, loading: Loading | None = None
) -> Mapping[str, NodeStatus]:
    """The status of each state that was visited, by name; `loading` is noted at its state."""
    by_name: defaultdict[str, list[StateVisit]] = defaultdict(list)
    for visit in visits:
        by_name[visit.name].append(visit)
    followers = _followers(visits)
    return {
        name: NodeStatus(
            status=next(s for s in _URGENCY if any(v.status == s for v in same)),
            note=loading.text if loading and loading.state == name else _note(same, now),
            went_to=frozenset(followers[name]),
        )
        for name, same in by_name.items()
    }


def _followers(visits: Sequence[StateVisit]) -> Mapping[str, set[str]]:
    """Within one level and item, a state is followed by the one that was entered next."""
    followers: defaultdict[str, set[str]] = defaultdict(set)
    last: dict[tuple[int, int | None], str] = {}
    for visit in visits:
        level = (visit.depth, visit.item)
        if level in last:
            followers[last[level]].add(visit.name)
        last[level] = visit.name
        for deeper in [key for key in last if key[0] > visit.depth]:
            del last[deeper]
    return followers


def _note(visits: Sequence[StateVisit], now: datetime) -> str:
    if len(visits) > 1:
        numbers = Counter(visit.status.lower() for visit in visits)
        return ", ".join(f"{number} {status}" for status, number in numbers.items())
    [visit] = visits
    notes = [duration_text(visit.seconds(now))]
    if visit.length:
        notes.append(f"{visit.length} {'item' if visit.length == 1 else 'items'}")
    if visit.retries:
        notes.append(f"{visit.retries} {'retry' if visit.retries == 1 else 'retries'}")
    return ", ".join(notes)
