"""Who answers at the gate: somebody whose signature AWS has verified, or whoever holds a link.

The route decides which of them it is; nothing about identity is ever read out of a name.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, Self

MAX_NAME_CHARACTERS = 100
"""Of a typed name; ARNs are as long as AWS makes them."""

SIGNED: Literal["signed"] = "signed"
BY_LINK: Literal["by link"] = "by link"

_ASSUMED_ROLE = re.compile(
    r"arn:(?P<partition>[^:]+):sts::(?P<account>[^:]*):assumed-role/(?P<role>[^/]+)/(?P<session>.*)"
)
_FEDERATED = re.compile(r"(?P<name>arn:[^:]+:sts::[^:]*:federated-user)/(?P<session>.*)")
_ROLE = re.compile(r"(?P<head>arn:[^:]+:iam::[^:]*:role/)(?:.*/)?(?P<role>[^/]+)")
_IDENTITY = re.compile(r"arn:[a-z-]+:iam::\d{12}:(?:root|(?:user|role)/[\w+=,.@/-]+)", re.ASCII)

_MARKS = frozenset(".,'\u2019-_@+&\u00b7")
_UNSEEN = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u3164\ufe00-\ufe0f\uffa0\U000e0100-\U000e01ef]"
)
"""What shows as nothing although Unicode counts it among letters and marks."""

_LOOK_ALIKE = frozenset({"LATIN", "GREEK", "CYRILLIC"})
"""Alphabets with letters that nobody can tell apart: a word keeps to one of them."""


class UnusableNameError(ValueError):
    """A typed name that no record should hold; `str()` is the sentence for the person."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Principal:
    """One who answers; `str()` is how records, pages, messages and commands name them."""

    how: Literal["signed", "by link"]
    name: str
    """Signed: the ARN of a user or role. By link: what somebody typed, which proves nothing."""
    session: str = ""
    """The name of a role's session: whoever assumes the role chooses it, so it is no identity."""

    @classmethod
    def signed(cls, arn: str) -> Self:
        """Return who signed a request, by the ARN that AWS names.

        >>> str(Principal.signed("arn:aws:sts::123456789012:assumed-role/Operator/ada"))
        'arn:aws:iam::123456789012:role/Operator (signed, session ada)'
        """
        if assumed := _ASSUMED_ROLE.fullmatch(arn):
            role = f"arn:{assumed['partition']}:iam::{assumed['account']}:role/{assumed['role']}"
            return cls(how=SIGNED, name=role, session=assumed["session"])
        if federated := _FEDERATED.fullmatch(arn):
            return cls(how=SIGNED, name=federated["name"], session=federated["session"])
        return cls(how=SIGNED, name=named_role(arn))

    @classmethod
    def by_link(cls, typed: str) -> Self:
        r"""Return who holds a link, under the name they typed.

        >>> str(Principal.by_link(" Ada\u200b  Lovelace "))
        'Ada Lovelace (by link)'

        Raises:
            UnusableNameError: nobody could read the name, or would read it wrongly.
        """
        return cls(how=BY_LINK, name=_readable(typed))

    @classmethod
    def parse(cls, record: Mapping[str, Any]) -> Self:
        """Read what `as_record` wrote; a record that says nothing of a proof has none."""
        how = SIGNED if record.get("how") == SIGNED else BY_LINK
        return cls(how=how, name=record["by"], session=record.get("session", ""))

    def as_record(self) -> dict[str, str]:
        """The principal as a vote keeps it."""
        return {"by": self.name, "how": self.how, "session": self.session}

    def is_same_as(self, other: Principal) -> bool:
        """True if both are proved to be one; nothing is known about those who come by link."""
        proved = self.how == other.how == SIGNED
        return proved and self.name.casefold() == other.name.casefold()

    def is_uploader(self, requester: str, *, home: str) -> bool:
        """True if this principal is, or acts for, the requester that S3 names for an upload.

        S3 names an account as a rule. Everybody who signs is of some account, so of the stack's
        own account, `home`, that tells nothing; any other account is taken as a whole.
        """
        if self.how != SIGNED:
            return False
        if requester.startswith("arn:"):
            return self.is_same_as(Principal.signed(requester))
        return requester != home and self.name.split(":")[4] == requester

    def __str__(self) -> str:
        """Name and proof."""
        session = f", session {self.session}" if self.session else ""
        return f"{self.name} ({self.how}{session})"


def named_role(arn: str) -> str:
    """Return a role's ARN without its path, which sessions do not tell; any other as it is.

    >>> named_role("arn:aws:iam::123456789012:role/aws-reserved/sso.amazonaws.com/Operator")
    'arn:aws:iam::123456789012:role/Operator'
    """
    found = _ROLE.fullmatch(arn)
    return found["head"] + found["role"] if found else arn


def is_identity(arn: str) -> bool:
    """True for the ARN of a user, a role or the root user; a role's session is no identity."""
    return _IDENTITY.fullmatch(arn) is not None


def _readable(typed: str) -> str:
    text = unicodedata.normalize("NFKC", typed)
    seen = (c for c in _UNSEEN.sub("", text) if unicodedata.category(c) != "Cf")
    name = " ".join("".join(seen).split())
    if not name:
        raise UnusableNameError("Say who you are: the decision is kept under your name.")
    if len(name) > MAX_NAME_CHARACTERS:
        raise UnusableNameError(f"A name has at most {MAX_NAME_CHARACTERS} characters.")
    if not all(c == " " or c in _MARKS or unicodedata.category(c)[0] in "LMN" for c in name):
        raise UnusableNameError(
            f"A name has letters, digits, blanks and {' '.join(sorted(_MARKS))}"
        )
    if any(len(_alphabets(word)) > 1 for word in re.split(r"[^\w]+", name)):
        raise UnusableNameError("The letters of a word are of one alphabet.")
    return name


def _alphabets(word: str) -> set[str]:
    return {unicodedata.name(c, "").partition(" ")[0] for c in word} & _LOOK_ALIKE
