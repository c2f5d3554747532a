"""When a schedule is due: `rate(…)`, `cron(…)` and `at(…)`."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from localcloud.events.cron import Cron

_SECONDS = {"minute": 60, "hour": 3_600, "day": 86_400}
_EXPRESSION = re.compile(r"(?P<kind>rate|cron|at)\((?P<body>[^()]*)\)")
_RATE = re.compile(r"(?P<count>[1-9]\d*) (?P<unit>minute|hour|day)s?")


@dataclass(frozen=True, slots=True)
class Rate:
    """Every so many seconds, counted from a beginning."""

    seconds: int

    def next_after(self, moment: float, *, beginning: float) -> float | None:
        """The first due time after `moment`; `beginning` itself is none."""
        passed = max(0, int((moment - beginning) // self.seconds))
        return beginning + (passed + 1) * self.seconds


@dataclass(frozen=True, slots=True)
class Calendar:
    """At the times of a cron expression in a time zone."""

    cron: Cron
    zone: ZoneInfo

    def next_after(self, moment: float, *, beginning: float) -> float | None:
        """The first due time after `moment` that is not before `beginning`."""
        start = datetime.fromtimestamp(max(moment, beginning), UTC)
        due = self.cron.next_after(start, self.zone)
        return None if due is None else due.timestamp()


@dataclass(frozen=True, slots=True)
class Once:
    """At one moment, seconds since the epoch."""

    at: float

    def next_after(self, moment: float, *, beginning: float) -> float | None:  # noqa: ARG002
        """That moment, unless it has passed."""
        return self.at if self.at > moment else None


Recurrence = Rate | Calendar | Once


def parse(expression: str, zone: str = "UTC") -> Recurrence:
    """Read a schedule expression; `zone` is an IANA name.

    Raises:
        ValueError: it is none.

    >>> parse("rate(5 minutes)").next_after(600, beginning=0)
    900
    """
    match = _EXPRESSION.fullmatch(expression.strip())
    if match is None:
        raise ValueError(f"{expression!r} is no schedule expression")
    body = match["body"].strip()
    match match["kind"]:
        case "cron":
            return Calendar(Cron.parse(body), ZoneInfo(zone))
        case "at":
            return Once(datetime.fromisoformat(body).replace(tzinfo=ZoneInfo(zone)).timestamp())
    rate = _RATE.fullmatch(body)
    if rate is None:
        raise ValueError(f"{expression!r} is no rate of minutes, hours or days")
    return Rate(int(rate["count"]) * _SECONDS[rate["unit"]])
