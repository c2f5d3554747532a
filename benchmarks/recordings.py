"""Executions that AWS recorded, and how a value compares with a recorded one."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

Json = Any
Event = dict[str, Json]

_PLACEHOLDER = re.compile(
    r"<(?:[^<>]|<[^<>]*>)+>|\b111111111111\b|\blambda_function_(?:\d_)?name\b|\bactivity_arn\b"
)
_VOLATILE = frozenset(
    {
        "RandomNumberGenerated",
        "RequestId",
        "X-Amzn-Trace-Id",
        "date",
        "entered-time",
        "generated-uuid",
        "map_run_arn",
        "snf_role_arn",
        "start-time",
        "timestamp",
        "x-amzn-RequestId",
    }
)
_MEASURES = frozenset({"Content-Length"})  # of texts that hold placeholders
_A_TIME = "2024-01-01T00:00:00"
_TIME = re.compile(r'"(?:date|timestamp|<timestamp>)"')
_REFUSED_VALUE = re.compile(r" == ([^<]+)$")
_SUFFIX = re.compile(r"\[([^\]]*)\]#")
_ENDS = re.compile(r"(?:Task|LambdaFunction|Activity)(Succeeded|Failed|TimedOut)$")


def details(event: Event) -> dict[str, Json]:
    """What an event carries besides its type and ids."""
    for key, value in event.items():
        if key.endswith("EventDetails") and isinstance(value, dict):
            return value
    return {}


def as_text(value: Json) -> str:
    """A recorded JSON text, which the recording may hold parsed."""
    if isinstance(value, str):
        return value
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def parsed(value: Json) -> Json:
    """The value of a text that is JSON, else the text."""
    if isinstance(value, str):
        try:
            return json.loads(value)
        except ValueError:
            return value
    return value


def agrees(expected: Json, actual: Json) -> bool:
    """Whether a value is what was recorded, placeholders standing for anything."""
    if isinstance(expected, str):
        return _text_agrees(expected, actual)
    actual = parsed(actual)
    if isinstance(expected, dict) and isinstance(actual, dict):
        return expected.keys() == actual.keys() and all(
            key in _MEASURES or agrees(value, actual[key]) for key, value in expected.items()
        )
    if isinstance(expected, list) and isinstance(actual, list):
        return len(expected) == len(actual) and all(map(agrees, expected, actual))
    return type(expected) is type(actual) and expected == actual


def _text_agrees(expected: str, actual: Json) -> bool:
    if expected in _VOLATILE or expected == actual:
        return True
    value = parsed(expected)
    if not isinstance(value, str):
        return agrees(value, actual)
    if not isinstance(actual, str):
        return _PLACEHOLDER.fullmatch(expected) is not None
    if value != expected:
        return agrees(value, parsed(actual))
    pieces = (re.escape(piece) for piece in _PLACEHOLDER.split(expected))
    return re.fullmatch(".*?".join(pieces), actual, re.DOTALL) is not None


@dataclass(frozen=True, slots=True)
class Case:
    """A definition and what AWS recorded of its execution."""

    name: str
    definition: Json
    events: list[Event]

    @property
    def area(self) -> str:
        """The folder of the recorded test."""
        parts = self.name.split("::")[0].split("/")
        return parts[-2] if parts[-2] != "v2" else "api"

    @property
    def short_name(self) -> str:
        """The test's own name."""
        return self.name.split("::")[-1].split("#")[0]

    @property
    def concurrent(self) -> bool:
        """Whether the recording hides the ids, and thereby the order, of concurrent branches."""
        return any(not isinstance(event["id"], int) for event in self.events)

    @property
    def backwards(self) -> bool:
        """Whether the history was asked for in reverse order."""
        first: str = self.events[0]["type"]
        return first != "ExecutionStarted"

    def input(self) -> str:
        """The execution's input; placeholders of times become the times that AWS was given."""
        started = self.events[-1 if self.backwards else 0]
        text = as_text(details(started).get("input", {}))
        return _TIME.sub(json.dumps(self._time()), text)

    def _time(self) -> str:
        for event in self.events:
            refused = _REFUSED_VALUE.search(as_text(details(event).get("cause", "")))
            if refused is not None:
                return refused[1]
        suffix = _SUFFIX.search(self.name)
        return _A_TIME + (suffix[1] if suffix and not suffix[1].isalpha() else "Z")

    def task_ends(self) -> Iterator[Event]:
        """The events that end a task, in order."""
        return (event for event in self.events if _ENDS.search(event["type"]))

    def files(self) -> Iterator[Json]:
        """Documents that ItemReaders may have read: the outputs of distributed Maps, in order."""
        distributed = any(event["type"] == "MapRunStarted" for event in self.events)
        for event in self.events:
            if distributed and event["type"] == "MapStateExited":
                yield parsed(details(event)["output"])
            if "non-iterable" in as_text(details(event).get("cause", "")):
                yield {"no": "list"}


def load(path: Path) -> list[Case]:
    """The cases of a file."""
    recorded = json.loads(path.read_text(encoding="utf-8"))
    return [Case(name, case["definition"], case["events"]) for name, case in recorded.items()]
