"""All that the service holds: what executions share, and what the API looks after."""

from __future__ import annotations

from dataclasses import dataclass, field

from localcloud.stepfunctions.activities import Activity
from localcloud.stepfunctions.durability.journal import Journal
from localcloud.stepfunctions.engine.execution import Execution
from localcloud.stepfunctions.engine.map_run import MapRun
from localcloud.stepfunctions.engine.runtime import Runtime
from localcloud.stepfunctions.integrations.mocks import Mocks
from localcloud.stepfunctions.machines import Machine


@dataclass(kw_only=True)
class World(Runtime):
    """The runtime of the engine, with state machines, activities and executions by ARN."""

    mocks: Mocks
    journal: Journal | None = None
    activities: dict[str, Activity] = field(default_factory=dict)
    machines: dict[str, Machine] = field(default_factory=dict)
    executions: dict[str, Execution] = field(default_factory=dict)
    map_runs: dict[str, MapRun[Execution]] = field(default_factory=dict)

    def keep(self, machine: Machine) -> None:
        """Write a state machine that has changed to the journal."""
        if self.journal is not None:
            self.journal.machine(machine)
