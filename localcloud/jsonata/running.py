"""One evaluation under way: its variables, its time and its bounds."""

from __future__ import annotations

import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from localcloud.jsonata.errors import JsonataError
from localcloud.jsonata.values import UNDEFINED, Value

_TICKS_PER_LOOK: Final = 256  # steps between two looks at the clock

# Each call of a function of the language takes about ten of Python's; `Bounds.depth` comes first.
_PYTHON_DEPTH: Final = 10_000
sys.setrecursionlimit(max(sys.getrecursionlimit(), _PYTHON_DEPTH))


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """How long an evaluation may take, and how deep its functions may call each other."""

    seconds: float = 5.0
    depth: int = 500


def too_deep() -> JsonataError:
    """Functions call each other without end, or almost."""
    message = (
        "Stack overflow error: Check for non-terminating recursive function."
        "  Consider rewriting as tail-recursive."
    )
    return JsonataError("U1001", message=message)


def out_of_time() -> JsonataError:
    """The evaluation has taken all its time."""
    return JsonataError("U1001", message="Expression evaluation timeout: Check for infinite loop")


class Run:
    """What all parts of one evaluation share. `started_ms` is its time, for `$now()`."""

    __slots__ = ("_ticks", "bounds", "deadline", "depth", "started_ms")

    def __init__(self, bounds: Bounds) -> None:
        self.bounds = bounds
        self.deadline = time.monotonic() + bounds.seconds
        self.started_ms = time.time_ns() // 1_000_000
        self.depth = 0
        self._ticks = 0

    def tick(self) -> None:
        """Count a step.

        Raises:
            JsonataError: `U1001`, the time is over.
        """
        self._ticks += 1
        if self._ticks >= _TICKS_PER_LOOK:
            self._ticks = 0
            self.seconds_left()

    def seconds_left(self) -> float:
        """The rest of the time.

        Raises:
            JsonataError: `U1001`, there is none.
        """
        left = self.deadline - time.monotonic()
        if left <= 0:
            raise out_of_time()
        return left

    def enter(self) -> None:
        """Begin a call.

        Raises:
            JsonataError: `U1001`, calls are nested too deep; `U1001`, the time is over.
        """
        self.depth += 1
        if self.depth > self.bounds.depth:
            raise too_deep()
        self.tick()


class Frame:
    """Variables of one scope, within those around it."""

    __slots__ = ("parent", "run", "values")

    def __init__(self, parent: Frame | None, run: Run, values: Mapping[str, Value]) -> None:
        self.parent = parent
        self.run = run
        self.values = values

    def bind(self, name: str, value: Value) -> None:
        """Give a variable of this scope, which is not the outermost, a value."""
        self.values[name] = value  # type: ignore[index] # only the outermost is read-only

    def lookup(self, name: str) -> Value:
        """The variable's value, or nothing."""
        frame: Frame | None = self
        while frame is not None:
            if name in frame.values:
                return frame.values[name]
            frame = frame.parent
        return UNDEFINED

    def inner(self, values: dict[str, Value]) -> Frame:
        """A scope within this one."""
        return Frame(self, self.run, values)
