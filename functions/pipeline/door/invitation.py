"""Invitations to send a file: who may send what, how often and until when. Pure.

An invitation is good until a file was taken over whole, or until it expires; a file that was
refused, or taken over in part, may be mended and sent again, as long as tries are left.
The control table applies each change under the condition that nothing else changed meanwhile.
"""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Self

from pipeline import layout, timestamps
from pipeline.gate.gate import digest_of
from pipeline.runs.landing import is_left_alone, patterns_of

OPEN = "OPEN"
ACCEPTED = "ACCEPTED"
EXPIRED = "EXPIRED"
SPENT = "SPENT"
"""All its tries are used; like `EXPIRED` a state that nobody writes down."""

MAX_TRIES = 10
"""Files that one invitation takes, the good one included."""

MAX_NAME_CHARACTERS = 200
FORM_SECONDS = 15 * 60
"""How long a form may be used: long enough for a slow start, and each file asks for a new one."""

_TYPES = {".csv": "text/csv", ".tsv": "text/tab-separated-values", ".txt": "text/plain"}
_PACKED = {".gz": "application/gzip", ".zip": "application/zip"}
_OTHER = "application/octet-stream"


class InvitationError(Exception):
    """Base of what keeps a sender from sending; `str()` is the sentence for the sender."""


class InvitationOverError(InvitationError):
    """It has expired, was used, or all its tries are."""


class UnderWayError(InvitationError):
    """The file before is still looked at."""


class BadFileError(InvitationError):
    """No such file is taken: its name or its size."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Try:
    """One file that somebody was given a form for."""

    key: str
    asked_at: str
    version_id: str = ""
    """Of the file that was put there; empty as long as nobody has said."""

    @property
    def name(self) -> str:
        """The file's name."""
        return self.key.rpartition("/")[2]

    def as_record(self) -> dict[str, str]:
        """The try as the control table has it."""
        return {"key": self.key, "asked_at": self.asked_at, "version_id": self.version_id}


@dataclass(frozen=True, kw_only=True, slots=True)
class Invitation:
    """One link for one sender and one dataset."""

    invitation_id: str
    dataset: str
    created_at: str
    created_by: str
    expires_at: str
    """ISO 8601 UTC, like all times."""
    left_alone: str = ""
    """Patterns of names that runs never take, separated by commas."""
    sender: str = ""
    """Whom it is for, as the operator called them."""
    status: str = OPEN
    tries: tuple[Try, ...] = ()
    secret_sha256: str = field(default="", repr=False)

    @classmethod
    def from_item(cls, item: Mapping[str, Any]) -> Self:
        """Read the record."""
        return cls(
            **{name: item[name] for name in _TEXTS},
            tries=tuple(Try(**each) for each in item["tries"]),
        )

    def as_record(self) -> dict[str, object]:
        """The invitation as the control table has it."""
        texts: dict[str, object] = {name: getattr(self, name) for name in _TEXTS}
        tries = [each.as_record() for each in self.tries]
        return texts | {"tries": tries}

    @property
    def last_sent(self) -> Try | None:
        """The last file that has arrived."""
        return next((each for each in reversed(self.tries) if each.version_id), None)

    def accepts(self, secret: str) -> bool:
        """True if `secret` is the one that the link carries."""
        return hmac.compare_digest(digest_of(secret), self.secret_sha256)

    def state(self, now: str) -> str:
        """`OPEN` while something can be sent; otherwise `ACCEPTED`, `EXPIRED` or `SPENT`."""
        if self.status == ACCEPTED:
            return ACCEPTED
        if now >= self.expires_at:
            return EXPIRED
        return SPENT if len(self.tries) >= MAX_TRIES else OPEN

    def over(self, now: str) -> str:
        """Why nothing can be sent any more, in one sentence; empty while something can."""
        then = timestamps.readable(self.expires_at)
        return {
            OPEN: "",
            ACCEPTED: "This link has been used: your file was taken over. Ask for a new link.",
            EXPIRED: f"This link expired at {then}. Ask for a new one.",
            SPENT: f"This link was tried {MAX_TRIES} times, which is all. Ask for a new one.",
        }[self.state(now)]

    def asking(self, name: str, *, now: str) -> Self:
        """Return the invitation with one try more, for a file of this name.

        Raises:
            InvitationOverError: nothing can be sent any more.
            BadFileError: no such file is taken.
        """
        if over := self.over(now):
            raise InvitationOverError(over)
        key = layout.invited_key(self.dataset, self.invitation_id, len(self.tries), name)
        if is_left_alone(key, patterns_of(self.left_alone)):
            raise BadFileError("Files with such a name are left alone here. Rename it first.")
        return replace(self, tries=(*self.tries, Try(key=key, asked_at=now)))

    def sent(self, version_id: str) -> Self:
        """Return the invitation with the version under which S3 took the last file, noted once."""
        *before, last = self.tries
        if last.version_id:
            return self
        return replace(self, tries=(*before, replace(last, version_id=version_id)))

    def used(self) -> Self:
        """Return the invitation after a file was taken over whole."""
        return replace(self, status=ACCEPTED)


_TEXTS = (
    "invitation_id", "dataset", "created_at", "created_by", "expires_at", "left_alone",
    "sender", "status", "secret_sha256",
)  # fmt: skip


def check_size(size_bytes: int, *, max_bytes: int) -> None:
    """Look at what a sender says about a file; S3 holds the file itself against the form.

    Raises:
        BadFileError: it is empty or too large.
    """
    if size_bytes < 1:
        raise BadFileError("The file is empty.")
    if size_bytes > max_bytes:
        raise BadFileError(
            f"The file has {_size(size_bytes)}, and at most {_size(max_bytes)} are taken. "
            "Pack it (gzip or zip), or send it in parts."
        )


def content_type(name: str) -> str:
    """Return the type under which a file is stored, by its name.

    >>> content_type("July.CSV"), content_type("a.csv.gz"), content_type("a")
    ('text/csv', 'application/gzip', 'application/octet-stream')
    """
    ending = f".{name.rpartition('.')[2].lower()}"
    return (_TYPES | _PACKED).get(ending, _OTHER)


def _size(count: int) -> str:
    """Return bytes as people say them.

    >>> _size(999), _size(5_400_000)
    ('999 bytes', '5.4 MB')
    """
    for unit, word in ((10**9, "GB"), (10**6, "MB"), (10**3, "KB")):
        if count >= unit:
            return f"{count / unit:.1f} {word}"
    return f"{count} bytes"
