"""What makes two files, two runs or two approvals the same: pure functions, no clock, no chance.

An event that is delivered twice gives the same execution name twice,
and Step Functions refuses the second one.
Source: https://docs.aws.amazon.com/step-functions/latest/apireference/API_StartExecution.html
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any, Self

from pipeline import layout
from pipeline.errors import EventError

MAX_NAME_CHARACTERS = 80
MAX_DATASET_CHARACTERS = 40
DIGEST_CHARACTERS = 12
NO_VERSION = "null"
"""What S3 calls the version of an object in a bucket that keeps none."""


@dataclass(frozen=True, kw_only=True, slots=True)
class FileVersion:
    """One version of one object in the landing zone."""

    bucket: str
    key: str
    version_id: str
    etag: str
    size_bytes: int
    sequencer: str = ""
    requester: str = field(default="", compare=False)
    """Who put it there, as S3's event says (an account id, as a rule); empty if no event did."""

    @classmethod
    def from_event(cls, event: Mapping[str, Any]) -> Self:
        """Return the object that an S3 event of EventBridge announces; its key stands as it is.

        Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/ev-events.html

        Raises:
            EventError: the event lacks what every such event has.
        """
        try:
            detail = event["detail"]
            described = detail["object"]
            return cls(
                bucket=detail["bucket"]["name"],
                key=described["key"],
                version_id=described.get("version-id") or NO_VERSION,
                etag=described["etag"],
                size_bytes=described.get("size", 0),
                sequencer=described.get("sequencer", ""),
                requester=detail.get("requester", ""),
            )
        except (KeyError, TypeError) as error:
            raise EventError(f"the S3 event lacks {error}") from error

    def as_input(self) -> dict[str, object]:
        """The file as the execution's input has it."""
        return asdict(self)

    @property
    def has_version(self) -> bool:
        """False where the bucket keeps no versions: a later file could not be told from this."""
        return self.version_id != NO_VERSION

    @property
    def is_folder_marker(self) -> bool:
        """True for the empty object that consoles create for a folder."""
        return self.key.endswith("/") and self.size_bytes == 0

    @property
    def may_run(self) -> bool:
        """True for a file in the landing zone, whether or not a contract describes it."""
        return self.key.startswith(layout.INCOMING) and not self.is_folder_marker


@dataclass(frozen=True, kw_only=True, slots=True)
class RunRequest:
    """One execution that is to be started: its name and its whole input."""

    dataset: str
    trigger: str
    files: tuple[FileVersion, ...]
    salt: str = ""
    """Tells apart runs of the same files, e.g. how often each of them has failed."""

    @property
    def run_id(self) -> str:
        """The execution's name."""
        return execution_name(self.dataset, self.files, self.salt)

    def again(self) -> RunRequest:
        """Return the same run under its next name, for when one of this name ended in vain."""
        return replace(self, salt=f"{self.salt}/")

    def as_input(self) -> dict[str, object]:
        """The execution's input."""
        return {
            "schema_version": 1,
            "run_id": self.run_id,
            "dataset": self.dataset,
            "trigger": self.trigger,
            "files": [file.as_input() for file in self.files],
        }


def dataset_of(key: str, known: Collection[str]) -> str:
    """Return the dataset that a key belongs to; below no known one it is `unassigned`.

    >>> dataset_of("incoming/addresses/2026/a.csv", {"addresses"})
    'addresses'
    >>> dataset_of("incoming/a.csv", {"addresses"})
    'unassigned'
    """
    folder = layout.dataset_of(key)
    return folder if folder is not None and folder in known else layout.UNASSIGNED


def slug(key: str) -> str:
    """Return a key's file name as words that an execution's name may hold.

    >>> slug("incoming/addresses/July 2026 (final).csv")
    'july-2026-final-csv'
    """
    name = key.rstrip("/").rpartition("/")[2]
    return re.sub(r"[^0-9a-z]+", "-", name.lower()).strip("-") or "file"


def execution_name(dataset: str, files: Sequence[FileVersion], salt: str) -> str:
    """Return `<dataset>-<slug of the first file>-<12 hex digits>`, at most 80 characters.

    Of several files the name tells how many: `<slug of the first>-and-<number>-more`.
    The digest covers what S3 says of each file: bucket, key, version (or ETag) and sequencer.
    """
    seen = [[f.bucket, f.key, f.version_id or f.etag, f.sequencer] for f in files]
    document = json.dumps([*seen, salt] if salt else seen, separators=(",", ":"))
    digest = hashlib.sha256(document.encode()).hexdigest()[:DIGEST_CHARACTERS]
    head = re.sub(r"[^0-9A-Za-z_-]", "-", dataset)[:MAX_DATASET_CHARACTERS]
    others = f"-and-{len(files) - 1}-more" if len(files) > 1 else ""
    room = MAX_NAME_CHARACTERS - len(head) - len(others) - len(digest) - 2
    return f"{head}-{slug(files[0].key)[:room].strip('-')}{others}-{digest}"


def approval_id(run_id: str, report_sha256: str) -> str:
    """Return the id of the approval of exactly this report."""
    return hashlib.sha256(f"{run_id}\n{report_sha256}".encode()).hexdigest()[:16]


def run_key(run_id: str) -> str:
    """Return the partition key of everything about a run."""
    return f"RUN#{run_id}"


def claim_key(bucket: str, key: str, version_id: str) -> str:
    """Return the partition key of a file version's claim."""
    return f"FILE#{bucket}#{version_id}#{key}"
