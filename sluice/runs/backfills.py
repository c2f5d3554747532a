"""Start runs for a folder of old files in the landing zone: planned first, then paced.

Nothing is remembered but the claims of the files, so whoever begins again goes on where it ended.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from pipeline.contracts.contract_shelf import datasets
from pipeline.runs.identity import FileVersion, dataset_of
from pipeline.runs.landing import is_left_alone, patterns_of
from pipeline.runs.pickup import drops, pending
from sluice.runs.replays import ask_start_runs
from sluice.stack.cloud import Cloud
from sluice.stack.control import control_table
from stores.claims import Claims
from stores.landing import Landing

FILES_PER_RUN = 50
"""As Start Runs has it, so that one call starts one run."""

_FOREVER = "9999"
"""Later than any timestamp."""

Pause = Callable[[float], None]


@dataclass(frozen=True, kw_only=True, slots=True)
class Plan:
    """What a backfill would do."""

    runs: tuple[tuple[FileVersion, ...], ...]
    """The files of each run."""
    taken: int
    """Files that a run has, or has settled, or that failed too often."""
    left_alone: int

    @property
    def files(self) -> int:
        """How many files wait for a run."""
        return sum(len(files) for files in self.runs)

    @property
    def size_bytes(self) -> int:
        """All their bytes."""
        return sum(file.size_bytes for files in self.runs for file in files)

    def as_document(self) -> dict[str, int]:
        """All numbers of it, as JSON has them."""
        return {
            "files": self.files,
            "size_bytes": self.size_bytes,
            "runs": len(self.runs),
            "taken": self.taken,
            "left_alone": self.left_alone,
        }


def plan(cloud: Cloud, prefix: str) -> Plan:
    """Look which of the latest versions below a prefix wait for a run."""
    patterns = patterns_of(cloud.stack.left_alone_names)
    landing = Landing(cloud.s3, cloud.stack.landing_bucket)
    found = landing.versions(prefix, only_latest=True)
    lying = [file for file in found if not file.is_folder_marker]
    files = [file for file in lying if not is_left_alone(file.key, patterns)]
    claims = Claims(control_table(cloud)).of(
        files
    )  # what a person stopped and left is nothing for a bulk
    waiting = [entry.file for entry in pending(files, claims, trigger="schedule", now=None)]
    known = datasets()
    requests = drops(
        [(dataset_of(file.key, known), file) for file in waiting], max_files=FILES_PER_RUN
    )
    return Plan(
        runs=tuple(request.files for request in requests),
        taken=len(files) - len(waiting),
        left_alone=len(lying) - len(files),
    )


def carry_out(
    cloud: Cloud, planned: Plan, *, rate: float, in_flight: int, pause: Pause = time.sleep
) -> Iterator[dict[str, Any]]:
    """Yield each run that was started: at most `rate` files a second, `in_flight` open runs.

    Raises:
        OperatorError: Start Runs refused.
    """
    control = control_table(cloud)
    for files in planned.runs:
        while sum(1 for _ in control.open("RUN", before=_FOREVER)) >= in_flight:
            pause(cloud.poll_seconds)
        named = [{"key": file.key, "version_id": file.version_id} for file in files]
        yield from ask_start_runs(cloud, files=named)
        pause(len(files) / rate)
