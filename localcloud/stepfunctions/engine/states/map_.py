"""Map: runs its processor once per item, inside the execution or as executions of their own."""

from __future__ import annotations

from localcloud.stepfunctions.definition.model import MapState, ProcessorMode
from localcloud.stepfunctions.engine.states.map_distributed import map_distributed
from localcloud.stepfunctions.engine.states.map_inline import map_inline
from localcloud.stepfunctions.engine.visit import Visit
from localcloud.stepfunctions.query.scope import Outcome


async def map_(visit: Visit[MapState]) -> tuple[str | None, Outcome]:
    """The result is the list of the outputs in the order of the items.

    Raises:
        StatesError: an item failed (inline), or more of them than tolerated (distributed).
    """
    state = visit.state
    distributed = state.mode is ProcessorMode.DISTRIBUTED
    result = await (map_distributed(visit) if distributed else map_inline(visit))
    return state.next, state.flow.finish(visit.scope, result)
