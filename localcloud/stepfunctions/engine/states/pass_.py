"""Pass: hands its input, or a fixed result, on."""

from __future__ import annotations

from localcloud.stepfunctions.definition.model import PassState
from localcloud.stepfunctions.engine.visit import Visit
from localcloud.stepfunctions.query.scope import Outcome


async def pass_(visit: Visit[PassState]) -> tuple[str | None, Outcome]:
    """Go on with `Result`, `Parameters` or the input."""
    state, scope = visit.state, visit.scope
    return state.next, state.flow.finish(scope, state.flow.arguments(scope))
