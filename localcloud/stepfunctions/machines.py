"""State machines, their versions and aliases."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from localcloud.stepfunctions.definition.model import StateMachine
from localcloud.stepfunctions.engine.plan import Plan


@dataclass(frozen=True, slots=True, kw_only=True)
class Revision:
    """What an update changes: a definition and what goes with it."""

    id: str
    definition: str
    machine: StateMachine
    role_arn: str
    logging: Mapping[str, Any]
    tracing: Mapping[str, Any]
    encryption: Mapping[str, Any]
    created_at: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Version:
    """A published revision; immutable."""

    arn: str
    number: int
    revision: Revision
    description: str | None
    created_at: float


@dataclass(slots=True, kw_only=True, eq=False)
class Alias:
    """A name for one version, or for two that share the executions by weight."""

    arn: str
    name: str
    description: str | None
    routing: Mapping[str, int]  # version ARN -> percentage
    created_at: float
    updated_at: float


@dataclass(slots=True, kw_only=True, eq=False)
class Machine:
    """A state machine with everything that hangs on it."""

    arn: str
    name: str
    express: bool
    revision: Revision
    created_at: float
    tags: dict[str, str] = field(default_factory=dict)
    versions: dict[int, Version] = field(default_factory=dict)
    aliases: dict[str, Alias] = field(default_factory=dict)
    last_version: int = 0

    @property
    def is_initial(self) -> bool:
        """Whether it is as it was created; AWS gives a revision an id from the first update on."""
        return self.revision.created_at == self.created_at

    def plan(self, qualifier: str | None, source: random.Random) -> Plan:
        """What an execution runs that was started under a version, an alias or neither.

        Raises:
            LookupError: there is no such version or alias.
        """
        version, alias = None, None
        if qualifier is not None and qualifier.isdigit():
            version = self.versions[int(qualifier)]
        elif qualifier is not None:
            alias = self.aliases[qualifier]
            version = self._route(alias, source)
        revision = self.revision if version is None else version.revision
        return Plan(
            state_machine_arn=self.arn,
            state_machine_name=self.name,
            version_arn=None if version is None else version.arn,
            alias_arn=None if alias is None else alias.arn,
            definition=revision.definition,
            machine=revision.machine,
            role_arn=revision.role_arn,
            revision_id=revision.id,
            express=self.express,
            updated_at=revision.created_at,
        )

    def _route(self, alias: Alias, source: random.Random) -> Version:
        arns, weights = list(alias.routing), list(alias.routing.values())
        chosen = source.choices(arns, weights)[0]
        return self.versions[int(chosen.rpartition(":")[2])]


def split_qualifier(arn: str) -> tuple[str, str | None]:
    """A state machine's ARN without its version or alias, and that.

    >>> split_qualifier("arn:aws:states:us-east-1:1:stateMachine:m:3")
    ('arn:aws:states:us-east-1:1:stateMachine:m', '3')
    """
    parts = arn.split(":")
    bare = 7
    return ":".join(parts[:bare]), parts[bare] if len(parts) > bare else None
