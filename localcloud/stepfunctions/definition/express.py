"""What express workflows lack: integrations that wait, activities, distributed Maps.

Source: https://docs.aws.amazon.com/step-functions/latest/dg/choosing-workflow-type.html
"""

from __future__ import annotations

from localcloud.stepfunctions.definition.fields import Report
from localcloud.stepfunctions.definition.model import (
    ExecutionType,
    MapState,
    ParallelState,
    ProcessorMode,
    State,
    TaskState,
    Workflow,
)
from localcloud.stepfunctions.definition.resources import Pattern, ResourceKind


def check_execution_types(
    workflow: Workflow, report: Report, *, express: bool, location: str = ""
) -> None:
    """Report what a workflow, or the express children of its Maps, cannot do."""
    for state in workflow.states.values():
        where = f"{location}/States/{state.name}"
        if express:
            _check_express_state(state, where, report)
        for inner, place, is_express in _inner(state, express=express):
            check_execution_types(inner, report, express=is_express, location=f"{where}/{place}")


def _inner(state: State, *, express: bool) -> list[tuple[Workflow, str, bool]]:
    if isinstance(state, ParallelState):
        branches = enumerate(state.branches)
        return [(branch, f"Branches[{index}]", express) for index, branch in branches]
    if isinstance(state, MapState):
        children = state.mode is ProcessorMode.DISTRIBUTED
        inside = state.execution_type is ExecutionType.EXPRESS if children else express
        return [(state.processor, "ItemProcessor", inside)]
    return []


def _check_express_state(state: State, where: str, report: Report) -> None:
    if isinstance(state, MapState) and state.mode is ProcessorMode.DISTRIBUTED:
        report.error("Express state machine does not support distributed Map", where)
    if not isinstance(state, TaskState):
        return
    pattern = state.resource.pattern
    if pattern is not Pattern.REQUEST_RESPONSE:
        report.error(
            f"Express state machine does not support '.{pattern}' service integration",
            f"{where}/Resource",
        )
    if state.resource.kind is ResourceKind.ACTIVITY:
        report.error("Express state machine does not support Activity ARN", f"{where}/Resource")
