"""Fires EventBridge Scheduler's schedules and the scheduled rules of EventBridge.

moto keeps both but never fires them.  Here each has one timer on the clock; `refresh` compares
the timers with what moto keeps.  A clock that jumps over several due times fires once.
"""

from __future__ import annotations

import json
import logging
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from moto.events.models import events_backends
from moto.scheduler.models import scheduler_backends

from localcloud.clock import Clock, Timer
from localcloud.events.bus import Bus
from localcloud.events.delivery import Delivery, Parcel
from localcloud.events.event import make_event, timestamp
from localcloud.events.recurrence import Recurrence, parse

log = logging.getLogger(__name__)

Identity = tuple[str, str, str, float, float | None]


@dataclass(frozen=True, kw_only=True, slots=True)
class Plan:
    """What is to happen again and again: `fire` gets the time for which it was due."""

    arn: str
    expression: str
    zone: str
    beginning: float
    end: float | None
    fire: Callable[[float], None]

    @property
    def identity(self) -> Identity:
        """Plans of the same identity are due at the same times."""
        return (self.arn, self.expression, self.zone, self.beginning, self.end)


class Schedules:
    """One timer for each schedule that is enabled."""

    def __init__(self, bus: Bus, delivery: Delivery, clock: Clock, *, account: str) -> None:
        self._bus = bus
        self._delivery = delivery
        self._clock = clock
        self._account = account
        self._lock = threading.Lock()
        self._plans: dict[Identity, Plan] = {}
        self._timers: dict[Identity, Timer | None] = {}
        self._rule_births: dict[str, float] = {}

    def refresh(self) -> None:
        """Set timers for what is new, cancel those of what is gone or has changed."""
        with self._lock:
            self._plans = {plan.identity: plan for plan in self._read_plans()}
            for identity in self._timers.keys() - self._plans.keys():
                if timer := self._timers.pop(identity):
                    timer.cancel()
            for identity in self._plans.keys() - self._timers.keys():
                self._timers[identity] = self._set_timer(self._plans[identity])

    def _set_timer(self, plan: Plan) -> Timer | None:
        try:
            recurrence = parse(plan.expression, plan.zone)
        except (ValueError, KeyError) as error:
            log.warning("%s never fires: %s", plan.arn, error)
            return None
        return self._wait(plan, recurrence)

    def _wait(self, plan: Plan, recurrence: Recurrence) -> Timer | None:
        due = recurrence.next_after(self._clock.now(), beginning=plan.beginning)
        if due is None or (plan.end is not None and due > plan.end):
            return None
        return self._clock.call_at(due, lambda: self._fire(plan.identity, recurrence, due))

    def _fire(self, identity: Identity, recurrence: Recurrence, due: float) -> None:
        with self._lock:
            plan = self._plans.get(identity)
            if plan is None:
                return
            self._timers[identity] = self._wait(plan, recurrence)
        plan.fire(due)

    def _read_plans(self) -> Iterator[Plan]:
        for backend in list(scheduler_backends[self._account].values()):
            for group in list(backend.schedule_groups.values()):
                for schedule in list(group.schedules.values()):
                    if schedule.state == "ENABLED":
                        yield self._of_schedule(schedule, group)
        for region, events in list(events_backends[self._account].items()):
            for rule in list(events.event_buses["default"].rules.values()):
                if rule.scheduled_expression and rule.state != "DISABLED":
                    yield self._of_rule(rule, region)

    def _of_schedule(self, schedule: Any, group: Any) -> Plan:
        def fire(due: float) -> None:
            execution = str(uuid4())
            text = str(schedule.target.get("Input") or self._default_input(schedule, due))
            for keyword, value in {
                "<aws.scheduler.scheduled-time>": timestamp(due),
                "<aws.scheduler.schedule-arn>": schedule.arn,
                "<aws.scheduler.execution-id>": execution,
                "<aws.scheduler.attempt-number>": "1",
            }.items():
                text = text.replace(keyword, value)
            self._delivery.send(
                Parcel(
                    target=schedule.target,
                    body=text,
                    name=execution,
                    created_at=self._clock.now(),
                    origin={"SCHEDULE_ARN": schedule.arn, "EXECUTION_ID": execution},
                )
            )
            once = schedule.schedule_expression.startswith("at(")
            if once and schedule.action_after_completion == "DELETE":
                group.schedules.pop(schedule.name, None)

        return Plan(
            arn=schedule.arn,
            expression=schedule.schedule_expression,
            zone=schedule.schedule_expression_timezone,
            beginning=_moment(schedule.start_date) or _moment(schedule.creation_date) or 0.0,
            end=_moment(schedule.end_date),
            fire=fire,
        )

    def _default_input(self, schedule: Any, due: float) -> str:
        """What a target gets for which no Input was given."""
        event = make_event(
            source="aws.scheduler",
            detail_type="Scheduled Event",
            detail={},
            account=self._account,
            region=schedule.arn.split(":")[3],
            resources=[schedule.arn],
            at=due,
        )
        return json.dumps(event | {"detail": "{}"})

    def _of_rule(self, rule: Any, region: str) -> Plan:
        def fire(due: float) -> None:
            event = make_event(
                source="aws.events",
                detail_type="Scheduled Event",
                detail={},
                account=self._account,
                region=region,
                resources=[rule.arn],
                at=due,
            )
            self._bus.trigger(rule, event)

        return Plan(
            arn=rule.arn,
            expression=rule.scheduled_expression,
            zone="UTC",
            beginning=self._rule_births.setdefault(rule.arn, self._clock.now()),
            end=None,
            fire=fire,
        )


def _moment(value: Any) -> float | None:
    return None if value in (None, "") else float(value)
