"""The event buses: which rule an event matches, and what each of its targets is sent."""

from __future__ import annotations

import functools
import logging
from collections.abc import Callable, Iterable
from typing import Any
from uuid import uuid4

from moto.events.models import Rule, events_backends

from localcloud.clock import Clock
from localcloud.events.delivery import Delivery, Parcel
from localcloud.events.event import Event, timestamp
from localcloud.events.transform import target_input

log = logging.getLogger(__name__)

Reroute = Callable[[Event], Iterable[tuple[float, Event]]]
"""What becomes of an event of a service: (delay in seconds, event) for each that is published."""


class Bus:
    """Matches events against the rules that moto keeps and delivers to the rules' targets."""

    def __init__(
        self,
        delivery: Delivery,
        clock: Clock,
        *,
        reroute: Reroute,
        matched: Callable[[str], None],
    ) -> None:
        """`matched` hears the name of each rule that has something to send."""
        self._delivery = delivery
        self._clock = clock
        self._reroute = reroute
        self._matched = matched

    def publish(self, event: Event) -> None:
        """Offer an event of a service to the rules of its region's default bus."""
        for delay, published in self._reroute(event):
            if delay:
                self._clock.call_later(delay, functools.partial(self._offer, published))
            else:
                self._offer(published)

    def route(self, rule: Any, event: Event) -> None:
        """Send an event to the targets of a rule, if the rule is enabled and matches it."""
        if rule.state == "DISABLED" or not rule.event_pattern.get_pattern():
            return
        if rule.event_pattern.matches_event(event):
            self.trigger(rule, event)

    def trigger(self, rule: Any, event: Event) -> None:
        """Send an event to the targets of a rule."""
        now = self._clock.now()
        self._matched(rule.name)
        for target in list(rule.targets):
            body = target_input(target, event, rule_arn=rule.arn, ingested_at=timestamp(now))
            self._delivery.send(
                Parcel(
                    target=target,
                    body=body,
                    name=f"{event['id']}_{uuid4()}",
                    created_at=now,
                    origin={"RULE_ARN": rule.arn},
                )
            )

    def _offer(self, event: Event) -> None:
        bus = events_backends[event["account"]][event["region"]].event_buses["default"]
        for rule in list(bus.rules.values()):
            self.route(rule, event)


def take_over_rules(bus: Bus, clock: Clock) -> None:
    """Let moto's PutEvents hand matching to `bus`; by itself it reaches few kinds of targets."""

    def send_to_targets(rule: Any, event: Event, transform_input: bool = True) -> None:  # noqa: ARG001
        published = {key: value for key, value in event.items() if key != "ingestion-time"}
        published["time"] = timestamp(_seconds(event.get("time"), clock))
        bus.route(rule, published)

    rules: Any = Rule
    rules.send_to_targets = send_to_targets


def _seconds(moment: Any, clock: Clock) -> float:
    return float(moment) if isinstance(moment, int | float) else clock.now()
