"""One execution of a state machine, from its start to its end."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from functools import partial
from typing import Any, Final

from localcloud.clock import Timer
from localcloud.stepfunctions.definition.model import MapState, Workflow
from localcloud.stepfunctions.definition.named_functions import named_functions
from localcloud.stepfunctions.engine import interpreter, redriving
from localcloud.stepfunctions.engine.branch import Branch
from localcloud.stepfunctions.engine.history import MAX_EVENTS, Event, History, HistoryFullError
from localcloud.stepfunctions.engine.map_run import MapRun
from localcloud.stepfunctions.engine.plan import Plan
from localcloud.stepfunctions.engine.runtime import Journal, Runtime
from localcloud.stepfunctions.engine.scheduler import CancelledError, Promise, Strand
from localcloud.stepfunctions.engine.status import Status
from localcloud.stepfunctions.engine.steps import Mark, Step
from localcloud.stepfunctions.engine.tokens import Answer
from localcloud.stepfunctions.engine.tolerance import Tolerance
from localcloud.stepfunctions.errors import StatesError
from localcloud.stepfunctions.query.json_text import dumps, loads
from localcloud.stepfunctions.query.scope import Json
from localcloud.stepfunctions.timestamps import iso_milliseconds

# Source: https://docs.aws.amazon.com/step-functions/latest/dg/service-quotas.html
MAX_EXPRESS_SECONDS: Final = 300

log = logging.getLogger(__name__)


class Execution:
    """A running or ended execution; belongs to the scheduler's thread."""

    ENDINGS: Final[Mapping[str, Status]] = {
        "ExecutionSucceeded": Status.SUCCEEDED,
        "ExecutionFailed": Status.FAILED,
        "ExecutionAborted": Status.ABORTED,
        "ExecutionTimedOut": Status.TIMED_OUT,
    }

    def __init__(
        self,
        runtime: Runtime,
        plan: Plan,
        *,
        arn: str,
        name: str,
        input_text: str,
        workflow: Workflow | None = None,
        map_run: MapRun[Execution] | None = None,
        share_index: int | None = None,
        trace_header: str | None = None,
    ) -> None:
        self.runtime = runtime
        self.plan = plan
        self.arn = arn
        self.name = name
        self.input_text = input_text
        self.map_run = map_run
        self.share_index = share_index
        self.number = runtime.next_number()
        self.trace_header = trace_header
        self.status = Status.RUNNING
        self.started_at = round(runtime.clock.now(), 3)  # the context object tells milliseconds
        self.stopped_at: float | None = None
        self.output: str | None = None
        self.error: str | None = None
        self.cause: str | None = None
        self.redrive_count = 0
        self.redriven_at: float | None = None
        self.history = History(kept=not plan.express)
        self.ended: Promise[None] = Promise()
        self.journal: Journal | None = None if plan.express else runtime.journal
        self._context: Mapping[str, Json] | None = None
        self._strand: Strand[None] | None = None
        self._timer: Timer | None = None
        self.input = loads(input_text)
        # AWS writes the input anew before the first state gets it.
        entered = input_text if map_run is not None else dumps(self.input)
        root = workflow or plan.machine.workflow
        self.root = Branch(
            execution=self,
            workflow=root,
            path=(),
            variables={},
            at=root.start_at,
            input=self.input,
            text=entered,
            previous_id=0,
        )

    def start(self) -> None:
        """Begin to run."""
        if self.journal is not None:
            self.journal.execution(self)
        self.record(
            "ExecutionStarted", 0, {"input": self.input_text, "roleArn": self.plan.role_arn}
        )
        self._announce()
        if self.map_run is None:
            self.runtime.expect_lambdas(named_functions(self.plan.definition))
        self._run()

    def adopt(self, journal: Journal) -> None:
        """Take over from a former process: answers to open tokens are accepted from now on."""
        self.journal = journal
        if self.status is Status.RUNNING:
            self._reopen_tokens(self.root)
        else:
            self.ended.resolve(None)

    def resume(self) -> None:
        """Go on after `adopt`, unless the execution has been stopped since."""
        if self.status is not Status.RUNNING:
            return
        if self.map_run is not None and self.map_run.parent.status is not Status.RUNNING:
            self.stop(None, None)
        else:
            self._run()

    def _reopen_tokens(self, branch: Branch) -> None:
        mark = branch.mark or {}
        if "token" in mark and "answer" not in mark:
            self.runtime.tokens.reopen(mark["token"], partial(_keep_answer, branch))
        for child in branch.begun:
            self._reopen_tokens(child)

    def redrive(self) -> None:
        """Go on from where the execution failed, was stopped or timed out."""
        count, error = self.redrive_count + 1, self.error
        event_id = self.record("ExecutionRedriven", self.history.count, {"redriveCount": count})
        self.reopen(count, self.runtime.clock.now())
        redriving.prepare(self.root, event_id, error)
        self._announce()
        self._run()

    def reopen(self, redrive_count: int, at: float) -> None:
        """Take back the end; `at` is in seconds since the epoch."""
        self.redrive_count = redrive_count
        self.redriven_at = at
        self._context = None
        self.status = Status.RUNNING
        self.stopped_at = None
        self.error = self.cause = None
        self.ended = Promise()

    def stop(self, error: str | None, cause: str | None) -> None:
        """Abort; tasks under way are cancelled."""
        self._end("ExecutionAborted", error, cause, 0)

    async def run_branch(self, branch: Branch) -> None:
        """Run a branch of this execution to its end.

        Raises:
            StatesError: a state failed and nothing caught it.
        """
        await interpreter.run(branch)

    def record(
        self,
        event_type: str,
        previous_id: int,
        details: Mapping[str, Any] | None = None,
        *,
        branch: Branch | None = None,
        step: Step | None = None,
    ) -> int:
        """Append an event to the history, and to the journal with the step it comes with."""
        event = Event(previous_id, event_type, self.runtime.clock.now(), details)
        return self._write(event, branch, step, last=False)

    def _write(self, event: Event, branch: Branch | None, step: Step | None, *, last: bool) -> int:
        event_id = self.history.add(event, last=last)
        if self.journal is not None:
            self.journal.event(self, event, branch, step)
        self.runtime.note(self, event_id, event)
        return event_id

    def remember(self, branch: Branch, step: Step) -> None:
        """Write a step to the journal that no event tells of."""
        if self.journal is not None:
            self.journal.step(self, branch, step)

    @property
    def context(self) -> Mapping[str, Json]:
        """The parts of the context object that all states share."""
        if self._context is None:
            self._context = self._make_context()
        return self._context

    def _make_context(self) -> dict[str, Json]:
        execution: dict[str, Json] = {
            "Id": self.arn,
            "Input": self.input,
            "StartTime": iso_milliseconds(self.started_at),
            "Name": self.name,
            "RoleArn": self.plan.role_arn,
            "RedriveCount": self.redrive_count,
        }
        if self.redriven_at is not None:
            execution["RedriveTime"] = iso_milliseconds(self.redriven_at)
        machine = {"Id": self.plan.state_machine_arn, "Name": self.plan.state_machine_name}
        return {"Execution": execution, "StateMachine": machine}

    def _run(self) -> None:
        if self._timeout_seconds is not None:
            began = self.redriven_at or self.started_at
            self._timer = self.runtime.at(began + self._timeout_seconds, self._time_out)
        self._strand = self.runtime.scheduler.spawn(self._live())

    @property
    def _timeout_seconds(self) -> int | None:
        own = self.plan.machine.timeout_seconds if self.map_run is None else None
        if not self.plan.express:
            return own
        return MAX_EXPRESS_SECONDS if own is None else min(own, MAX_EXPRESS_SECONDS)

    def _time_out(self) -> None:
        self._end("ExecutionTimedOut", "States.Timeout", None, self.history.count)

    async def _live(self) -> None:
        """Run the root branch; whatever happens, the execution ends or was cancelled."""
        try:
            await self.run_branch(self.root)
        except CancelledError:
            raise
        except StatesError as failure:
            self._fail(failure.error, failure.cause)
        except HistoryFullError:
            cause = f"The execution reached the maximum number of history events ({MAX_EVENTS})."
            self._fail("States.Runtime", cause)
        except Exception as defect:
            log.exception("execution %s met a defect of the interpreter", self.arn)
            self._fail("States.Runtime", repr(defect))
        else:
            self._succeed()

    def _succeed(self) -> None:
        self._finish("ExecutionSucceeded", {"output": self.root.text}, self.root.previous_id)

    def _fail(self, error: str | None, cause: str | None) -> None:
        self._end("ExecutionFailed", error, cause, self.root.previous_id)

    def _end(self, event_type: str, error: str | None, cause: str | None, previous_id: int) -> None:
        if self.status is Status.RUNNING:
            told = {"error": error, "cause": cause}
            details = {name: value for name, value in told.items() if value is not None}
            self._finish(event_type, details, previous_id)

    def _finish(self, event_type: str, details: Mapping[str, Any], previous_id: int) -> None:
        now = self.runtime.clock.now()
        self._write(Event(previous_id, event_type, now, details), None, None, last=True)
        self.close(self.ENDINGS[event_type], now, details)
        strand, self._strand = self._strand, None
        if self.status in (Status.ABORTED, Status.TIMED_OUT) and strand is not None:
            strand.cancel()
        if self._timer is not None:
            self._timer.cancel()
        self._announce()
        self.ended.resolve(None)

    def close(self, status: Status, at: float, details: Mapping[str, Any]) -> None:
        """Note the end; `at` is in seconds since the epoch, `details` those of its event."""
        self.status = status
        self.stopped_at = round(at, 3)
        self.output = details.get("output")
        self.error = details.get("error")
        self.cause = details.get("cause")

    def _announce(self) -> None:
        if self.map_run is None:
            self.runtime.announce(self)

    def begin_map_run(
        self, state: MapState, *, max_concurrency: int, tolerance: Tolerance
    ) -> MapRun[Execution]:
        """A new map run of one of the execution's states, which has no shares yet."""
        return MapRun.begin(self, state, max_concurrency=max_concurrency, tolerance=tolerance)

    def keep_shares(self, map_run: MapRun[Execution]) -> None:
        """Keep what the children of a map run work on."""
        if self.journal is not None:
            self.journal.shares(map_run)

    def child(self, plan: Plan, map_run: MapRun[Execution], name: str, index: int) -> Execution:
        """An execution of a map run's processor, not started yet."""
        arn = self.runtime.arn("execution", f"{map_run.owner}:{name}")
        return Execution(
            self.runtime,
            plan,
            arn=arn,
            name=name,
            input_text=map_run.shares[index].text,
            workflow=map_run.state.processor,
            map_run=map_run,
            share_index=index,
        )

    @property
    def state_machine_arn(self) -> str:
        """What the execution is one of: a child of a map run names the Map's label, too."""
        if self.map_run is not None:
            return self.map_run.state_machine_arn
        return self.plan.state_machine_arn

    @property
    def has_failed(self) -> bool:
        """Whether it has ended otherwise than well."""
        return self.status in (Status.FAILED, Status.TIMED_OUT, Status.ABORTED)

    @property
    def is_redrivable(self) -> bool:
        """Whether RedriveExecution would go on with this execution now."""
        return self.has_failed and not self.plan.express and self.history.count < MAX_EVENTS - 1


def _keep_answer(branch: Branch, answer: Answer) -> None:
    branch.step(Mark({"answer": answer}))
