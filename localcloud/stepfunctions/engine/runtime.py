"""What executions need from the world around them, in one place."""

from __future__ import annotations

import itertools
import random
from collections.abc import Callable, Coroutine, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from localcloud.clock import Clock, Timer
from localcloud.stepfunctions.engine.history import Event
from localcloud.stepfunctions.engine.scheduler import Promise, Scheduler
from localcloud.stepfunctions.engine.tokens import Tokens
from localcloud.stepfunctions.engine.workers import Workers
from localcloud.stepfunctions.maps.config import ReaderConfig
from localcloud.stepfunctions.maps.results import ResultFile
from localcloud.stepfunctions.query.scope import Json

Perform = Callable[[Any], Coroutine[Any, None, Json]]


class Journal(Protocol):
    """Keeps what happens, if anything does; nothing takes effect before it is kept.

    Executions and map runs are those of the engine, which this module does not know.
    """

    def execution(self, execution: Any) -> None:
        """Keep a new execution."""
        ...

    def event(self, execution: Any, event: Event, branch: Any, step: Any) -> None:
        """Keep an event, and the step of a branch that comes with it."""
        ...

    def step(self, execution: Any, branch: Any, step: Any) -> None:
        """Keep a step that no event tells of."""
        ...

    def map_run(self, map_run: Any) -> None:
        """Keep a map run as it is now, without its children."""
        ...

    def shares(self, map_run: Any) -> None:
        """Keep what the children of a map run work on."""
        ...


class Storage(Protocol):
    """Where a distributed Map finds its items and leaves its results; the calls block."""

    def read(self, action: str, arguments: Mapping[str, Any], config: ReaderConfig) -> list[Json]:
        """The items."""
        ...

    def write(self, bucket: str, files: Sequence[ResultFile]) -> None:
        """Leave result files."""
        ...


@dataclass(frozen=True, kw_only=True, slots=True)
class LambdaReply:
    """What an invoked function answered."""

    payload: bytes
    function_error: str | None
    executed_version: str
    request_id: str = ""
    log_tail: str = ""
    """The end of what the invocation has logged."""


class ServiceError(Exception):
    """A service refused a call with an error code, such as `TooManyRequestsException`."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(code, message)
        self.code = code
        self.message = message


@dataclass(kw_only=True)
class Runtime:
    """The clock, the threads and whatever else every execution shares.

    What lies outside the engine is handed in: how tasks are performed, or gone on with after a
    restart, who hears of a change of status, who is told each event, and what keeps executions.
    """

    clock: Clock
    account: str
    region: str
    invoke_lambda: Callable[[str, bytes], LambdaReply]
    expect_lambdas: Callable[[Sequence[str]], None]  # told what a new execution may invoke
    client: Callable[[str], Any]
    announce: Callable[[Any], None]  # of an execution whose status has changed
    scheduler: Scheduler
    workers: Workers
    tokens: Tokens
    perform: Perform
    resume: Perform
    storage: Storage
    note: Callable[[Any, int, Event], None] = lambda _execution, _id, _event: None
    journal: Journal | None = None
    activities: Mapping[str, Any] = field(default_factory=dict)
    executions: dict[str, Any] = field(default_factory=dict)
    map_runs: dict[str, Any] = field(default_factory=dict)
    job_ends: dict[str, Promise[None]] = field(default_factory=dict)  # of job runs, by their id
    random: random.Random = field(default_factory=random.SystemRandom)

    numbers: Iterator[int] = field(default_factory=itertools.count)

    def next_number(self) -> int:
        """A number that no other execution of this process has."""
        return next(self.numbers)

    def arn(self, kind: str, name: str) -> str:
        """The ARN of something of Step Functions in this account and region."""
        return f"arn:aws:states:{self.region}:{self.account}:{kind}:{name}"

    def at(self, when: float, action: Callable[[], None]) -> Timer:
        """Run an action on the scheduler's thread once the clock shows `when`."""
        return self.clock.call_at(when, lambda: self.scheduler.post(action))

    async def sleep_until(self, when: float) -> None:
        """Wait until the clock shows `when` (seconds since the epoch)."""
        due: Promise[None] = Promise()
        timer = self.at(when, lambda: due.resolve(None))
        try:
            await due
        finally:
            timer.cancel()
