"""Starting, stopping, redriving and describing executions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final
from uuid import uuid4

from localcloud.stepfunctions.api.errors import (
    ApiError,
    execution_missing,
    invalid,
    machine_missing,
    resource_missing,
)
from localcloud.stepfunctions.api.names import check_arn, check_name
from localcloud.stepfunctions.api.paging import page
from localcloud.stepfunctions.execution import Execution, Plan
from localcloud.stepfunctions.history import render
from localcloud.stepfunctions.limits import MAX_PAYLOAD_BYTES, is_too_large
from localcloud.stepfunctions.machines import Machine, split_qualifier
from localcloud.stepfunctions.query.json_text import loads
from localcloud.stepfunctions.runtime import Runtime
from localcloud.stepfunctions.status import Status

Params = Mapping[str, Any]

# A failed execution may be redriven this long after it ended.
# Source: https://docs.aws.amazon.com/step-functions/latest/dg/redrive-executions.html
_REDRIVABLE_SECONDS: Final = 14 * 24 * 3600
_BILLED_MEMORY_MB: Final = 64


def find_execution(runtime: Runtime, arn: str) -> Execution:
    """The execution of an ARN.

    Raises:
        ApiError: `InvalidArn`, `ExecutionDoesNotExist`.
    """
    execution = runtime.executions.get(check_arn(arn, "execution"))
    if execution is None:
        raise execution_missing(arn)
    return execution


def start(runtime: Runtime, params: Params) -> dict[str, Any]:
    """StartExecution: idempotent while an execution of that name and input runs."""
    machine, plan = _plan(runtime, params["stateMachineArn"])
    input_text = check_payload(params.get("input", "{}"))
    name = check_name(params["name"]) if params.get("name") else str(uuid4())
    if machine.express:
        execution = _express(runtime, plan, name, input_text)
        execution.start()
        return {"executionArn": execution.arn, "startDate": execution.started_at}
    arn = runtime.arn("execution", f"{machine.name}:{name}")
    before = runtime.executions.get(arn)
    if before is not None:
        if before.status is not Status.RUNNING or before.input_text != input_text:
            raise ApiError("ExecutionAlreadyExists", f"Execution Already Exists: '{arn}'")
        return {"executionArn": arn, "startDate": before.started_at}
    execution = Execution(
        runtime,
        plan,
        arn=arn,
        name=name,
        input_text=input_text,
        trace_header=params.get("traceHeader"),
    )
    runtime.executions[arn] = execution
    execution.start()
    return {"executionArn": arn, "startDate": execution.started_at}


async def start_sync(runtime: Runtime, params: Params) -> dict[str, Any]:
    """StartSyncExecution: runs an EXPRESS state machine to its end."""
    machine, plan = _plan(runtime, params["stateMachineArn"])
    if not machine.express:
        raise ApiError(
            "StateMachineTypeNotSupported",
            "This operation is not supported by this type of state machine",
        )
    input_text = check_payload(params.get("input", "{}"))
    name = check_name(params["name"]) if params.get("name") else str(uuid4())
    execution = _express(runtime, plan, name, input_text)
    execution.start()
    await execution.ended
    assert execution.stopped_at is not None
    shown = _describe(execution)
    for member in ("redriveCount", "redriveStatus", "redriveStatusReason"):
        shown.pop(member, None)
    milliseconds = round((execution.stopped_at - execution.started_at) * 1000)
    shown["billingDetails"] = {
        "billedMemoryUsedInMB": _BILLED_MEMORY_MB,
        "billedDurationInMilliseconds": -(-milliseconds // 100) * 100,
    }
    return shown


def stop(runtime: Runtime, params: Params) -> dict[str, Any]:
    """StopExecution: no error when the execution has ended already."""
    execution = find_execution(runtime, params["executionArn"])
    if execution.plan.express:
        raise ApiError(
            "StateMachineTypeNotSupported",
            "This operation is not supported by this type of state machine",
        )
    execution.stop(params.get("error"), params.get("cause"))
    return {"stopDate": execution.stopped_at}


def redrive(runtime: Runtime, params: Params) -> dict[str, Any]:
    """RedriveExecution: goes on from what did not succeed."""
    execution = find_execution(runtime, params["executionArn"])
    reason = _not_redrivable(runtime, execution)
    if reason is not None:
        raise ApiError("ExecutionNotRedrivable", reason)
    execution.redrive()
    return {"redriveDate": execution.redriven_at}


def describe(runtime: Runtime, params: Params) -> dict[str, Any]:
    """DescribeExecution."""
    execution = find_execution(runtime, params["executionArn"])
    shown = _describe(execution)
    reason = _not_redrivable(runtime, execution)
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


def list_(runtime: Runtime, params: Params) -> dict[str, Any]:
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
    rows.sort(key=lambda execution: execution.started_at, reverse=True)
    shown, following = page(rows, params)
    return {"executions": [_summary(execution) for execution in shown], **following}


def history(runtime: Runtime, params: Params) -> dict[str, Any]:
    """GetExecutionHistory."""
    execution = find_execution(runtime, params["executionArn"])
    numbered = list(enumerate(execution.history.events, start=1))
    if params.get("reverseOrder"):
        numbered.reverse()
    shown, following = page(numbered, params)
    include_data = params.get("includeExecutionData", True)
    events = [render(number, event, include_data=include_data) for number, event in shown]
    return {"events": events, **following}


def check_payload(text: str) -> str:
    """The payload itself.

    Raises:
        ApiError: `InvalidExecutionInput`, or `ValidationException` when it is too large.
    """
    if is_too_large(text):
        raise invalid(
            "1 validation error detected: Value at 'input' failed to satisfy constraint: "
            f"Member must have length less than or equal to {MAX_PAYLOAD_BYTES}"
        )
    try:
        loads(text)
    except ValueError as error:
        raise ApiError(
            "InvalidExecutionInput", f"Invalid State Machine Execution Input: '{error}'"
        ) from error
    return text


def _plan(runtime: Runtime, arn: str) -> tuple[Machine, Plan]:
    bare, qualifier = split_qualifier(check_arn(arn, "stateMachine"))
    machine = runtime.machines.get(bare)
    if machine is None:
        raise machine_missing(arn)
    try:
        return machine, machine.plan(qualifier, runtime.random)
    except LookupError as error:
        raise machine_missing(arn) from error


def _express(runtime: Runtime, plan: Plan, name: str, input_text: str) -> Execution:
    arn = runtime.arn("express", f"{plan.state_machine_name}:{name}:{uuid4()}")
    return Execution(runtime, plan, arn=arn, name=name, input_text=input_text)


def _of_machine(runtime: Runtime, arn: str) -> list[Execution]:
    bare, qualifier = split_qualifier(check_arn(arn, "stateMachine"))
    machine = runtime.machines.get(bare)
    if machine is None:
        raise machine_missing(arn)
    if machine.express:
        raise ApiError(
            "StateMachineTypeNotSupported",
            "This operation is not supported by this type of state machine",
        )
    return [
        execution
        for execution in runtime.executions.values()
        if execution.map_run is None
        and execution.plan.state_machine_arn == bare
        and (qualifier is None or arn in (execution.plan.version_arn, execution.plan.alias_arn))
    ]


def _not_redrivable(runtime: Runtime, execution: Execution) -> str | None:
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


def _describe(execution: Execution) -> dict[str, Any]:
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
    "StartExecution": start,
    "StartSyncExecution": start_sync,
    "StopExecution": stop,
    "RedriveExecution": redrive,
    "DescribeExecution": describe,
    "ListExecutions": list_,
    "GetExecutionHistory": history,
}
