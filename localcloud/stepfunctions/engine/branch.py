"""One thread of control of an execution, and where it stands.

An execution is a tree of branches: the root, the branches of a Parallel state, the iterations of
an inline Map. A branch is plain data that changes only by `Step`s, each of which is written to the
journal before it takes effect. That is what redrive and a restart of the process go on from:
finished branches keep their output, unfinished ones know the state they were in, its input and
their variables.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from localcloud.stepfunctions.definition.model import MapState, ParallelState, Workflow
from localcloud.stepfunctions.engine.plan import Plan
from localcloud.stepfunctions.engine.runtime import Runtime
from localcloud.stepfunctions.engine.steps import (
    Begin,
    Enter,
    Fork,
    Leave,
    Mark,
    Reset,
    Retry,
    Step,
)
from localcloud.stepfunctions.engine.tolerance import Tolerance
from localcloud.stepfunctions.query.json_text import loads
from localcloud.stepfunctions.query.scope import Json


class Host(Protocol):
    """The execution that a branch belongs to, as far as its branches and states know it."""

    @property
    def arn(self) -> str:
        """Its ARN."""
        ...

    @property
    def plan(self) -> Plan:
        """What it runs."""
        ...

    @property
    def runtime(self) -> Runtime:
        """The world outside the execution."""
        ...

    @property
    def context(self) -> Mapping[str, Json]:
        """The parts of the context object that all states share."""
        ...

    @property
    def trace_header(self) -> str | None:
        """The trace that the execution was started under."""
        ...

    def record(
        self,
        event_type: str,
        previous_id: int,
        details: Mapping[str, Any] | None = None,
        *,
        branch: Branch | None = None,
        step: Step | None = None,
    ) -> int:
        """Append an event, with the step of a branch that it comes with."""
        ...

    def remember(self, branch: Branch, step: Step) -> None:
        """Keep a step that no event tells of."""
        ...

    async def run_branch(self, branch: Branch) -> None:
        """Run a branch to its end."""
        ...

    def begin_map_run(self, state: MapState, *, max_concurrency: int, tolerance: Tolerance) -> Any:
        """A new map run of one of the execution's states, which has no shares yet."""
        ...

    def keep_shares(self, map_run: Any) -> None:
        """Keep what the children of a map run work on."""
        ...


@dataclass(slots=True, eq=False, kw_only=True)
class Branch:
    """A thread of control in `workflow`.

    `at` is the state that it is in; None once it has ended. `input` and `text` are that state's
    input, as a value and as JSON; after the end they are the branch's output.
    `previous_id` is the last event of the branch's own chain.
    """

    execution: Host
    workflow: Workflow
    path: tuple[int, ...]
    variables: Mapping[str, Json]
    at: str | None
    input: Json
    text: str
    previous_id: int
    map_item: Json = None  # `$$.Map` of an iteration
    entered_id: int = 0  # the event that entered the state; 0: not entered yet
    entered_at: float = 0.0  # seconds since the epoch
    attempts: Mapping[int, int] = field(default_factory=dict)  # of each retrier
    # What the state has under way: the branches of a Parallel or Map, None while not begun.
    children: list[Branch | None] | None = None
    # Facts about it that outlive the process.
    mark: Mapping[str, Any] | None = None

    def record(
        self, event_type: str, details: Mapping[str, Any] | None = None, step: Step | None = None
    ) -> int:
        """Append an event that continues this branch's chain, and take a step with it."""
        self.previous_id = self.execution.record(
            event_type, self.previous_id, details, branch=self, step=step
        )
        if step is not None:
            self.take(step)
        return self.previous_id

    def note(self, event_type: str, details: Mapping[str, Any] | None = None) -> int:
        """Append an event beside the chain: the next one will not point to it."""
        return self.execution.record(event_type, self.previous_id, details)

    def step(self, step: Step) -> None:
        """Take a step that no event tells of."""
        self.execution.remember(self, step)
        self.take(step)

    def take(self, step: Step) -> None:
        """Change as the step says, without writing it to the journal."""
        match step:
            case Enter(at):
                self.entered_id = self.previous_id
                self.entered_at = at
            case Leave(following, text, assigned):
                self._leave(following, loads(text), text, assigned)
            case Retry(attempts):
                self.attempts = attempts
                self.children = self.mark = None
            case Mark(facts):
                self.mark = {**(self.mark or {}), **facts}
            case Fork(count):
                self.children = [None] * count
            case Begin(text=text):
                self._begin(step, loads(text), self.previous_id)
            case Reset():
                self._reset(step)

    def leave(
        self,
        event_type: str,
        details: Mapping[str, Any],
        following: str | None,
        value: Json,
        assigned: Mapping[str, Json] | None,
    ) -> None:
        """Leave the state by an event; `details` has the output's text."""
        text = details["output"]
        self.previous_id = self.execution.record(
            event_type,
            self.previous_id,
            details,
            branch=self,
            step=Leave(following, text, assigned),
        )
        self._leave(following, value, text, assigned)

    def begin(
        self,
        step: Begin,
        value: Json,
    ) -> Branch:
        """Begin one of the state's own branches."""
        self.execution.remember(self, step)
        return self._begin(step, value, self.previous_id)

    def begin_iteration(
        self, step: Begin, value: Json, after_id: int, details: Mapping[str, Any]
    ) -> Branch:
        """Begin an iteration of a Map, whose chain starts with an event of its own."""
        event_id = self.execution.record(
            "MapIterationStarted", after_id, details, branch=self, step=step
        )
        return self._begin(step, value, event_id)

    def follow_chain(self, event_id: int, step: Step | None) -> None:
        """Take over an event read from the journal, and the step that came with it."""
        if isinstance(step, Begin):
            self._begin(step, loads(step.text), event_id)
            return
        self.previous_id = event_id
        if step is not None:
            self.take(step)

    def _begin(self, step: Begin, value: Json, previous_id: int) -> Branch:
        child = self.grow(step.index)
        child.input = value
        child.text = step.text
        child.previous_id = previous_id
        if step.map_item is not None:
            child.map_item = step.map_item
        return child

    def grow(self, index: int) -> Branch:
        """A new branch of the state's own, with no input yet."""
        assert self.at is not None
        assert self.children is not None
        state = self.workflow.states[self.at]
        if isinstance(state, ParallelState):
            workflow = state.branches[index]
        else:
            assert isinstance(state, MapState)
            workflow = state.processor
        child = self.children[index] = Branch(
            execution=self.execution,
            workflow=workflow,
            path=(*self.path, index),
            variables=self.variables,
            at=workflow.start_at,
            input=None,
            text="null",
            previous_id=self.previous_id,
            map_item=self.map_item,
        )
        return child

    @property
    def begun(self) -> list[Branch]:
        """The state's own branches that have begun."""
        return [child for child in self.children or () if child is not None]

    def child(self, index: int) -> Branch:
        """The branch that began as number `index` of the state's own."""
        child = (self.children or [])[index]
        assert child is not None
        return child

    def _reset(self, step: Reset) -> None:
        self.attempts = {}
        if not step.keep_children:
            self.children = None
        if not step.keep_mark:
            self.mark = None
        if step.reenter:
            self.entered_id = 0

    def _leave(
        self, following: str | None, value: Json, text: str, assigned: Mapping[str, Json] | None
    ) -> None:
        if assigned:
            self.variables = {**self.variables, **assigned}
        self.at = following
        self.input = value
        self.text = text
        self.entered_id = 0
        self.attempts = {}
        self.children = None
        self.mark = None
