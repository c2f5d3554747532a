"""What waits for a person: questions, runs that ended badly, dead letters, alarms that ring."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice

from pipeline import timestamps
from sluice.runs.run import FAILED, RUNNING, Run
from sluice.runs.run_list import Place, Wanted, find_page, places
from sluice.stack import control
from sluice.stack.cloud import Cloud
from sluice.stack.status import AlarmState, alarms, dead_letters

UNSUCCESSFUL = (FAILED, "REFUSED", "EXPIRED")
"""Ends that ask for something to be done; a rejection was somebody's decision."""
_DAYS = 14
"""For how long a run asks; whatever is older stands in the list."""
_MOST = 25
_LATER_RUNS = 100
"""Runs among which later ones of the same file are looked for."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Needs:
    """What waits for a person; `dead_letters` is None where the stack has no such queue."""

    questions: tuple[control.PendingApproval, ...]
    unsuccessful: tuple[Run, ...]
    dead_letters: int | None
    alarms: tuple[AlarmState, ...]
    """Those that ring."""

    @property
    def count(self) -> int:
        """How many things wait."""
        waiting = len(self.questions) + len(self.unsuccessful) + len(self.alarms)
        return waiting + bool(self.dead_letters)


def read_needs(cloud: Cloud, now: datetime) -> Needs:
    """What waits for a person now."""
    since = timestamps.to_text(now - timedelta(days=_DAYS))
    wanted = Wanted(statuses=UNSUCCESSFUL, since=since)
    ended = find_page(cloud, wanted, size=_MOST).runs
    return Needs(
        questions=control.pending_approvals(cloud),
        unsuccessful=tuple(_unattended(cloud, ended)),
        dead_letters=dead_letters(cloud),
        alarms=tuple(alarm for alarm in alarms(cloud) if alarm.state == "ALARM"),
    )


def is_followed_up(run: Run) -> bool:
    """Whether a person did something about a run after it had ended.

    A file that came back by itself is another matter.
    """
    ended = run.ended_at or run.started_at
    return any(timestamps.from_text(each.at) >= ended for each in run.follow_ups)


def _unattended(cloud: Cloud, runs: Sequence[Run]) -> list[Run]:
    """Those of whose files no other run has taken care since."""
    open_runs = [run for run in runs if not is_followed_up(run)]
    if not open_runs:
        return []
    files = [(file.key, file.version_id) for run in open_runs for file in run.files]
    claimants = control.claimants(cloud, cloud.stack.landing_bucket, files)
    since = timestamps.to_text(min(run.started_at for run in open_runs))
    good = Wanted(statuses=("LOADED", RUNNING), since=since)
    later = list(islice(places(cloud, good), _LATER_RUNS))
    return [
        run for run in open_runs if not _was_taken(run, claimants) and not _came_again(run, later)
    ]


def _was_taken(run: Run, claimants: dict[str, str]) -> bool:
    """Whether each of its files is another run's by now."""
    owners = [claimants.get(file.version_id, run.run_id) for file in run.files]
    return bool(owners) and run.run_id not in owners


def _came_again(run: Run, later: Sequence[Place]) -> bool:
    """Whether a file of the same name has come since, and was loaded or is being worked on."""
    stem, began = run.run_id.rpartition("-")[0], timestamps.to_text(run.started_at)
    return any(
        place.started_at > began and place.run_id.rpartition("-")[0] == stem for place in later
    )
