"""Choice: goes where its first matching rule points."""

from __future__ import annotations

from localcloud.stepfunctions.definition.model import ChoiceState
from localcloud.stepfunctions.definition.transitions import choose
from localcloud.stepfunctions.engine.visit import Visit
from localcloud.stepfunctions.query.scope import Outcome


async def choice(visit: Visit[ChoiceState]) -> tuple[str | None, Outcome]:
    """Go to the first rule that matches, else to the default.

    Raises:
        EvaluationError: `States.NoChoiceMatched`, or a rule could not be evaluated.
    """
    return choose(visit.state, visit.scope)
