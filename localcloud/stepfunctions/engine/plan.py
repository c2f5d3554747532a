"""What an execution runs."""

from __future__ import annotations

from dataclasses import dataclass

from localcloud.stepfunctions.definition.model import StateMachine


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
