"""Succeed: ends its branch well."""

from __future__ import annotations

from localcloud.stepfunctions.definition.model import SucceedState
from localcloud.stepfunctions.engine.visit import Visit
from localcloud.stepfunctions.query.scope import Outcome


async def succeed(visit: Visit[SucceedState]) -> tuple[str | None, Outcome]:
    """End with the state's output."""
    state, scope = visit.state, visit.scope
    return None, state.flow.finish(scope, state.flow.arguments(scope))
