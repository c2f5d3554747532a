"""One execution of a state machine, from its start to its end."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from localcloud.clock import Timer
from localcloud.stepfunctions import interpreter
from localcloud.stepfunctions.branch import Branch
from localcloud.stepfunctions.definition.model import StateMachine, Workflow
from localcloud.stepfunctions.engine.scheduler import CancelledError, Promise, Strand
from localcloud.stepfunctions.errors import StatesError
from localcloud.stepfunctions.history import MAX_EVENTS, Event, History, HistoryFullError
from localcloud.stepfunctions.query.json_text import loads
from localcloud.stepfunctions.query.scope import Json
from localcloud.stepfunctions.runtime import Runtime
from localcloud.stepfunctions.status import Status
from localcloud.stepfunctions.timestamps import iso_milliseconds

if TYPE_CHECKING:
    from localcloud.stepfunctions.map_run import MapRun, Share

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What an execution runs: a state machine as it was when the execution started."""

    state_machine_arn: str  # without a qualifier
    state_machine_name: str
    version_arn: str | None
    alias_arn: str | None
    definition: str
    machine: StateMachine
    role_arn: str
    revision_id: str
    express: bool
    updated_at: float


class Execution:
    """A running or ended execution; belongs to the scheduler's thread."""

    def __init__(
        self,
        runtime: Runtime,
        plan: Plan,
        *,
        arn: str,
        name: str,
        input_text: str,
        workflow: Workflow | None = None,
        map_run: MapRun | None = None,
        item_count: int | None = None,
        trace_header: str | None = None,
    ) -> None:
        self.runtime = runtime
        self.plan = plan
        self.arn = arn
        self.name = name
        self.input_text = input_text
        self.map_run = map_run
        self.item_count = item_count
        self.trace_header = trace_header
        self.status = Status.RUNNING
        self.started_at = runtime.clock.now()
        self.stopped_at: float | None = None
        self.output: str | None = None
        self.error: str | None = None
        self.cause: str | None = None
        self.redrive_count = 0
        self.redriven_at: float | None = None
        self.history = History(kept=not plan.express)
        self.ended: Promise[None] = Promise()
        self._strand: Strand[None] | None = None
        self._timer: Timer | None = None
        value = loads(input_text)
        root = workflow or plan.machine.workflow
        self.root = Branch(
            execution=self,
            workflow=root,
            path=(),
            context=self._context(value),
            variables={},
            at=root.start_at,
            input=value,
            text=input_text,
            previous_id=0,
        )

    def start(self) -> None:
        """Begin to run."""
        self.record(
            "ExecutionStarted", 0, {"input": self.input_text, "roleArn": self.plan.role_arn}
        )
        self._announce()
        self._run()

    def redrive(self) -> None:
        """Go on from where the execution failed, was stopped or timed out."""
        self.redrive_count += 1
        self.redriven_at = self.runtime.clock.now()
        self.status = Status.RUNNING
        self.stopped_at = self.error = self.cause = None
        self.ended = Promise()
        self.record("ExecutionRedriven", self.history.count, {"redriveCount": self.redrive_count})
        context = self.root.context
        self.root.context = {
            **context,
            "Execution": {**context["Execution"], **self._redrive_context()},
        }
        self._announce()
        self._run()

    def stop(self, error: str | None, cause: str | None) -> None:
        """Abort; tasks under way are cancelled."""
        self._end(Status.ABORTED, "ExecutionAborted", error, cause)

    async def run_branch(self, branch: Branch) -> None:
        """Run a branch of this execution to its end.

        Raises:
            StatesError: a state failed and nothing caught it.
        """
        await interpreter.run(branch)

    def record(
        self, event_type: str, previous_id: int, details: Mapping[str, Any] | None = None
    ) -> int:
        """Append an event to the history and return its id."""
        event = Event(previous_id, event_type, self.runtime.clock.now(), details)
        return self.history.add(event)

    def _context(self, value: Json) -> dict[str, Json]:
        return {
            "Execution": {
                "Id": self.arn,
                "Input": value,
                "StartTime": iso_milliseconds(self.started_at),
                "Name": self.name,
                "RoleArn": self.plan.role_arn,
                "RedriveCount": self.redrive_count,
            },
            "StateMachine": {
                "Id": self.plan.state_machine_arn,
                "Name": self.plan.state_machine_name,
            },
        }

    def _redrive_context(self) -> dict[str, Json]:
        assert self.redriven_at is not None
        return {
            "RedriveCount": self.redrive_count,
            "RedriveTime": iso_milliseconds(self.redriven_at),
        }

    def _run(self) -> None:
        seconds = self.plan.machine.timeout_seconds
        if seconds is not None and self.map_run is None:
            began = self.redriven_at or self.started_at
            self._timer = self.runtime.at(began + seconds, self._time_out)
        self._strand = self.runtime.scheduler.spawn(self._live())

    def _time_out(self) -> None:
        self._end(Status.TIMED_OUT, "ExecutionTimedOut", "States.Timeout", None)

    async def _live(self) -> None:
        """Run the root branch; whatever happens, the execution ends or was cancelled."""
        try:
            await self.run_branch(self.root)
        except CancelledError:
            raise
        except StatesError as failure:
            self._end(Status.FAILED, "ExecutionFailed", failure.error, failure.cause)
        except HistoryFullError:
            cause = f"The execution reached the maximum number of history events ({MAX_EVENTS})."
            self._end(Status.FAILED, "ExecutionFailed", "States.Runtime", cause)
        except Exception as defect:
            log.exception("execution %s met a defect of the interpreter", self.arn)
            self._end(Status.FAILED, "ExecutionFailed", "States.Runtime", repr(defect))
        else:
            self._succeed()

    def _succeed(self) -> None:
        self.output = self.root.text
        self._close(Status.SUCCEEDED, "ExecutionSucceeded", {"output": self.output})

    def _end(self, status: Status, event_type: str, error: str | None, cause: str | None) -> None:
        if self.status is not Status.RUNNING:
            return
        self.error, self.cause = error, cause
        details = {
            name: value for name, value in (("error", error), ("cause", cause)) if value is not None
        }
        self._close(status, event_type, details)

    def _close(self, status: Status, event_type: str, details: Mapping[str, Any]) -> None:
        now = self.runtime.clock.now()
        previous_id = self.history.count
        if status in (Status.SUCCEEDED, Status.FAILED):
            previous_id = self.root.previous_id
        self.history.add(Event(previous_id, event_type, now, details), last=True)
        self.status = status
        self.stopped_at = now
        strand, self._strand = self._strand, None
        if status in (Status.ABORTED, Status.TIMED_OUT) and strand is not None:
            strand.cancel()
        if self._timer is not None:
            self._timer.cancel()
        self._announce()
        self.ended.resolve(None)

    def _announce(self) -> None:
        if self.map_run is None:
            self.runtime.on_status_change(self.status_detail())

    def status_detail(self) -> dict[str, Any]:
        """The `detail` of the event "Step Functions Execution Status Change"; times in ms.

        Source: https://docs.aws.amazon.com/step-functions/latest/dg/eventbridge-integration.html
        """
        included = {"included": True}
        return {
            "executionArn": self.arn,
            "stateMachineArn": self.plan.state_machine_arn,
            "name": self.name,
            "status": str(self.status),
            "startDate": round(self.started_at * 1000),
            "stopDate": None if self.stopped_at is None else round(self.stopped_at * 1000),
            "input": self.input_text,
            "output": self.output,
            "inputDetails": included,
            "outputDetails": None if self.output is None else included,
            "error": self.error,
            "cause": self.cause,
            "stateMachineVersionArn": self.plan.version_arn,
            "stateMachineAliasArn": self.plan.alias_arn,
            "redriveCount": self.redrive_count,
            "redriveDate": None if self.redriven_at is None else round(self.redriven_at * 1000),
            "redriveStatus": "REDRIVABLE" if self.is_redrivable else "NOT_REDRIVABLE",
            "redriveStatusReason": None,
        }

    def child(self, plan: Plan, map_run: MapRun, name: str, share: Share) -> Execution:
        """An execution of a map run's processor, not started yet."""
        arn = self.runtime.arn("execution", f"{map_run.owner}:{name}")
        return Execution(
            self.runtime,
            plan,
            arn=arn,
            name=name,
            input_text=share.text,
            workflow=map_run.processor,
            map_run=map_run,
            item_count=share.items,
        )

    @property
    def state_machine_arn(self) -> str:
        """What the execution is one of: a child of a map run names the Map's label, too."""
        if self.map_run is not None:
            return self.map_run.state_machine_arn
        return self.plan.state_machine_arn

    @property
    def is_redrivable(self) -> bool:
        """Whether RedriveExecution would go on with this execution now."""
        return (
            self.status in (Status.FAILED, Status.TIMED_OUT, Status.ABORTED)
            and not self.plan.express
            and self.history.count < MAX_EVENTS - 1
        )
