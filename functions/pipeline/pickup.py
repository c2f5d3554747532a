"""Which files of the landing zone the schedule starts runs for, and in which batches."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from pipeline.identity import FileVersion, RunRequest
from pipeline.settlement import MAX_FAILURES

MAX_INPUT_BYTES = 48 * 1024
"""Of one batch, so that an execution's payload stays far below Step Functions' 256 KiB."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ClaimState:
    """What the control table knows about a file version."""

    state: str
    failures: int = 0
    retaken: str = ""
    requester: str = ""
    to_be_loaded: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class PendingFile:
    """A file that waits to be run, and how often runs of it have failed."""

    file: FileVersion
    failures: int
    retaken: str = ""
    """The last redrive that took the file back from the schedule, if any did."""
    to_be_loaded: bool = False
    """True if an earlier run decided to load it: nobody is asked again, so it runs by itself."""

    @property
    def past(self) -> str:
        """What tells the next run of the file apart from those before it."""
        return f"{self.failures}@{self.retaken}" if self.retaken else str(self.failures)


def pending(
    files: Iterable[FileVersion], claims: Mapping[FileVersion, ClaimState]
) -> Iterator[PendingFile]:
    """Yield the files that nobody has claimed, or whose claim failed and may be taken again."""
    for file in files:
        claim = claims.get(file)
        if file.is_folder_marker:
            continue
        if claim is None:
            yield PendingFile(file=file, failures=0)
        elif claim.state == "FAILED" and (claim.to_be_loaded or claim.failures < MAX_FAILURES):
            yield PendingFile(
                file=replace(file, requester=claim.requester),
                failures=claim.failures,
                retaken=claim.retaken,
                to_be_loaded=claim.to_be_loaded,
            )


def batches(files: Sequence[PendingFile], max_files: int) -> Iterator[Sequence[PendingFile]]:
    """Cut `files`, in their order, into batches within both limits; none is empty."""
    batch: list[PendingFile] = []
    size_bytes = 0
    for file in files:
        more_bytes = len(json.dumps(file.file.as_input()))
        if batch and (len(batch) == max_files or size_bytes + more_bytes > MAX_INPUT_BYTES):
            yield batch
            batch, size_bytes = [], 0
        batch.append(file)
        size_bytes += more_bytes
    if batch:
        yield batch


def requests(
    files: Iterable[tuple[str, PendingFile]], *, trigger: str, max_files: int
) -> list[RunRequest]:
    """Return the runs for pending files, given with their datasets: as few as the limits allow.

    The name of a run depends on how often each of its files has failed, and on the redrive that
    took it back, so that a file that failed gets a new run and one that waits for its run does not.
    """
    alike: defaultdict[tuple[str, bool], list[PendingFile]] = defaultdict(list)
    for dataset, file in files:
        alike[dataset, file.to_be_loaded].append(file)
    return [
        RunRequest(
            dataset=dataset,
            trigger=trigger,
            files=tuple(pending_file.file for pending_file in batch),
            salt=f"{trigger}:{'.'.join(pending_file.past for pending_file in batch)}",
        )
        for (dataset, _), pending_files in sorted(alike.items(), key=lambda each: each[0])
        for batch in batches(pending_files, max_files)
    ]
