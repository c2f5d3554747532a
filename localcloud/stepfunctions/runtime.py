"""What executions need from the world around them, in one place."""

from __future__ import annotations

import itertools
import random
from collections.abc import Callable, Coroutine, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from localcloud.clock import Clock, Timer
from localcloud.stepfunctions.engine.scheduler import Promise, Scheduler
from localcloud.stepfunctions.engine.workers import Workers
from localcloud.stepfunctions.query.scope import Json
from localcloud.stepfunctions.tokens import Tokens

if TYPE_CHECKING:
    from localcloud.stepfunctions.activities import Activity
    from localcloud.stepfunctions.durability.journal import Journal
    from localcloud.stepfunctions.execution import Execution
    from localcloud.stepfunctions.integrations.call import Call
    from localcloud.stepfunctions.machines import Machine
    from localcloud.stepfunctions.map_run import MapRun


@dataclass(frozen=True, kw_only=True, slots=True)
class LambdaReply:
    """What an invoked function answered."""

    payload: bytes
    function_error: str | None
    executed_version: str
    request_id: str = ""


class ServiceError(Exception):
    """A service refused a call with an error code, such as `TooManyRequestsException`."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(code, message)
        self.code = code
        self.message = message


@dataclass(kw_only=True)
class Runtime:
    """The clock, the threads and the services that every execution shares."""

    clock: Clock
    account: str
    region: str
    invoke_lambda: Callable[[str, bytes], LambdaReply]
    client: Callable[[str], Any]
    on_status_change: Callable[[dict[str, Any]], None]
    scheduler: Scheduler
    workers: Workers
    tokens: Tokens
    perform: Callable[[Call], Coroutine[Any, None, Json]]
    journal: Journal | None = None
    activities: dict[str, Activity] = field(default_factory=dict)
    machines: dict[str, Machine] = field(default_factory=dict)
    executions: dict[str, Execution] = field(default_factory=dict)
    map_runs: dict[str, MapRun] = field(default_factory=dict)
    random: random.Random = field(default_factory=random.SystemRandom)

    numbers: Iterator[int] = field(default_factory=itertools.count)

    def next_number(self) -> int:
        """A number that no other execution of this process has."""
        return next(self.numbers)

    def keep(self, machine: Machine) -> None:
        """Write a state machine that has changed to the journal."""
        if self.journal is not None:
            self.journal.machine(machine)

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
