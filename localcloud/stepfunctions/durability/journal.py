"""The journal: one file, one JSON array a line, appended to before anything takes effect.

    ["key", base64]                            what seals the task tokens
    ["definition", revision id, text]          before the first record that refers to it
    ["machine", machine] ["machine-gone", arn]
    ["activity", activity] ["activity-gone", arn]
    ["execution", number, header]              a new execution
    ["event", number, path or null, event, step or null]
    ["step", number, path, step]
    ["map-run", map run] ["shares", arn, [[input, items], …]]
    ["tree", number, branch]                   in place of events' steps, after a compaction

Each record reaches the operating system before the action that it tells of is answered, so that
the death of the process loses nothing; the death of the machine may lose the last seconds, unless
each record is settled on the disk (`--fsync`).
The file holds task tokens and payloads: it is readable by its owner only.
"""

from __future__ import annotations

import base64
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import IO, Any, Final

from localcloud.stepfunctions.activities import Activity
from localcloud.stepfunctions.durability import records
from localcloud.stepfunctions.engine.branch import Branch
from localcloud.stepfunctions.engine.execution import Execution
from localcloud.stepfunctions.engine.history import Event
from localcloud.stepfunctions.engine.map_run import MapRun
from localcloud.stepfunctions.engine.steps import Step
from localcloud.stepfunctions.machines import Machine

_OWNER_ONLY: Final = 0o600

_encode: Final[Callable[[Any], str]] = json.JSONEncoder(
    ensure_ascii=False, separators=(",", ":"), check_circular=False
).encode


class Journal:
    """Appends records; belongs to the scheduler's thread."""

    def __init__(self, path: Path) -> None:
        """Open a journal for appending; creates it.

        `settle`, when it is set, is called with the file's descriptor after each record:
        `os.fsync` has it survive the death of the machine, too.
        """
        self.settle: Callable[[int], None] | None = None
        self.outgrow: Callable[[], None] | None = None
        """Is called once when the file outgrows `limit_bytes`; `begin_anew` is the answer."""
        self.limit_bytes = 0
        self._path = path
        self._file = _open(path)
        self._bytes = 0
        self._definitions: set[str] = set()
        self._lock: IO[bytes] | None = None

    def hold(self, lock: IO[bytes]) -> None:
        """Keep a lock for as long as the journal is open."""
        self._lock = lock

    def close(self) -> None:
        """Close the file, and let go of the lock."""
        self._file.close()
        if self._lock is not None:
            self._lock.close()

    def begin_anew(self, tell: Callable[[], None]) -> int:
        """Replace all records by those that `tell` writes; the bytes that they take.

        The former ones stay until these are on the disk.
        """
        fresh = self._path.with_suffix(".new")
        fresh.unlink(missing_ok=True)
        former = self._file, self._definitions, self.settle
        self._file, self._definitions, self._bytes = _open(fresh), set(), 0
        self.settle = None  # once for all of them is enough
        try:
            tell()
            os.fsync(self._file.fileno())
            fresh.replace(self._path)
        except BaseException:
            self._file.close()
            self._file, self._definitions, self.settle = former
            raise
        former[0].close()
        self.settle = former[2]
        return self._bytes

    def key(self, key: bytes) -> None:
        """Keep what seals the task tokens."""
        self._write("key", base64.b64encode(key).decode())

    def machine(self, machine: Machine) -> None:
        """Keep a state machine as it is now."""
        for revision in (machine.revision, *(v.revision for v in machine.versions.values())):
            self._definition(revision.id, revision.definition)
        self._write("machine", records.machine(machine))

    def machine_gone(self, arn: str) -> None:
        """Forget a state machine."""
        self._write("machine-gone", arn)

    def activity(self, activity: Activity) -> None:
        """Keep an activity."""
        self._write("activity", records.activity(activity))

    def activity_gone(self, arn: str) -> None:
        """Forget an activity."""
        self._write("activity-gone", arn)

    def execution(self, execution: Execution) -> None:
        """Keep a new execution."""
        self._definition(execution.plan.revision_id, execution.plan.definition)
        self._write("execution", execution.number, records.header(execution))

    def event(
        self, execution: Execution, event: Event, branch: Branch | None, step: Step | None
    ) -> None:
        """Keep an event, and the step that comes with it."""
        path = None if branch is None else branch.path
        told = None if step is None else records.step(step)
        self._write("event", execution.number, path, records.event(event), told)

    def step(self, execution: Execution, branch: Branch, step: Step) -> None:
        """Keep a step that no event tells of."""
        self._write("step", execution.number, branch.path, records.step(step))

    def map_run(self, map_run: MapRun[Execution]) -> None:
        """Keep a map run as it is now, without its children."""
        self._write("map-run", records.map_run(map_run))

    def shares(self, map_run: MapRun[Execution]) -> None:
        """Keep what the children of a map run work on."""
        self._write("shares", map_run.arn, [[s.text, s.items] for s in map_run.shares])

    def tree(self, execution: Execution) -> None:
        """Keep where an execution stands."""
        self._write("tree", execution.number, records.branch(execution.root))

    def _definition(self, revision_id: str, text: str) -> None:
        if revision_id not in self._definitions:
            self._definitions.add(revision_id)
            self._write("definition", revision_id, text)

    def _write(self, *record: Any) -> None:
        line = _encode(record).encode("utf-8", "surrogatepass") + b"\n"
        self._file.write(line)
        self._bytes += len(line)
        if self.outgrow is not None and self._bytes > self.limit_bytes:
            outgrow, self.outgrow = self.outgrow, None
            outgrow()
        if self.settle is not None:
            self.settle(self._file.fileno())


def _open(path: Path) -> IO[bytes]:
    descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, _OWNER_ONLY)
    return os.fdopen(descriptor, "ab", buffering=0)
