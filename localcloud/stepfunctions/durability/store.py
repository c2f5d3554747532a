"""The journal's file: restored at each start, and compacted then and whenever it has grown."""

from __future__ import annotations

import fcntl
import logging
import os
from pathlib import Path
from typing import IO, Final

from localcloud.stepfunctions.durability.journal import Journal
from localcloud.stepfunctions.durability.restore import Restorer, read
from localcloud.stepfunctions.engine.execution import Execution
from localcloud.stepfunctions.engine.map_run import MapRun
from localcloud.stepfunctions.engine.status import Status
from localcloud.stepfunctions.world import World

log = logging.getLogger(__name__)

_FILE: Final = "stepfunctions.jsonl"
_LOCK: Final = "stepfunctions.lock"

# AWS forgets an execution so long after its end.
# Source: https://docs.aws.amazon.com/step-functions/latest/dg/service-quotas.html
_RETENTION_SECONDS: Final = 90 * 24 * 3600

COMPACT_BYTES: Final = 64 * 1024 * 1024
"""A journal below this is not worth the second that compacting it would take."""
_GROWTH: Final = 4
"""A journal is compacted again when it has grown to so many times its size then."""


class DataInUseError(OSError):
    """Another process keeps its executions in the same directory."""


def open_journal(runtime: World, data_dir: Path, *, fsync: bool, compact_bytes: int) -> Journal:
    """Restore what the directory holds into the runtime, and begin a journal of what follows.

    With `fsync` each record of it survives the machine, too. It is compacted when it holds more
    than `compact_bytes`, and several times what it held then.

    Raises:
        DataInUseError: another process has opened it.
    """
    data_dir.mkdir(parents=True, exist_ok=True)
    lock = _lock(data_dir / _LOCK)
    path = data_dir / _FILE
    if path.exists():
        restorer = Restorer(runtime)
        for record in read(path):
            restorer.apply(record)
    journal = Journal(path)
    journal.settle = os.fsync if fsync else None
    journal.hold(lock)
    _compact(runtime, journal, compact_bytes)
    return journal


def _lock(path: Path) -> IO[bytes]:
    """A file that is locked as long as it is open, by the process that has it open."""
    lock = path.open("wb")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        lock.close()
        raise DataInUseError(f"{path.parent} is in use by another local cloud") from error
    return lock


def _forget_old(runtime: World) -> None:
    """Forget executions that ended long ago, with their map runs and the children of those."""
    horizon = runtime.clock.now() - _RETENTION_SECONDS
    for arn, execution in [*runtime.executions.items()]:
        ended_at = _root(execution).stopped_at
        if ended_at is not None and ended_at < horizon:
            del runtime.executions[arn]
    for arn, map_run in [*runtime.map_runs.items()]:
        if map_run.parent.arn not in runtime.executions:
            del runtime.map_runs[arn]


def _root(execution: Execution) -> Execution:
    while execution.map_run is not None:
        parent = execution.map_run.parent
        assert isinstance(parent, Execution)
        execution = parent
    return execution


def _compact(runtime: World, journal: Journal, compact_bytes: int) -> None:
    """Have the journal tell only where everything stands now, and again when it has grown."""
    _forget_old(runtime)
    held = journal.begin_anew(lambda: _tell_everything(runtime, journal))

    def again() -> None:
        try:
            _compact(runtime, journal, compact_bytes)
        except OSError:  # a full disk: what is there holds everything
            log.exception("the journal of executions cannot be compacted")

    journal.limit_bytes = max(compact_bytes, _GROWTH * held)
    journal.outgrow = lambda: runtime.scheduler.post(again)  # between the steps of executions


def _tell_everything(runtime: World, journal: Journal) -> None:
    journal.key(runtime.tokens.key)
    for machine in runtime.machines.values():
        journal.machine(machine)
    for activity in runtime.activities.values():
        journal.activity(activity)
    runs: dict[str, list[MapRun[Execution]]] = {}
    for map_run in runtime.map_runs.values():
        runs.setdefault(map_run.parent.arn, []).append(map_run)
    for execution in runtime.executions.values():
        journal.execution(execution)
        for event in execution.history.events:
            journal.event(execution, event, None, None)
        for map_run in runs.get(execution.arn, ()):
            journal.map_run(map_run)
            journal.shares(map_run)
        if execution.status is not Status.SUCCEEDED:
            journal.tree(execution)
    for map_run in runtime.map_runs.values():
        journal.map_run(map_run)  # again, now that its children are there
