"""Which files of the landing zone runs are started for, and in which batches."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from pipeline import timestamps
from pipeline.runs.faults import pause_seconds
from pipeline.runs.identity import FileVersion, RunRequest
from pipeline.runs.records import Claim
from pipeline.runs.settlement import MAX_FAILURES

MAX_INPUT_BYTES = 48 * 1024
"""Of one batch, so that an execution's payload stays far below Step Functions' 256 KiB."""

MAX_BATCH_BYTES = 64 * 1024 * 1024
"""Of the files of one batch: small ones that arrive together still go without a cluster, even if
their text is eight times as long. A larger file has a run of its own."""


@dataclass(frozen=True, kw_only=True, slots=True)
class PendingFile:
    """A file that waits to be run, and how often runs of it have failed."""

    file: FileVersion
    failures: int
    interruptions: int = 0
    retaken: str = ""
    """The last redrive that took the file back from the schedule, if any did."""
    to_be_loaded: bool = False
    """True if an earlier run decided to load it: nobody is asked again, so it runs by itself."""

    @property
    def past(self) -> str:
        """What tells the next run of the file apart from those before it."""
        interrupted = f"+{self.interruptions}" if self.interruptions else ""
        retaken = f"@{self.retaken}" if self.retaken else ""
        return f"{self.failures}{interrupted}{retaken}"


def pending(
    files: Iterable[FileVersion],
    claims: Mapping[FileVersion, Claim],
    *,
    trigger: str,
    now: str | None,
) -> Iterator[PendingFile]:
    """Yield the files that nobody has claimed, or whose claim failed and may be taken again.

    `now` is the schedule's time, for the pauses between interrupted runs; None ignores them.
    What a person stopped and left is taken by hand only.
    """
    for file in files:
        claim = claims.get(file)
        if file.is_folder_marker:
            continue
        if claim is None:
            yield PendingFile(file=file, failures=0)
        elif (claim.state == "LEFT" and trigger == "manual") or _may_be_taken(claim, now):
            yield PendingFile(
                file=replace(file, requester=claim.requester),
                failures=claim.failures,
                interruptions=len(claim.interrupted_runs),
                retaken=claim.retaken,
                to_be_loaded=claim.to_be_loaded,
            )


def _may_be_taken(claim: Claim, now: str | None) -> bool:
    worn_out = claim.failures >= MAX_FAILURES and not claim.to_be_loaded
    if claim.state != "FAILED" or worn_out:
        return False
    pause = pause_seconds(len(claim.interrupted_runs))
    if not pause or now is None:
        return True
    due = timestamps.later(claim.claimed_at, pause)
    return timestamps.from_text(due) <= timestamps.from_text(now)


def batches(files: Sequence[PendingFile], max_files: int) -> Iterator[Sequence[PendingFile]]:
    """Cut `files`, in their order, into batches within all limits; none is empty.

    A file that has failed is a batch by itself: if it is to blame, it takes no other with it.
    """
    batch: list[PendingFile] = []
    input_bytes = size_bytes = 0
    for file in files:
        more_input, more_bytes = len(json.dumps(file.file.as_input())), file.file.size_bytes
        is_full = (
            len(batch) == max_files
            or input_bytes + more_input > MAX_INPUT_BYTES
            or size_bytes + more_bytes > MAX_BATCH_BYTES
        )
        if batch and (is_full or file.failures or batch[-1].failures):
            yield batch
            batch, input_bytes, size_bytes = [], 0, 0
        batch.append(file)
        input_bytes += more_input
        size_bytes += more_bytes
    if batch:
        yield batch


def drops(files: Iterable[tuple[str, FileVersion]], *, max_files: int) -> list[RunRequest]:
    """Return the runs for files that were announced together, given with their datasets.

    A pure function of the set of files: neither their order nor announcements that came twice
    change a run or its name.
    """
    announced = {(f.key, f.bucket, f.version_id): (dataset, f) for dataset, f in files}
    by_dataset: defaultdict[str, list[PendingFile]] = defaultdict(list)
    for _, (dataset, file) in sorted(announced.items()):
        by_dataset[dataset].append(PendingFile(file=file, failures=0))
    return [
        RunRequest(dataset=dataset, trigger="s3", files=tuple(pending.file for pending in batch))
        for dataset in sorted(by_dataset)
        for batch in batches(by_dataset[dataset], max_files)
    ]


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
