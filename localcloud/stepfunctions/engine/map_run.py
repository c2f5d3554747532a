"""A map run: the child executions of one distributed Map state."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Final, Generic, Protocol, TypeVar
from uuid import uuid4

from localcloud.stepfunctions.definition.model import ExecutionType, MapState
from localcloud.stepfunctions.engine.gather import Crew, Start
from localcloud.stepfunctions.engine.plan import Plan
from localcloud.stepfunctions.engine.runtime import Journal, Runtime
from localcloud.stepfunctions.engine.scheduler import CancelledError, Promise
from localcloud.stepfunctions.engine.status import Status
from localcloud.stepfunctions.engine.tolerance import Tolerance
from localcloud.stepfunctions.errors import StatesError

# Source: https://docs.aws.amazon.com/step-functions/latest/dg/state-map-distributed.html
MAX_CONCURRENCY: Final = 10_000

_COUNTED: Final = {
    Status.RUNNING: "running",
    Status.SUCCEEDED: "succeeded",
    Status.FAILED: "failed",
    Status.TIMED_OUT: "timedOut",
    Status.ABORTED: "aborted",
    Status.PENDING_REDRIVE: "pendingRedrive",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """What one child execution works on: its input, and how many items that is."""

    text: str
    items: int


class Child(Protocol):
    """A child execution, as far as its map run knows it."""

    arn: str
    plan: Plan
    status: Status
    ended: Promise[None]

    @property
    def has_failed(self) -> bool:
        """Whether it has ended otherwise than well."""
        ...

    def start(self) -> None:
        """Begin to run."""
        ...

    def redrive(self) -> None:
        """Go on from where it failed."""
        ...

    def stop(self, error: str | None, cause: str | None) -> None:
        """Abort."""
        ...


C = TypeVar("C", bound=Child)
C_co = TypeVar("C_co", bound=Child, covariant=True)


class Parent(Protocol[C_co]):
    """The execution that a map run belongs to."""

    arn: str
    plan: Plan
    runtime: Runtime
    status: Status

    @property
    def journal(self) -> Journal | None:
        """What keeps executions."""
        ...

    def child(self, plan: Plan, map_run: Any, name: str, index: int) -> C_co:
        """An execution of the run's processor, not started yet."""
        ...


class MapRun(Generic[C]):
    """The children of one visit of a distributed Map; belongs to the scheduler's thread."""

    def __init__(self, parent: Parent[C], state: MapState, label: str, arn: str) -> None:
        plan, runtime = parent.plan, parent.runtime
        self.parent = parent
        self.state = state
        self.label = label
        self.arn = arn
        self.owner = f"{plan.state_machine_name}/{label}"
        self.state_machine_arn = runtime.arn("stateMachine", self.owner)
        self.status = Status.RUNNING
        self.started_at = runtime.clock.now()
        self.stopped_at: float | None = None
        self.redrive_count = 0
        self.redriven_at: float | None = None
        self.max_concurrency = 0
        self.tolerance = Tolerance(count=None, percentage=None)
        self.shares: Sequence[Share] = ()
        self.children: list[C | None] = []
        self.results_written = 0
        self._plan = replace(plan, express=state.execution_type is ExecutionType.EXPRESS)
        self._crew: Crew | None = None
        self._items = 0
        self._failed_items = 0

    @classmethod
    def begin(
        cls, parent: Parent[C], state: MapState, *, max_concurrency: int, tolerance: Tolerance
    ) -> MapRun[C]:
        """A new run; it has no shares yet."""
        label = state.label or str(uuid4())
        owner = f"{parent.plan.state_machine_name}/{label}"
        run = cls(parent, state, label, parent.runtime.arn("mapRun", f"{owner}:{uuid4()}"))
        run.max_concurrency = max_concurrency
        run.tolerance = tolerance
        parent.runtime.map_runs[run.arn] = run
        run.keep()
        return run

    def deal(self, shares: Sequence[Share]) -> None:
        """Settle what the children will work on, one share each."""
        self.shares = shares
        self.children = [None] * len(shares)
        self._items = sum(share.items for share in shares)

    def keep(self) -> None:
        """Write the run's own state to the journal."""
        if self.parent.journal is not None:
            self.parent.journal.map_run(self)

    def executions(self) -> list[C]:
        """The child executions that have been started."""
        return [child for child in self.children if child is not None]

    def counts(self, *, of_items: bool) -> dict[str, int]:
        """How many items, or child executions, are in which state."""
        counts = dict.fromkeys(("pending", *_COUNTED.values(), "total"), 0)
        for share, child in zip(self.shares, self.children, strict=True):
            name = "pending" if child is None else _COUNTED[child.status]
            weight = share.items if of_items else 1
            counts[name] += weight
            counts["total"] += weight
        counts["resultsWritten"] = self.results_written
        counts["failuresNotRedrivable"] = 0
        return counts

    def update(
        self, *, max_concurrency: int | None, count: int | None, percentage: float | None
    ) -> None:
        """Change the limits of a run under way."""
        self.tolerance = Tolerance(
            count=self.tolerance.count if count is None else count,
            percentage=self.tolerance.percentage if percentage is None else percentage,
        )
        if max_concurrency is not None:
            self.max_concurrency = max_concurrency
            if self._crew is not None:
                self._crew.resize(max_concurrency or MAX_CONCURRENCY)
        self.keep()

    async def run(self) -> None:
        """Run a child for each share that has not succeeded yet.

        Raises:
            StatesError: `States.ExceedToleratedFailureThreshold`.
        """
        self._failed_items = 0
        scheduler = self.parent.runtime.scheduler
        self._crew = Crew(scheduler, self._open(), self.max_concurrency or MAX_CONCURRENCY)
        try:
            await self._crew.work()
        except StatesError:
            self.end(Status.FAILED)
            raise
        except CancelledError:
            self.end(Status.ABORTED)
            raise
        finally:
            self._crew = None
        self.end(Status.SUCCEEDED)

    def end(self, status: Status) -> None:
        """Note how the run ended."""
        self.status = status
        self.stopped_at = self.parent.runtime.clock.now()
        self.keep()

    def redrive(self) -> None:
        """Begin again with what has not succeeded."""
        self.redrive_count += 1
        self.redriven_at = self.parent.runtime.clock.now()
        self.status = Status.RUNNING
        self.stopped_at = None
        failed = [n for n, child in enumerate(self.children) if child and child.has_failed]
        self.await_redrive(failed)
        self.keep()

    def await_redrive(self, indexes: Iterable[int]) -> None:
        """Note which children will run again."""
        for index in indexes:
            child = self.children[index]
            assert child is not None
            child.status = Status.PENDING_REDRIVE

    @property
    def pending_redrive(self) -> list[int]:
        """Which children will run again, but have not begun to."""
        return [
            index
            for index, child in enumerate(self.children)
            if child is not None and child.status is Status.PENDING_REDRIVE
        ]

    def _open(self) -> Iterator[Start]:
        for index, child in enumerate(self.children):
            if child is None or child.status is not Status.SUCCEEDED:
                yield partial(self._run_child, index)

    async def _run_child(self, index: int) -> None:
        child = self.children[index]
        if child is None or (child.status is Status.PENDING_REDRIVE and child.plan.express):
            child = self._start_child(index)
        elif child.status is Status.PENDING_REDRIVE:
            child.redrive()
        try:
            await child.ended
        except CancelledError:
            child.stop(None, None)
            raise
        if child.status is Status.SUCCEEDED:
            return
        self._failed_items += self.shares[index].items
        if self.tolerance.is_exceeded(self._failed_items, self._items):
            raise StatesError(
                "States.ExceedToleratedFailureThreshold",
                "The specified tolerated failure threshold was exceeded",
            )

    def _start_child(self, index: int) -> C:
        runtime = self.parent.runtime
        child = self.parent.child(self._plan, self, str(uuid4()), index)
        self.children[index] = child
        if not self._plan.express:
            runtime.executions[child.arn] = child
        child.start()
        return child
