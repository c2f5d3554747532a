"""Wait: goes on after some seconds or at a point in time."""

from __future__ import annotations

from localcloud.stepfunctions.definition.model import WaitState
from localcloud.stepfunctions.engine.steps import Mark
from localcloud.stepfunctions.engine.visit import Visit
from localcloud.stepfunctions.query.scope import Outcome


async def wait(visit: Visit[WaitState]) -> tuple[str | None, Outcome]:
    """Wait on the clock; a wait that was under way when the process died ends when it would."""
    state, scope, branch = visit.state, visit.scope, visit.branch
    if branch.mark is None:
        branch.step(Mark({"until": _due(visit)}))
    assert branch.mark is not None
    await visit.runtime.sleep_until(branch.mark["until"])
    return state.next, state.flow.finish(scope, scope.input)


def _due(visit: Visit[WaitState]) -> float:
    """Seconds since the epoch."""
    state, scope = visit.state, visit.scope
    if state.seconds is not None:
        return visit.runtime.clock.now() + state.seconds(scope)
    assert state.timestamp is not None
    return float(state.timestamp(scope))
