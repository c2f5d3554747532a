"""One attempt at one state."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Generic, TypeVar

from localcloud.stepfunctions.definition.model import State
from localcloud.stepfunctions.engine.branch import Branch
from localcloud.stepfunctions.engine.runtime import Runtime
from localcloud.stepfunctions.query.scope import Scope

S_co = TypeVar("S_co", bound=State, covariant=True)


@dataclass(frozen=True, slots=True)
class Visit(Generic[S_co]):
    """A branch in a state: what the state's work reads and where it leaves its traces."""

    branch: Branch
    state: S_co
    scope: Scope

    @property
    def runtime(self) -> Runtime:
        """The world outside the execution."""
        return self.branch.execution.runtime
