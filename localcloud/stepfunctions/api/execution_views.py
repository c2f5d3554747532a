"""Describing and listing executions, and reading their histories."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from localcloud.stepfunctions.api.errors import (
    ApiError,
    execution_missing,
    invalid,
    resource_missing,
)
from localcloud.stepfunctions.api.names import check_arn
from localcloud.stepfunctions.api.paging import page
from localcloud.stepfunctions.api.versions import find_machine
from localcloud.stepfunctions.engine.execution import Execution
from localcloud.stepfunctions.engine.history import render
from localcloud.stepfunctions.engine.status import Status
from localcloud.stepfunctions.machines import split_qualifier
from localcloud.stepfunctions.world import World

Params = Mapping[str, Any]

# A failed execution may be redriven this long after it ended.
# Source: https://docs.aws.amazon.com/step-functions/latest/dg/redrive-executions.html
_REDRIVABLE_SECONDS: Final = 14 * 24 * 3600


def find_execution(runtime: World, arn: str) -> Execution:
    """The execution of an ARN.

    Raises:
        ApiError: `InvalidArn`, `ExecutionDoesNotExist`.
    """
    execution = runtime.executions.get(check_arn(arn, "execution"))
    if execution is None:
        raise execution_missing(arn)
    return execution


def describe(runtime: World, params: Params) -> dict[str, Any]:
    """DescribeExecution."""
    execution = find_execution(runtime, params["executionArn"])
    shown = describe_execution(execution)
    if execution.status is Status.TIMED_OUT:
        shown.pop("error", None)  # the status says it all on AWS
    reason = why_not_redrivable(runtime, execution)
    shown["redriveStatus"] = "REDRIVABLE" if reason is None else "NOT_REDRIVABLE"
    if reason is not None:
        shown["redriveStatusReason"] = reason
    if params.get("includedData") == "METADATA_ONLY":
        for member in ("input", "output", "error", "cause"):
            shown.pop(member, None)
        for member in ("inputDetails", "outputDetails"):
            if member in shown:
                shown[member] = {"included": False}
    return shown


def list_(runtime: World, params: Params) -> dict[str, Any]:
    """ListExecutions, of a state machine or a map run; the newest first."""
    machine_arn, map_run_arn = params.get("stateMachineArn"), params.get("mapRunArn")
    if (machine_arn is None) == (map_run_arn is None):
        raise invalid("Exactly one of stateMachineArn and mapRunArn must be specified")
    executions: Iterable[Execution]
    if machine_arn is not None:
        executions = _of_machine(runtime, machine_arn)
    else:
        map_run = runtime.map_runs.get(check_arn(str(map_run_arn), "mapRun"))
        if map_run is None:
            raise resource_missing(str(map_run_arn))
        executions = map_run.executions()
    wanted = params.get("statusFilter")
    redriven = params.get("redriveFilter")
    rows = [
        execution
        for execution in executions
        if (wanted is None or execution.status == wanted)
        and (redriven is None or (execution.redrive_count > 0) == (redriven == "REDRIVEN"))
    ]
    rows.sort(key=lambda execution: (execution.started_at, execution.number), reverse=True)
    shown, following = page(rows, params)
    return {"executions": [_summary(execution) for execution in shown], **following}


def history(runtime: World, params: Params) -> dict[str, Any]:
    """GetExecutionHistory."""
    execution = find_execution(runtime, params["executionArn"])
    recorded = execution.history.events
    numbers = range(1, len(recorded) + 1)
    shown, following = page(numbers[::-1] if params.get("reverseOrder") else numbers, params)
    include_data = params.get("includeExecutionData", True)
    events = [render(n, recorded[n - 1], include_data=include_data) for n in shown]
    return {"events": events, **following}


def _of_machine(runtime: World, arn: str) -> list[Execution]:
    machine, (_, qualifier) = find_machine(runtime, arn), split_qualifier(arn)
    if machine.express:
        raise ApiError(
            "StateMachineTypeNotSupported",
            "This operation is not supported by this type of state machine",
        )
    return [
        execution
        for execution in runtime.executions.values()
        if execution.map_run is None
        and execution.plan.state_machine_arn == machine.arn
        and (qualifier is None or arn in (execution.plan.version_arn, execution.plan.alias_arn))
    ]


def why_not_redrivable(runtime: World, execution: Execution) -> str | None:
    """Why the execution cannot be redriven; None when it can."""
    if execution.plan.express or execution.map_run is not None:
        return "Execution is not redrivable: only STANDARD parent executions are"
    if not execution.is_redrivable:
        return f"Execution is {execution.status} and cannot be redriven"
    assert execution.stopped_at is not None
    if runtime.clock.now() - execution.stopped_at > _REDRIVABLE_SECONDS:
        return "Execution redrivable period has expired"
    return None


def _summary(execution: Execution) -> dict[str, Any]:
    optional = {
        "stopDate": execution.stopped_at,
        "mapRunArn": None if execution.map_run is None else execution.map_run.arn,
        "itemCount": None
        if execution.map_run is None
        else execution.map_run.shares[execution.share_index or 0].items,
        "stateMachineVersionArn": execution.plan.version_arn,
        "stateMachineAliasArn": execution.plan.alias_arn,
        "redriveDate": execution.redriven_at,
    }
    return {
        "executionArn": execution.arn,
        "stateMachineArn": execution.state_machine_arn,
        "name": execution.name,
        "status": str(execution.status),
        "startDate": execution.started_at,
        "redriveCount": execution.redrive_count,
        **{name: value for name, value in optional.items() if value is not None},
    }


def describe_execution(execution: Execution) -> dict[str, Any]:
    """What DescribeExecution and StartSyncExecution tell of an execution."""
    included = {"included": True}
    shown = _summary(execution)
    shown.pop("itemCount", None)
    optional = {
        "output": execution.output,
        "outputDetails": None if execution.output is None else included,
        "traceHeader": execution.trace_header,
        "error": execution.error,
        "cause": execution.cause,
    }
    return {
        **shown,
        "input": execution.input_text,
        "inputDetails": included,
        **{name: value for name, value in optional.items() if value is not None},
    }


ACTIONS: Final = {
    "DescribeExecution": describe,
    "ListExecutions": list_,
    "GetExecutionHistory": history,
}
