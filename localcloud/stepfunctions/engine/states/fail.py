"""Fail: ends its branch with an error."""

from __future__ import annotations

from localcloud.stepfunctions.definition.model import FailState
from localcloud.stepfunctions.engine.visit import Visit
from localcloud.stepfunctions.errors import StatesError
from localcloud.stepfunctions.query.scope import Outcome


async def fail(visit: Visit[FailState]) -> tuple[str | None, Outcome]:
    """Never returns.

    Raises:
        StatesError: with the state's Error and Cause, either of which may be absent.
    """
    state, scope = visit.state, visit.scope
    error = None if state.error is None else state.error(scope)
    cause = None if state.cause is None else state.cause(scope)
    raise StatesError(error, cause)
