"""Which records of the control table are at rest since long, and forgotten: pure decisions.

| Record | Forgotten once |
| --- | --- |
| RUN, with its LOADs | it ended before the day, and somebody was told |
| FILE | it was settled and its file taken away; claimed before the day |
| APPROVAL | it was decided, and the run has its answer; asked before the day |
| INVITATION | it expired before the day |
| ORDER, ASTRAY | their second, their day, is before the day |
| DATASET, ERASURE, and whatever else | never |

What carries `open` is at work, however old; only an invitation carries it to be listed.
A file that S3 keeps back stays in the landing zone, where its claim keeps runs away from it, so
that claim stays too.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

ATTRIBUTES = (
    "pk", "sk", "open", "run_id", "notice", "ended_at", "state", "disposition", "claimed_at",
    "callback", "created_at", "expires_at",
)  # fmt: skip
"""What decides: never the token of an approval, nor what anybody said."""

TAKEN_AWAY = frozenset({"archived", "quarantined", "missing"})
"""Dispositions of files that no event can bring back."""


def is_forgotten(item: Mapping[str, Any], before: str) -> bool:
    """Tell of a record, LOADs excepted, whether it is older than `before` and at rest.

    >>> is_forgotten({"pk": "ORDER#b#k", "sk": "2026-07-01T00:00:00.000Z"}, "2026-07-02")
    True
    """
    kind = str(item["pk"]).partition("#")[0]
    if "open" in item and kind != "INVITATION":
        return False
    moment: object
    match kind, item["sk"]:
        case "RUN", "RUN":
            rests, moment = item.get("notice") == "SENT", item.get("ended_at")
        case "FILE", "CLAIM":
            is_away = item.get("state") == "SETTLED" and item.get("disposition") in TAKEN_AWAY
            rests, moment = is_away, item.get("claimed_at")
        case "APPROVAL", "APPROVAL":
            rests, moment = item.get("callback") == "SENT", item.get("created_at")
        case "INVITATION", "INVITATION":
            rests, moment = True, item.get("expires_at")
        case (("ORDER" | "ASTRAY"), moment):
            rests = True
        case _:
            return False
    return rests and _is_past(moment, before)


def _is_past(moment: object, before: str) -> bool:
    """Timestamps, and days alone, sort as text."""
    return isinstance(moment, str) and bool(moment) and moment < before
