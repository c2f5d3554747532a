"""Lets faults happen to events on their way to the bus: lost, repeated, out of order."""

from __future__ import annotations

import json
from collections.abc import Iterable

from localcloud.events.event import Event
from localcloud.faults.rules import Plan


class FaultyEvents:
    """Says for an event when, and how often, it is published."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan

    def __call__(self, event: Event) -> Iterable[tuple[float, Event]]:
        """The delay in seconds of each publication."""
        text = json.dumps(event["detail"], ensure_ascii=False)
        fault = self._plan.for_event(source=event["source"], text=text)
        if fault is None:
            return [(0.0, event)]
        match fault.rule.action:
            case "drop_events":
                return []
            case "delay_events":
                return [(fault.dice.uniform(0, fault.rule.seconds), event)]
        return [(0.0, event)] * fault.rule.copies
