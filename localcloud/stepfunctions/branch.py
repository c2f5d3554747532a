"""One thread of control of an execution, and where it stands.

An execution is a tree of branches: the root, the branches of a Parallel state, the iterations of
an inline Map. A branch is plain data. That is what redrive and a restart of the process go on
from: finished branches keep their output, unfinished ones know the state they were in, its input
and their variables.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from localcloud.stepfunctions.definition.model import Workflow
from localcloud.stepfunctions.query.scope import Json

if TYPE_CHECKING:
    from localcloud.stepfunctions.execution import Execution


@dataclass(slots=True, eq=False, kw_only=True)
class Branch:
    """A thread of control in `workflow`.

    `at` is the state that it is in; None once it has ended. `input` and `text` are that state's
    input, as a value and as JSON; after the end they are the branch's output.
    `previous_id` is the last event of the branch's own chain.
    """

    execution: Execution
    workflow: Workflow
    path: tuple[int, ...]
    context: Mapping[str, Json]
    variables: Mapping[str, Json]
    at: str | None
    input: Json
    text: str
    previous_id: int
    entered_id: int = 0  # the event that entered the state; 0: not entered yet
    entered_at: float = 0.0  # seconds since the epoch
    attempts: dict[int, int] = field(default_factory=dict)  # of each retrier
    # What the state has under way: the branches of a Parallel or Map, None while not begun.
    children: list[Branch | None] | None = None
    # Facts about it that outlive the process, such as a task token or a job's id.
    mark: dict[str, Any] | None = None

    def record(self, event_type: str, details: Mapping[str, Any] | None = None) -> int:
        """Append an event that continues this branch's chain."""
        self.previous_id = self.execution.record(event_type, self.previous_id, details)
        return self.previous_id

    def note(self, event_type: str, details: Mapping[str, Any] | None = None) -> int:
        """Append an event beside the chain: the next one will not point to it."""
        return self.execution.record(event_type, self.previous_id, details)

    def move_to(self, state: str | None, value: Json, text: str) -> None:
        """Leave the state for the next one (None: the end) with this value."""
        self.at = state
        self.input = value
        self.text = text
        self.entered_id = 0
        self.attempts = {}
        self.children = None
        self.mark = None
