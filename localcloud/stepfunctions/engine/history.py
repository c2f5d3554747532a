"""The events of one execution, as GetExecutionHistory returns them.

Source: https://docs.aws.amazon.com/step-functions/latest/apireference/API_HistoryEvent.html
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

# Source: https://docs.aws.amazon.com/step-functions/latest/dg/service-quotas.html
MAX_EVENTS: Final = 25_000

_PAYLOADS: Final = ("input", "output", "parameters", "assignedVariables")
# The payloads that say in a member of their own whether they were cut.
_TRUNCATION: Final = {
    "input": "inputDetails",
    "output": "outputDetails",
    "assignedVariables": "assignedVariablesDetails",
}


class HistoryFullError(Exception):
    """The execution has as many events as one may have."""


@dataclass(frozen=True, slots=True)
class Event:
    """One event; `at` is in seconds since the epoch, `details` lacks what rendering adds."""

    previous_id: int
    type: str
    at: float
    details: Mapping[str, Any] | None


class History:
    """Events numbered from 1; an EXPRESS execution only counts them."""

    __slots__ = ("_kept", "count", "events")

    def __init__(self, *, kept: bool) -> None:
        self.events: list[Event] = []
        self.count = 0
        self._kept = kept

    def add(self, event: Event, *, last: bool = False) -> int:
        """Append an event and return its id.

        Raises:
            HistoryFullError: only the last event of the execution still fits.
        """
        if self._kept:
            if self.count >= MAX_EVENTS - 1 and not last:
                raise HistoryFullError
            self.events.append(event)
        self.count += 1
        return self.count


def render(event_id: int, event: Event, *, include_data: bool) -> dict[str, Any]:
    """The event in the form of the API."""
    shown: dict[str, Any] = {
        "timestamp": event.at,
        "type": event.type,
        "id": event_id,
        "previousEventId": event.previous_id,
    }
    if event.details is not None:
        shown[_details_member(event.type)] = _render_details(event.details, include_data)
    return shown


def _details_member(event_type: str) -> str:
    for generic in ("StateEntered", "StateExited"):
        if event_type.endswith(generic):
            event_type = generic
    return f"{event_type[0].lower()}{event_type[1:]}EventDetails"


def _render_details(details: Mapping[str, Any], include_data: bool) -> dict[str, Any]:
    shown = {}
    for name, value in details.items():
        if name in _PAYLOADS and not include_data:
            continue
        shown[name] = value
        if name in _TRUNCATION:
            shown[_TRUNCATION[name]] = {"truncated": False}
    return shown
