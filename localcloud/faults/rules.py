"""A rule says what goes wrong, to which requests or events, how often.

`{"service": "dynamodb", "operation": "PutItem", "resource": "control", "error": "throttle",
"skip": 1, "count": 2, "probability": 0.5, "caller": "function"}`

* `service` is the signing name (`states`, `dynamodb`, `s3`, `lambda`, …), `operation` the API's
  name for it; both may be left out.  `resource` is a text that stands in the request: a
  function's, table's, or queue's name, an object's key.
* `caller` is `function` for requests of Lambda functions, `any` (default) for all.
* Exactly one of these says what happens to a request:
  `error`: an error code, or `throttle` and `fault` for the service's own (with `status`);
  `lose_reply: true`: it is carried out and the connection is cut;
  `unprocessed: true`: a part of a BatchWriteItem comes back as UnprocessedItems;
  `kill_caller`: `before` or `after` it is carried out, the calling process is killed.
* Or to an event, whose source is named and whose key or ARN holds `resource`:
  `drop_events`, `duplicate_events` (with `copies`), `delay_events` (with `seconds`, at random
  up to it, which reorders).
* `skip` lets so many pass first, `count` ends the rule after so many faults,
  `probability` decides each time, by the plan's seed, the rule and how many it has seen.
"""

from __future__ import annotations

import random
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from typing import Any, Literal, Self

REQUEST_ACTIONS = ("error", "lose_reply", "unprocessed", "kill_caller")
EVENT_ACTIONS = ("drop_events", "duplicate_events", "delay_events")


class InvalidRuleError(ValueError):
    """A rule says nothing, too much, or what nobody understands."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Rule:
    """What goes wrong, where, and how often."""

    service: str | None = None
    operation: str | None = None
    resource: str = ""
    caller: Literal["any", "function"] = "any"
    error: str | None = None
    status: int | None = None
    lose_reply: bool = False
    unprocessed: bool = False
    kill_caller: Literal["before", "after"] | None = None
    drop_events: str | None = None
    duplicate_events: str | None = None
    delay_events: str | None = None
    copies: int = 2
    seconds: float = 1.0
    skip: int = 0
    count: int | None = None
    probability: float = 1.0

    @classmethod
    def parse(cls, document: Mapping[str, Any]) -> Self:
        """Read a rule.

        Raises:
            InvalidRuleError: it has unknown members, or not exactly one action.
        """
        unknown = document.keys() - {field.name for field in fields(cls)}
        if unknown:
            raise InvalidRuleError(f"a rule has no {', '.join(sorted(unknown))}")
        rule = cls(**document)
        actions = [name for name in (*REQUEST_ACTIONS, *EVENT_ACTIONS) if getattr(rule, name)]
        if len(actions) != 1:
            raise InvalidRuleError(
                f"a rule needs exactly one of {', '.join((*REQUEST_ACTIONS, *EVENT_ACTIONS))}"
            )
        return rule

    @property
    def event_source(self) -> str | None:
        """Whose events it is about: `s3` for `aws.s3`; None for a rule about requests."""
        return self.drop_events or self.duplicate_events or self.delay_events

    @property
    def action(self) -> str:
        """The name of what it does."""
        names = (*REQUEST_ACTIONS, *EVENT_ACTIONS)
        return next(name for name in names if getattr(self, name))


@dataclass(frozen=True, kw_only=True, slots=True)
class Fault:
    """One decision to let something go wrong; `dice` is for the details of it."""

    rule: Rule
    dice: random.Random


@dataclass(frozen=True, kw_only=True, slots=True)
class Call:
    """A request as far as rules look at it; `text` is searched for a rule's `resource`."""

    service: str
    operation: str
    text: str
    from_function: bool


class Plan:
    """The rules in force, and what they have done so far.

    Whether the n-th match of a rule fails depends on the seed, the rule's place and n only, not
    on how threads take turns.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.replace([], seed=0)

    def replace(self, rules: list[Rule], *, seed: int) -> None:
        """Put other rules in force and forget what happened under the old ones."""
        with self._lock:
            self._rules = tuple(rules)
            self._seed = seed
            self._seen = [0] * len(rules)
            self._done = [0] * len(rules)
            self._log: list[dict[str, Any]] = []

    def for_call(self, call: Call) -> Fault | None:
        """What goes wrong with a request: the first rule that wants it."""
        return self._decide(
            lambda rule: (
                rule.event_source is None
                and rule.service in (None, call.service)
                and rule.operation in (None, call.operation)
                and rule.resource in call.text
                and (rule.caller == "any" or call.from_function)
            ),
            {"service": call.service, "operation": call.operation},
        )

    def for_event(self, *, source: str, text: str) -> Fault | None:
        """What goes wrong with an event of a source such as `aws.s3`."""
        if not self._rules:
            return None
        name = source.removeprefix("aws.")
        return self._decide(
            lambda rule: rule.event_source == name and rule.resource in text, {"source": source}
        )

    @property
    def active(self) -> bool:
        """Whether there are any rules."""
        return bool(self._rules)

    def log(self) -> list[dict[str, Any]]:
        """What went wrong so far, in order."""
        with self._lock:
            return list(self._log)

    def _decide(self, wants: Callable[[Rule], bool], about: Mapping[str, Any]) -> Fault | None:
        with self._lock:
            for place, rule in enumerate(self._rules):
                if not wants(rule) or (rule.count is not None and self._done[place] >= rule.count):
                    continue
                number = self._seen[place]
                self._seen[place] += 1
                dice = random.Random(f"{self._seed}/{place}/{number}")  # noqa: S311  repeatable
                if number < rule.skip or dice.random() >= rule.probability:
                    continue
                self._done[place] += 1
                self._log.append({**about, "rule": place, "action": rule.action})
                return Fault(rule=rule, dice=dice)
        return None
