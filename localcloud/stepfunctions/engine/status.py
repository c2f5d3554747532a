"""Where an execution or a map run is in its life."""

from __future__ import annotations

from enum import StrEnum


class Status(StrEnum):
    """The status of an execution or a map run."""

    RUNNING = "RUNNING"
    SUCCEEDED = "SUCCEEDED"
    FAILED = "FAILED"
    TIMED_OUT = "TIMED_OUT"
    ABORTED = "ABORTED"
    PENDING_REDRIVE = "PENDING_REDRIVE"
