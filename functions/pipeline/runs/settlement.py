"""Where a file goes when its run ends: pure decisions, no AWS.

| the file was | the run ended | the file ends as | its claim |
| --- | --- | --- | --- |
| accepted | LOADED | archived | SETTLED |
| loaded | any | archived | SETTLED |
| accepted | REFUSED, REJECTED, EXPIRED | quarantined | SETTLED |
| accepted, failed | FAILED | kept, to be tried again | FAILED |
| accepted, failed | FAILED for the third time | quarantined | SETTLED |
| failed | any | kept, or quarantined the third time | FAILED or SETTLED |
| accepted, failed | FAILED by a service | kept, to be tried again, uncounted | FAILED |
| refused | any | quarantined | SETTLED |
| duplicate | any | untouched | another run's |
| any, but S3 keeps its bytes back | any | unreadable, where it is, instead | SETTLED |

The verdict on its claim goes first: a file whose rows may be in the table is never quarantined
but kept, however often it fails, and one that was refused is quarantined, however its run ended.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal, Self

from pipeline.runs.faults import is_service_fault

MAX_FAILURES = 3
"""Runs of one file that may fail before it is quarantined (the claim's condition says so too)."""

LOADED = "LOADED"
REJECTED = "REJECTED"
REFUSED = "REFUSED"
EXPIRED = "EXPIRED"
DUPLICATE = "DUPLICATE"
FAILED = "FAILED"
TERMINAL = frozenset({LOADED, REJECTED, REFUSED, EXPIRED, DUPLICATE, FAILED})

UNREADABLE = "unreadable"
"""The disposition of a file that can be put on no shelf, because nobody may copy it."""

Shelf = Literal["archive", "quarantine"]

StoppedFiles = Literal["leave", "retry", "quarantine"]
"""What becomes of the files of a run that a person stops; whoever says nothing leaves them."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Stop:
    """Who stopped a run, when and why, and what is to become of its files."""

    by: str
    at: str
    comment: str
    files: StoppedFiles

    @classmethod
    def parse(cls, document: Mapping[str, Any] | None) -> Self | None:
        """Read what stands on a run's record; `None` if nobody stopped it."""
        if not document:
            return None
        return cls(**{name: document[name] for name in ("by", "at", "comment", "files")})


@dataclass(frozen=True, kw_only=True, slots=True)
class Reason:
    """Why something is as it is: a code for programs, a sentence for people."""

    code: str
    message: str

    @classmethod
    def parse(cls, document: object) -> Reason | None:
        """Read `{"code", "message"}`; `None` for anything that holds no code."""
        if not isinstance(document, dict) or not document.get("code"):
            return None
        return cls(code=str(document["code"]), message=str(document.get("message") or ""))

    def as_document(self) -> dict[str, str]:
        """The reason as JSON has it."""
        return {"code": self.code, "message": self.message}


@dataclass(frozen=True, kw_only=True, slots=True)
class Ending:
    """What becomes of one file."""

    disposition: Literal["archived", "quarantined", "kept", "duplicate"]
    shelf: Shelf | None = None
    reason: Reason | None = None
    failed_runs: tuple[str, ...] = ()
    """The runs of this file that failed, this one included."""
    interrupted_runs: tuple[str, ...] = ()
    """The runs of this file that a fault of a service ended, this one included."""


def ending(
    *,
    disposition: str,
    status: str,
    run_id: str,
    file_reason: Reason | None,
    run_reason: Reason | None,
    failed_runs: Collection[str],
    interrupted_runs: Collection[str] = (),
    verdict: Literal["load", "refuse"] | None = None,
    verdict_reason: Reason | None = None,
) -> Ending:
    """Return what becomes of a file that was `disposition` in a run that ended as `status`.

    `verdict` is what stands on its claim.
    Asking again with the same run among `failed_runs` or `interrupted_runs` gives the same answer.

    Raises:
        ValueError: `disposition` or `status` is none that a run knows.
    """
    if status not in TERMINAL:
        raise ValueError(f"{status} is not how a run ends")
    match disposition:
        case "duplicate":
            return Ending(disposition="duplicate")
        case "loaded" | "accepted" if disposition == "loaded" or status == LOADED:
            return Ending(disposition="archived", shelf="archive")
        case "accepted" | "failed" | "refused" if verdict == "refuse":
            return _quarantined(verdict_reason or file_reason or run_reason, status)
        case "refused" if verdict is None:
            return _quarantined(file_reason or run_reason, status)
        case "accepted" if verdict is None and status in {REFUSED, REJECTED, EXPIRED}:
            return _quarantined(run_reason, status)
        case "accepted" | "failed" | "refused":
            reason = file_reason or run_reason
            past = _Past(failed=frozenset(failed_runs), interrupted=frozenset(interrupted_runs))
            most = MAX_FAILURES if verdict is None else None
            return _after_failure(reason, past.and_then(run_id, reason), most)
    raise ValueError(f"{disposition} is no disposition of a file")


def _quarantined(reason: Reason | None, status: str) -> Ending:
    fallback = Reason(code=status.lower(), message=f"the run ended as {status}")
    return Ending(disposition="quarantined", shelf="quarantine", reason=reason or fallback)


@dataclass(frozen=True, kw_only=True, slots=True)
class _Past:
    """How the runs of a file ended that did not settle it."""

    failed: frozenset[str]
    interrupted: frozenset[str]

    def and_then(self, run_id: str, reason: Reason | None) -> _Past:
        """Add a run that ended for this reason."""
        if reason is not None and is_service_fault(reason.code, reason.message):
            return replace(self, interrupted=self.interrupted | {run_id})
        return replace(self, failed=self.failed | {run_id})


def _after_failure(reason: Reason | None, past: _Past, most: int | None) -> Ending:
    kept = Ending(
        disposition="kept",
        reason=reason,
        failed_runs=tuple(sorted(past.failed)),
        interrupted_runs=tuple(sorted(past.interrupted)),
    )
    failures = len(kept.failed_runs)
    if most is None or failures < most:
        return kept
    last = f": {reason.message}" if reason else ""
    message = f"{failures} runs of this file failed ({', '.join(kept.failed_runs)}){last}"
    return replace(
        kept,
        disposition="quarantined",
        shelf="quarantine",
        reason=Reason(code="failed_repeatedly", message=message),
    )
